"""Which partition a key belongs to: the choice that every Kafka client makes by default."""

from __future__ import annotations

import struct

__all__ = ["murmur2", "partition_of"]

_SEED = 0x9747B28C
_MIX = 0x5BD1E995
_WORD = 0xFFFFFFFF
_POSITIVE = 0x7FFFFFFF


def murmur2(data: bytes) -> int:
    """Hash `data` as `org.apache.kafka.common.utils.Utils.murmur2` does, to 32 bits, unsigned."""
    size = len(data)
    hashed = _SEED ^ size
    for word in struct.unpack_from(f"<{size // 4}I", data):
        mixed = word * _MIX & _WORD
        mixed = (mixed ^ mixed >> 24) * _MIX & _WORD
        hashed = hashed * _MIX & _WORD ^ mixed
    if rest := size % 4:
        hashed = (hashed ^ int.from_bytes(data[-rest:], "little")) * _MIX & _WORD
    hashed = (hashed ^ hashed >> 13) * _MIX & _WORD
    return hashed ^ hashed >> 15


def partition_of(key: bytes, partitions: int) -> int:
    """Give the partition of `key` among `partitions`, counted from 0."""
    return (murmur2(key) & _POSITIVE) % partitions
