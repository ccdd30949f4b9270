"""Errors of aiokafka, translated to ours in this one place."""

from __future__ import annotations

from aiokafka import errors

from prela_core.errors import BusUnavailableError, PrelaError, TooLargeError

__all__ = ["NEEDS_A_PERSON", "TOO_LARGE", "translate"]

TOO_LARGE = (
    errors.MessageSizeTooLargeError,
    errors.RecordListTooLargeError,
    errors.RecordTooLargeError,
)
"""The same record will be refused again."""

NEEDS_A_PERSON = (
    errors.AuthenticationFailedError,
    errors.AuthenticationMethodNotSupported,
    errors.ClusterAuthorizationFailedError,
    errors.GroupAuthorizationFailedError,
    errors.IllegalSaslStateError,
    errors.IncompatibleBrokerVersion,
    errors.InvalidConfigurationError,
    errors.InvalidPartitionsError,
    errors.InvalidReplicationFactorError,
    errors.InvalidRequiredAcksError,
    errors.InvalidTopicError,
    errors.KafkaConfigurationError,
    errors.PolicyViolationError,
    errors.SaslAuthenticationFailed,
    errors.SecurityDisabled,
    errors.TopicAuthorizationFailedError,
    errors.UnrecognizedBrokerVersion,
    errors.UnsupportedCodecError,
    errors.UnsupportedForMessageFormatError,
    errors.UnsupportedSaslMechanismError,
    errors.UnsupportedVersionError,
)
"""Settings here or at the broker must change. Until then it is as if the broker were away: what
was sent is not at fault, and its sender shall keep it."""

_SOON, _LATER = 2, 30


def translate(error: BaseException) -> PrelaError:
    """Give our error for one of aiokafka, of the system or of a deadline.

    The client's own text stays in the cause: it may hold addresses and names.
    """
    if isinstance(error, PrelaError):
        return error
    if isinstance(error, TOO_LARGE):
        return TooLargeError(
            "a span is larger than Kafka takes here; "
            "send less with it, or raise max.message.bytes of the topic"
        )
    name = type(error).__name__
    if isinstance(error, NEEDS_A_PERSON):
        return BusUnavailableError(f"Kafka refuses us ({name}); see the log", retry_after=_LATER)
    if isinstance(error, errors.ProducerClosed):
        return BusUnavailableError("the server is stopping; send again", retry_after=_SOON)
    return BusUnavailableError(f"Kafka did not acknowledge ({name}); send again", retry_after=_SOON)
