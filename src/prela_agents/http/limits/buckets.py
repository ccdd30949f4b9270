"""How long a call has to wait, by what earlier answers said."""

from __future__ import annotations

from prela_agents.http.limits.reading import Reading

__all__ = ["Buckets"]

_EVERYWHERE = ""


class Buckets:
    """When each bucket may be asked again. Moments are `Clock.monotonic`'s.

    A bucket goes by the caller's name until the platform says its own: two of the caller's that
    are one of the platform's then wait for each other.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._until: dict[str, float] = {}

    def wait(self, bucket: str, now: float) -> float:
        """Give the seconds to wait before a call in `bucket`; 0 for none."""
        named = self._names.get(bucket, f"ours:{bucket}")
        until = max(self._until.get(named, now), self._until.get(_EVERYWHERE, now))
        return max(until - now, 0.0)

    def read(self, bucket: str, reading: Reading, now: float) -> None:
        """Take in what an answer to a call in `bucket` says."""
        if reading.bucket is not None:
            self._names[bucket] = f"theirs:{reading.bucket}"
        named = self._names.get(bucket, f"ours:{bucket}")
        if (
            reading.remaining is not None
            and reading.remaining < 1
            and reading.reset_after is not None
        ):
            self._hold(named, now + reading.reset_after)
        if reading.retry_after is not None:
            self._hold(_EVERYWHERE if reading.everywhere else named, now + reading.retry_after)

    def _hold(self, named: str, until: float) -> None:
        self._until[named] = max(self._until.get(named, until), until)
