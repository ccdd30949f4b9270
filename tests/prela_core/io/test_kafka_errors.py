from __future__ import annotations

import inspect

import pytest
from aiokafka import errors

from prela_core.errors import BusUnavailableError, InvalidError, TooLargeError
from prela_core.io.kafka_errors import NEEDS_A_PERSON, TOO_LARGE, translate

CLIENT_ERRORS = sorted(
    {
        each
        for each in vars(errors).values()  # some are there by two names
        if inspect.isclass(each)
        and issubclass(each, Exception)
        and each.__module__ == errors.__name__
        and each is not errors.NoError
    },
    key=lambda each: each.__name__,
)
SECRET = "kafka-canary"  # noqa: S105 - it is looked for below

PASSING = {
    # What the client itself tries again.
    *(each for each in CLIENT_ERRORS if getattr(each, "retriable", False)),
    errors.BrokerResponseError,
    errors.KafkaError,
    errors.KafkaTimeoutError,
    errors.KafkaUnavailableError,
    errors.ProducerClosed,
    errors.QuotaViolationError,
    errors.RebalanceInProgressError,
    errors.UnknownError,
    errors.BrokerNotAvailableError,
    errors.CorruptRecordException,
    errors.ReplicaNotAvailableError,
    errors.ReassignmentInProgress,
    errors.LogDirNotFound,
    errors.TopicAlreadyExistsError,
}
"""What time mends."""

NOT_FOR_A_BUS = {
    # Transactions and idempotence.
    errors.ConcurrentTransactions,
    errors.DuplicateSequenceNumber,
    errors.InvalidProducerEpoch,
    errors.InvalidProducerIdMapping,
    errors.InvalidTransactionTimeout,
    errors.InvalidTxnState,
    errors.OutOfOrderSequenceNumber,
    errors.ProducerFenced,
    errors.TransactionCoordinatorFenced,
    errors.TransactionalIdAuthorizationFailed,
    errors.UnknownProducerId,
    # Consumers and their groups.
    errors.CommitFailedError,
    errors.ConsumerStoppedError,
    errors.FetchSessionIdNotFound,
    errors.GroupIdNotFound,
    errors.IllegalGenerationError,
    errors.InconsistentGroupProtocolError,
    errors.InvalidCommitOffsetSizeError,
    errors.InvalidFetchRequestError,
    errors.InvalidFetchSessionEpoch,
    errors.InvalidGroupIdError,
    errors.InvalidSessionTimeoutError,
    errors.MemberIdRequired,
    errors.NoOffsetForPartitionError,
    errors.NonEmptyGroup,
    errors.OffsetMetadataTooLargeError,
    errors.OffsetOutOfRangeError,
    errors.UnknownMemberIdError,
    # Administration, delegation tokens, and brokers among themselves.
    errors.DelegationTokenAuthDisabled,
    errors.DelegationTokenAuthorizationFailed,
    errors.DelegationTokenExpired,
    errors.DelegationTokenNotFound,
    errors.DelegationTokenOwnerMismatch,
    errors.DelegationTokenRequestNotAllowed,
    errors.InvalidPrincipalType,
    errors.InvalidReplicationAssignmentError,
    errors.ListenerNotFound,
    errors.OperationNotAttempted,
    errors.StaleControllerEpochError,
    errors.StaleLeaderEpochCodeError,
    # Faults of a program.
    errors.IllegalArgumentError,
    errors.IllegalOperation,
    errors.IllegalStateError,
    errors.InvalidRequestError,
    errors.InvalidTimestampError,
}
"""Never seen by a bus; should one come all the same, its sender keeps the spans."""


def _made(kind: type[Exception]) -> Exception:
    return kind(SECRET)


def test_each_class_of_the_client_is_in_one_table() -> None:
    tables = [set(TOO_LARGE), set(NEEDS_A_PERSON), PASSING, NOT_FOR_A_BUS]
    assert set(CLIENT_ERRORS) == set().union(*tables)
    assert len(CLIENT_ERRORS) == sum(map(len, tables))


@pytest.mark.parametrize("kind", CLIENT_ERRORS, ids=lambda kind: kind.__name__)
def test_every_class_of_the_client_is_mapped(kind: type[Exception]) -> None:
    error = translate(_made(kind))
    assert isinstance(error, TooLargeError) == (kind in TOO_LARGE)
    assert isinstance(error, BusUnavailableError) == (kind not in TOO_LARGE)
    assert SECRET not in str(error)
    if isinstance(error, BusUnavailableError):
        assert (30 if kind in NEEDS_A_PERSON else 2) == error.retry_after


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionResetError(104, SECRET), OSError()])
def test_errors_of_the_system_and_deadlines_are_the_brokers(error: OSError) -> None:
    ours = translate(error)
    assert BusUnavailableError is type(ours)
    assert SECRET not in str(ours)


def test_ours_stay_what_they_are() -> None:
    error = InvalidError("x")
    assert error is translate(error)
