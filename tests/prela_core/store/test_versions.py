from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prela_core.store.versions import VERSION_EPOCH, version_of
from prela_core.testing import span_record

moments = st.integers(VERSION_EPOCH, VERSION_EPOCH + 2**51 - 1)
pending = span_record(status="pending")
failed = span_record(status="error", ended_at=None)
ended = span_record()


@given(moments, moments)
def test_completeness_comes_before_time(one: int, other: int) -> None:
    assert version_of(pending, one) < version_of(failed, other) < version_of(ended, other)
    assert version_of(pending, one) < version_of(ended, other)


@given(moments, moments, st.binary(), st.binary())
def test_then_the_time_of_receipt_decides_whatever_the_contents(
    one: int, other: int, here: bytes, there: bytes
) -> None:
    versions = (
        version_of(span_record(attributes=here), one),
        version_of(span_record(attributes=there), other),
    )
    if one != other:
        assert (one < other) == (versions[0] < versions[1])
    elif here == there:
        assert versions[0] == versions[1]


def test_one_moment_is_told_apart_by_the_contents() -> None:
    contents = [{"attributes": b'{"n":%d}' % at} for at in range(3)]
    contents += [{"events": b"[%d]" % at} for at in range(3)]
    versions = [version_of(span_record(**each), VERSION_EPOCH) for each in contents]
    assert len(contents) == len(set(versions))


@given(st.integers(-(2**70), 2**70))
def test_it_fits_64_bits_whatever_the_clock_says(received_at: int) -> None:
    for span in (pending, failed, ended):
        assert 0 <= version_of(span, received_at) < 2**64


def test_clocks_before_2020_and_after_2091_are_taken_for_those() -> None:
    assert version_of(ended, 0) == version_of(ended, VERSION_EPOCH)
    assert version_of(ended, 2**62) == version_of(ended, VERSION_EPOCH + 2**51 - 1)
