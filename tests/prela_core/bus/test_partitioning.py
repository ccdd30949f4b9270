from __future__ import annotations

import pytest
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.partitioner import murmur2 as the_clients_murmur2
from hypothesis import given
from hypothesis import strategies as st

from prela_core.bus.partitioning import murmur2, partition_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # From Kafka's own UtilsTest.
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_hash_is_kafkas(text: bytes, expected: int) -> None:
    assert expected & 0xFFFFFFFF == murmur2(text)


@given(st.binary(max_size=130), st.integers(1, 64))
def test_keys_go_where_every_client_sends_them(key: bytes, partitions: int) -> None:
    assert the_clients_murmur2(key) == murmur2(key)
    everywhere = list(range(partitions))
    theirs = DefaultPartitioner()(key, everywhere, everywhere)
    assert theirs == partition_of(key, partitions)
