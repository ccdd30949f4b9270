"""Which traces are recorded, decided where they start."""

from __future__ import annotations

from hashlib import blake2b

from prela_core.emit.ports import Sampler

__all__ = ["always", "never", "parent_based", "rate", "ratio"]

_LOW_64_BITS = (1 << 64) - 1


def always(_trace_id: str, _parent_sampled: bool | None, _now_ns: int, /) -> bool:  # noqa: FBT001 - the port's
    """Record every trace."""
    return True


def never(_trace_id: str, _parent_sampled: bool | None, _now_ns: int, /) -> bool:  # noqa: FBT001 - the port's
    """Record no trace."""
    return False


def ratio(share: float) -> Sampler:
    """Record `share` of all traces, from 0 to 1, the same ones wherever this is asked.

    The low 64 bits of the trace id decide, as in `TraceIdRatioBased` of OpenTelemetry's SDKs
    (https://opentelemetry.io/docs/specs/otel/trace/sdk/#traceidratiobased): below
    `share * 2**64` is recorded. An id that is not hexadecimal is hashed first.
    Raises `ValueError` for a share outside of 0 to 1.
    """
    if not (_is_number(share) and 0 <= share <= 1):
        raise ValueError(f"a share lies between 0 and 1, and {share!r} does not")
    bound = round(share * (1 << 64))

    def by_ratio(trace_id: str, _parent_sampled: bool | None, _now_ns: int, /) -> bool:  # noqa: FBT001 - the port's
        return _low_bits(trace_id) < bound

    return by_ratio


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float))


def _low_bits(trace_id: str) -> int:
    try:
        return int(trace_id, 16) & _LOW_64_BITS
    except ValueError:
        digest = blake2b(trace_id.encode("utf-8", "replace"), digest_size=8).digest()
        return int.from_bytes(digest, "big")


def rate(per_second: float) -> Sampler:
    """Record that many traces a second at most, over any while longer than one.

    A token bucket as deep as one second's worth, and one at least. Threads that ask at the very
    same moment may get one too many: nothing is locked. Raises `ValueError` for a negative rate.
    """
    if not (_is_number(per_second) and per_second >= 0):
        raise ValueError(f"a rate is a number from 0 on, and {per_second!r} is none")
    return _Rate(per_second)


class _Rate:
    def __init__(self, per_second: float) -> None:
        self._per_ns = per_second / 1e9
        self._deepest = max(per_second, 1.0) if per_second else 0.0
        self._tokens = self._deepest
        self._filled_ns: int | None = None

    def __call__(self, _trace_id: str, _parent_sampled: bool | None, now_ns: int, /) -> bool:  # noqa: FBT001 - the port's
        since = now_ns - self._filled_ns if self._filled_ns is not None else 0
        self._filled_ns = now_ns
        tokens = min(self._tokens + max(since, 0) * self._per_ns, self._deepest)
        taken = tokens >= 1
        self._tokens = tokens - 1 if taken else tokens
        return taken


def parent_based(root: Sampler = always) -> Sampler:
    """Do as the parent in another program did; ask `root` where there is none."""

    def by_parent(trace_id: str, parent_sampled: bool | None, now_ns: int, /) -> bool:  # noqa: FBT001 - the port's
        return root(trace_id, None, now_ns) if parent_sampled is None else parent_sampled

    return by_parent
