from __future__ import annotations

import inspect

import pytest
from clickhouse_connect.driver import exceptions

from prela_core.errors import InvalidError, PrelaError, StoreUnavailableError
from prela_core.io.clickhouse_errors import RefusedByStoreError, translated

DRIVER_ERRORS = [
    each
    for each in vars(exceptions).values()
    if inspect.isclass(each)
    and issubclass(each, Exception)
    and each.__module__ == exceptions.__name__
]
SECRET = "prela_sk_canary"  # noqa: S105 - it is looked for below


def _raised(error: Exception, *, writing: bool) -> PrelaError:
    with pytest.raises(PrelaError) as caught, translated(writing=writing):
        raise error
    assert error is caught.value.__cause__
    return caught.value


def test_the_drivers_errors_were_found() -> None:
    assert {exceptions.OperationalError, exceptions.DataError} <= set(DRIVER_ERRORS)


@pytest.mark.parametrize("writing", [True, False])
@pytest.mark.parametrize("kind", DRIVER_ERRORS, ids=lambda kind: kind.__name__)
def test_every_class_of_the_driver_is_mapped(kind: type[Exception], writing: bool) -> None:  # noqa: FBT001 - a table
    takes_text = kind is not exceptions.StreamClosedError
    error = _raised(kind(f"no such {SECRET}") if takes_text else kind(), writing=writing)
    assert type(error) is StoreUnavailableError
    assert SECRET not in str(error)


def test_what_an_operator_has_to_see_to_has_its_name() -> None:
    error = _raised(exceptions.DatabaseError(SECRET, code=516), writing=True)

    assert "the store can't write now (code 516, AUTHENTICATION_FAILED)" == str(error)


@pytest.mark.parametrize("code", [6, 27, 33, 38, 41, 53, 70, 117, 321, 349, 435, 636])
def test_rows_that_can_never_be_stored_are_the_senders_fault(code: int) -> None:
    error = _raised(exceptions.DatabaseError(SECRET, code=code), writing=True)
    assert isinstance(error, RefusedByStoreError)
    assert isinstance(error, InvalidError)
    assert SECRET not in str(error)
    reading = _raised(exceptions.DatabaseError(SECRET, code=code), writing=False)
    assert isinstance(reading, StoreUnavailableError)


@pytest.mark.parametrize("code", [158, 159, 160, 241, 307, 396])
def test_a_question_that_costs_too_much_says_so(code: int) -> None:
    error = _raised(exceptions.DatabaseError(SECRET, code=code), writing=False)
    assert isinstance(error, StoreUnavailableError)
    assert "narrow it" in str(error)
    assert "narrow it" not in str(_raised(exceptions.DatabaseError("x", code=code), writing=True))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Code: 241. DB::Exception: Memory limit", StoreUnavailableError),
        ("HTTPDriver: Code: 53. DB::Exception: Type mismatch", RefusedByStoreError),
        ("Code: 243. DB::Exception: Cannot reserve 1 MiB", StoreUnavailableError),
        ("Encode: 53", StoreUnavailableError),
        ("Code: none", StoreUnavailableError),
        ("", StoreUnavailableError),
    ],
)
def test_the_number_is_also_read_from_the_text(text: str, kind: type[PrelaError]) -> None:
    assert type(_raised(exceptions.DatabaseError(text), writing=True)) is kind


@pytest.mark.parametrize("writing", [True, False])
def test_errors_of_the_system_are_the_stores(writing: bool) -> None:  # noqa: FBT001 - a table
    error = _raised(OSError(28, "No space left on device", "/secret/path"), writing=writing)
    assert isinstance(error, StoreUnavailableError)
    assert "No space left on device" in str(error)
    assert "/secret/path" not in str(error)


@pytest.mark.parametrize("error", [InvalidError("x"), ValueError("x"), KeyboardInterrupt()])
def test_what_is_not_the_drivers_passes_through(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, translated(writing=True):
        raise error
    assert error is caught.value
