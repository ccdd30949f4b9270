"""Query strings as filters and pages; every mistake is named with its parameter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from starlette.datastructures import QueryParams

from prela_core.ask import Condition, Subject, parse
from prela_core.errors import InvalidError
from prela_core.model import SpanType
from prela_core.store import Order, PageRequest, SpanFilter, SpanOrder, TraceFilter
from prela_core.wire import parse_timestamp, status_of

__all__ = [
    "MAX_ATTRIBUTES",
    "MAX_TEXT",
    "PAGE_PARAMETERS",
    "SPAN_PARAMETERS",
    "TRACE_PARAMETERS",
    "Parameters",
]

T = TypeVar("T")

_TEXTS = (
    "service_name",
    "name",
    "model",
    "user_id",
    "session_id",
    "agent_name",
    "environment",
    "q",
)
_SPAN_TYPES = frozenset(word.value for word in SpanType)
_ATTRIBUTE = "attr."
_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,3})?")
MAX_TEXT = 4096
MAX_ATTRIBUTES = 8

PAGE_PARAMETERS = ("limit", "cursor", "offset")
TRACE_PARAMETERS = (
    *_TEXTS,
    "span_type",
    "status",
    "min_duration_ms",
    "max_duration_ms",
    "start_time",
    "end_time",
    "query",
)
SPAN_PARAMETERS = ("query", "start_time", "end_time")


class Parameters:
    """The parameters of one request.

    Raises `InvalidError` at once for a parameter that is given twice or is not among `known`,
    since a misspelt filter that is passed over would give a wrong answer. Where `attributes`
    are taken, `attr.<key>` may come more than once: different spans may meet each.
    """

    def __init__(
        self, sent: QueryParams, known: Iterable[str], *, attributes: bool = False
    ) -> None:
        self._values = dict(sent.multi_items())
        self._attributes = [pair for pair in sent.multi_items() if pair[0].startswith(_ATTRIBUTE)]
        allowed = {*known, *(name for name, _ in self._attributes if attributes)}
        for name, value in sent.multi_items():
            if name not in allowed:
                raise _fault(name[:60], "is not a parameter of this address")
            if len(sent.getlist(name)) > 1 and not name.startswith(_ATTRIBUTE):
                raise _fault(name, "is given more than once")
            if len(value) > MAX_TEXT:
                raise _fault(name, f"has over {MAX_TEXT} characters")
        if len(self._attributes) > MAX_ATTRIBUTES:
            raise InvalidError(f"at most {MAX_ATTRIBUTES} attributes can be asked for at once")

    def page(self) -> PageRequest:
        """Give the wanted page."""
        limit = self._read("limit", _whole_number)
        offset = self._read("offset", _whole_number)
        return PageRequest(
            limit=50 if limit is None else limit,
            cursor=self._values.get("cursor") or None,
            offset=offset or 0,
        )

    def order(self) -> Order:
        """Give the wanted order; newest first when none is named."""
        sent = self._values.get("order") or Order.NEWEST.value
        if sent not in {order.value for order in Order}:
            raise _fault("order", f"must be one of {', '.join(Order)}")
        return Order(sent)

    def filter(self) -> TraceFilter:
        """Give the wanted filter. An empty value is the same as none."""
        texts: dict[str, Any] = {name: self._values.get(name) or None for name in _TEXTS}
        return TraceFilter(
            **texts,
            span_type=self._read("span_type", _span_type),
            status=self._read("status", _status),
            min_duration_ms=self._read("min_duration_ms", _milliseconds),
            max_duration_ms=self._read("max_duration_ms", _milliseconds),
            start_time=self._read("start_time", _moment),
            end_time=self._read("end_time", _moment),
            attributes=tuple((_attribute_key(name), value) for name, value in self._attributes),
            where=self._condition(Subject.TRACE),
        )

    def text(self, name: str) -> str | None:
        """Give a text as it was sent; None when it is empty."""
        return self._values.get(name) or None

    def number(self, name: str) -> int | None:
        """Give a whole number."""
        return self._read(name, _whole_number)

    def flag(self, name: str) -> bool:
        """Give whether something is wanted."""
        return self.word(name, {"true": True, "1": True, "false": False, "0": False}) or False

    def moment(self, name: str) -> int | None:
        """Give a moment, in microseconds."""
        return self._read(name, _moment)

    def word(self, name: str, meanings: Mapping[str, T]) -> T | None:
        """Give what the word that was sent means."""
        return self._read(name, lambda text: _meaning(text, meanings))

    def words(self, name: str, meanings: Mapping[str, T]) -> tuple[T, ...]:
        """Give what each of the words means, which have commas between them, each once."""
        read = self._read(
            name, lambda text: [_meaning(each.strip(), meanings) for each in text.split(",")]
        )
        return tuple(dict.fromkeys(read or ()))

    def span_order(self) -> SpanOrder:
        """Give the wanted order of spans; newest first when none is named."""
        sent = self._values.get("order") or SpanOrder.NEWEST.value
        if sent not in {order.value for order in SpanOrder}:
            raise _fault("order", f"must be one of {', '.join(SpanOrder)}")
        return SpanOrder(sent)

    def span_filter(self) -> SpanFilter:
        """Give the wanted filter of spans. An empty value is the same as none."""
        return SpanFilter(
            where=self._condition(Subject.SPAN),
            start_time=self._read("start_time", _moment),
            end_time=self._read("end_time", _moment),
        )

    def _condition(self, about: Subject) -> Condition | None:
        return parse(self._values.get("query", ""), about)

    def _read(self, name: str, convert: Callable[[str], T]) -> T | None:
        text = self._values.get(name)
        if not text:
            return None
        try:
            return convert(text)
        except ValueError as error:
            raise _fault(name, str(error)) from None
        except InvalidError as error:
            raise _fault(name, str(error)) from None


def _fault(name: str, detail: str) -> InvalidError:
    return InvalidError(f"{name} {detail}", [{"pointer": f"?{name}", "detail": detail}])


def _meaning(word: str, meanings: Mapping[str, T]) -> T:
    if word not in meanings:
        raise ValueError(f"must be one of {', '.join(meanings)}")
    return meanings[word]


def _attribute_key(name: str) -> str:
    key = name.removeprefix(_ATTRIBUTE)
    if not key:
        raise _fault(_ATTRIBUTE, "lacks the attribute's key, as in attr.tenant=acme")
    return key


def _whole_number(text: str) -> int:
    if not (text.removeprefix("-").isdecimal() and text.isascii() and len(text) < 20):  # noqa: PLR2004 - fits 64 bits
        raise ValueError("must be a whole number")
    return int(text)


def _milliseconds(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError("must be a number of milliseconds")
    number = float(text)
    if not 0 <= number < 1e15:  # noqa: PLR2004 - also refuses NaN; far beyond any duration
        raise ValueError("must be a number of milliseconds, not below 0")
    return number


def _moment(text: str) -> int:
    # A plus sign in a query string is a space unless it was escaped, which few remember.
    sign = text.rfind(" ")
    if sign > len("2026-01-01T") and text[sign + 1 :].replace(":", "").isdigit():
        text = f"{text[:sign]}+{text[sign + 1 :]}"
    return parse_timestamp(text)


def _span_type(text: str) -> str:
    # No span has another type, since unknown ones are stored as `custom`.
    if text.lower() not in _SPAN_TYPES:
        raise ValueError(f"must be one of {', '.join(SpanType)}")
    return text.lower()


def _status(text: str) -> str:
    status = status_of(text)
    if status is None:
        raise ValueError("must be one of success, error, pending")
    return status
