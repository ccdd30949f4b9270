"""What can go wrong outside: in one tree, below the core's `PrelaError`.

* PrelaError
  x AgentError
    - PlatformError: what a platform, the tracker or a model's service did; `platform` names it
      + NotSentError: nothing happened there, for now; trying again later can help
        . LimitedError: it said to wait longer than the call was allowed to; `retry_after` seconds
        . SpendLimitError: the budget is spent, ours or theirs; only people can help
      + RefusedError: it understood and said no; nothing happened there, nor will
        . ExpiredTokenError: the credentials are not, or no longer, good
        . GoneError: what was asked for is not there (404, 410)
      + UncertainError: it may have happened, and only reading the platform can tell
      + MalformedAnswerError: not what its documents say it sends
    - BlockedAddressError: a web address that must not be fetched
    - ModelError: the model gave nothing to work with
      + ModelRefusedError: it declined
      + TruncatedError: it had no room to finish
      + UnexpectedRequestError: a scripted or rules model does not know the task
    - UnapprovedError: something would have left without an approval of its very content
    - StateError: what agents remember can't be read or written now

A publisher or a tracker decides by the class alone what becomes of an entry of the outbox:
`NotSentError` may be sent again, `RefusedError` never, and all else is unknown.
"""

from __future__ import annotations

from prela_core.errors import PrelaError

__all__ = [
    "AgentError",
    "BlockedAddressError",
    "ExpiredTokenError",
    "GoneError",
    "LimitedError",
    "MalformedAnswerError",
    "ModelError",
    "ModelRefusedError",
    "NotSentError",
    "PlatformError",
    "RefusedError",
    "SpendLimitError",
    "StateError",
    "TruncatedError",
    "UnapprovedError",
    "UncertainError",
    "UnexpectedRequestError",
]


class AgentError(PrelaError):
    """Anything below; its text is a sentence for people and holds no secret."""


class PlatformError(AgentError):
    """Something about `platform`, such as `reddit`; `status` is the code of its answer, if any."""

    def __init__(self, platform: str, detail: str, *, answered: int | None = None) -> None:
        super().__init__(f"{platform}: {detail}")
        self.platform = platform
        self.answered = answered


class NotSentError(PlatformError):
    """Nothing happened there: no connection, a limit, an outage that says so."""


class LimitedError(NotSentError):
    """The platform wants us to wait `retry_after` seconds, which is more than we may."""

    def __init__(
        self, platform: str, detail: str, *, retry_after: float, answered: int | None = None
    ) -> None:
        super().__init__(platform, detail, answered=answered)
        self.retry_after = retry_after


class SpendLimitError(NotSentError):
    """A budget is spent; waiting does not help before people or a new period raise it."""


class RefusedError(PlatformError):
    """The platform said no for good; nothing happened there."""


class ExpiredTokenError(RefusedError):
    """The credentials are missing, wrong or expired (401)."""


class GoneError(RefusedError):
    """What was asked for is not there, or no longer (404, 410)."""


class UncertainError(PlatformError):
    """The request was on its way when something broke: it may have taken effect."""


class MalformedAnswerError(PlatformError):
    """The platform's answer can't be read, or lacks what its documents promise."""


class BlockedAddressError(AgentError):
    """An address that the guard of web pages does not let through."""


class ModelError(AgentError):
    """A model gave nothing that can be used."""


class ModelRefusedError(ModelError):
    """The model declined to answer."""


class TruncatedError(ModelError):
    """The answer was cut off at the greatest number of tokens."""


class UnexpectedRequestError(ModelError):
    """A model that knows a fixed set of tasks was asked another one."""


class UnapprovedError(AgentError):
    """A draft was about to leave without an approval of the very content that it has."""


class StateError(AgentError):
    """The file of the state can't be used: a full disk, another process that holds it, damage."""
