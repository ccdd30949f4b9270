# cython: boundscheck=False, wraparound=False, cdivision=True
"""Spans of OTLP as protobuf, made records without protobuf's objects.

The twins are `read_span` of `prela_core.wire.otlp_protobuf`, and `otlp_record` of
`prela_core.wire.otlp_span` with all that it calls.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeASCII, PyUnicode_DecodeUTF8
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcmp, memcpy

from prela_core.compiled.json_out cimport Out, half_hex, put_one
from prela_core.compiled.otlp_fields cimport Seen, look, write_more
from prela_core.compiled.otlp_spans cimport Spans
from prela_core.compiled.otlp_values cimport Desk, clear, shrink
from prela_core.compiled.utf8 cimport is_utf8

import msgspec

from prela_core.compiled.otlp_spans import split
from prela_core.model import Flag, SpanRecord, Status
from prela_core.wire.timestamps import LATEST
from prela_core.wire.trim import trim_list, trim_object

__all__ = ["Made", "records", "split"]

cdef object _encode = msgspec.json.Encoder().encode
cdef object _SUCCESS = Status.SUCCESS.value
cdef object _PENDING = Status.PENDING.value
cdef object _ERROR = Status.ERROR.value

cdef int64_t _LATEST = LATEST
cdef int64_t _HOUR = 3_600_000_000
cdef int64_t _DAY = 24 * _HOUR
cdef int _ENDS_BEFORE_START = Flag.ENDS_BEFORE_START.value
cdef int _SELF_PARENT = Flag.SELF_PARENT.value
cdef int _CLOCK_SKEW = Flag.CLOCK_SKEW.value
cdef int _TRUNCATED = Flag.TRUNCATED.value

cdef enum:
    LARGEST_SPAN = 1_000_000  # the twin counts what a larger one holds
    LEAST_NAME_CHARS = 16  # no word for a status is longer
    KEPT_ROOM = 1 << 20

cdef Seen _NOTHING


cdef class _Room:
    """Keeps a desk."""

    cdef Desk desk

    def __cinit__(self):
        self.desk.encode = <void*>_encode

    def __dealloc__(self):
        shrink(&self.desk, 0)


cdef _Room _room = None  # None while somebody is at work in it


cdef class Made:
    """What was made of the spans of one scope.

    `records` and `events` have one place for each span: its record, or None where the twin is to
    read it, and how many events and links it holds. `left` counts those for the twin, `size` is
    that of all attributes, events and links as JSON, and `all_events` the sum of `events`.
    """

    cdef readonly list records
    cdef readonly list events
    cdef readonly Py_ssize_t left
    cdef readonly Py_ssize_t size
    cdef readonly Py_ssize_t all_events


cdef bytes _joined(Desk* desk, bytes fragment):
    """Give the attributes of a span, its own first."""
    cdef Py_ssize_t shared = PyBytes_GET_SIZE(fragment)
    cdef size_t more = desk.more.used, own = desk.own.used
    cdef size_t size = 2 + (more - 1 if more else 0) + own
    cdef bytes made
    cdef char* to
    if more and own:
        size += 1
    if shared and (more or own):
        size += 1
    made = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>size + shared)
    to = PyBytes_AS_STRING(made)
    to[0] = b"{"
    to += 1
    if more:
        memcpy(to, desk.more.text + 1, more - 1)
        to += more - 1
        if own:
            to[0] = b","
            to += 1
    if own:
        memcpy(to, desk.own.text, own)
        to += own
    if shared:
        if more or own:
            to[0] = b","
            to += 1
        memcpy(to, PyBytes_AS_STRING(fragment), <size_t>shared)
        to += shared
    to[0] = b"}"
    return made


cdef bint _is_zero(const char* at, int size) noexcept:
    cdef int place
    for place in range(size):
        if at[place]:
            return False
    return True


cdef str _hex(const char* at, int size):
    cdef char[32] digits
    cdef int place
    cdef unsigned char one
    for place in range(size):
        one = <unsigned char>at[place]
        digits[2 * place] = half_hex(one >> 4)
        digits[2 * place + 1] = half_hex(one & 15)
    return PyUnicode_DecodeASCII(digits, 2 * size, NULL)


cdef class _Scope:
    """What is the same for all spans of one call."""

    cdef object limits
    cdef bytes fragment
    cdef str service_name
    cdef int flags
    cdef int64_t received_at
    cdef Py_ssize_t name_chars
    cdef Py_ssize_t most_value
    cdef Py_ssize_t most_blob
    cdef Py_ssize_t most_attributes
    cdef Py_ssize_t depth
    cdef const char* last_trace
    cdef const char* last_parent
    cdef str trace_id
    cdef str parent


cdef object _record(Desk* desk, _Scope scope, const char* at, const char* end, Seen* seen):
    """Make a record of a span; None where anything is unusual."""
    cdef int64_t started, ended
    cdef int flags = scope.flags
    cdef bytes attributes, events = b"[]", links = b"[]"
    cdef bint cut = False, more_cut = False, has_ended
    cdef str trace_id, span_id, parent, name = "", message = ""
    cdef object status, status_sent = "", ended_at = None
    cdef double duration = 0.0
    if end - at > LARGEST_SPAN or not look(desk, at, end, seen):
        return None
    if (
        seen.trace_id == NULL
        or seen.span_id == NULL
        or _is_zero(seen.trace_id, 16)
        or _is_zero(seen.span_id, 8)
        or seen.name_size > <size_t>scope.name_chars
        or seen.message_size > <size_t>scope.most_value
        or not write_more(desk, seen)
        or desk.more.used and desk.says_otel
        or desk.says_shared and PyBytes_GET_SIZE(scope.fragment)
    ):
        return None
    if not is_utf8(seen.name, seen.name + seen.name_size):
        return None
    if not is_utf8(seen.message, seen.message + seen.message_size):
        return None
    if desk.deepest > scope.depth:
        return None

    if seen.started // 1000 >= <uint64_t>_LATEST or seen.ended // 1000 >= <uint64_t>_LATEST:
        return None
    has_ended = seen.ended != 0
    ended = <int64_t>(seen.ended // 1000)
    if seen.started:
        started = <int64_t>(seen.started // 1000)
    else:
        started = ended if has_ended else scope.received_at
    if has_ended:
        ended_at = ended
        duration = <double>(ended - started) / 1000.0
        if ended < started:
            flags |= _ENDS_BEFORE_START
    if not -_DAY <= started - scope.received_at <= _HOUR:
        flags |= _CLOCK_SKEW

    attributes = _joined(desk, scope.fragment)
    if (
        PyBytes_GET_SIZE(attributes) > scope.most_blob
        or PyBytes_GET_SIZE(attributes) > scope.most_value
    ):
        attributes, cut = trim_object(attributes, scope.limits)
    if desk.events.used:
        events, more_cut = _listed(&desk.events, scope)
        if events is None:
            return None
        cut = cut or more_cut
    if desk.links.used:
        links, more_cut = _listed(&desk.links, scope)
        if links is None:
            return None
        cut = cut or more_cut
    if cut:
        flags |= _TRUNCATED
    if not scope.service_name and b'"service.name"' in attributes:
        return None
    seen.size = PyBytes_GET_SIZE(attributes) + PyBytes_GET_SIZE(events) + PyBytes_GET_SIZE(links)

    if scope.last_trace == NULL or memcmp(scope.last_trace, seen.trace_id, 16) != 0:
        scope.last_trace = seen.trace_id
        scope.trace_id = _hex(seen.trace_id, 16)
    trace_id = scope.trace_id
    span_id = _hex(seen.span_id, 8)
    parent = ""
    if seen.parent != NULL and not _is_zero(seen.parent, 8):
        if memcmp(seen.parent, seen.span_id, 8) == 0:
            flags |= _SELF_PARENT
        if scope.last_parent == NULL or memcmp(scope.last_parent, seen.parent, 8) != 0:
            scope.last_parent = seen.parent
            scope.parent = _hex(seen.parent, 8)
        parent = scope.parent
    if seen.name_size:
        name = PyUnicode_DecodeUTF8(seen.name, <Py_ssize_t>seen.name_size, NULL)
    if seen.message_size:
        message = PyUnicode_DecodeUTF8(seen.message, <Py_ssize_t>seen.message_size, NULL)
    if seen.code == 1:
        status, status_sent = _SUCCESS, "ok"
    elif seen.code == 2:
        status, status_sent = _ERROR, "error"
    else:
        status = _SUCCESS if has_ended else _PENDING
    return SpanRecord(
        trace_id,
        span_id,
        parent,
        name,
        "",
        "",
        scope.service_name,
        started,
        ended_at,
        duration,
        status,
        status_sent,
        message,
        attributes,
        events,
        links,
        flags,
    )


cdef tuple _listed(Out* out, _Scope scope):
    """Give a list as it may be kept, and whether it was cut; None where the twin must look."""
    cdef bytes made
    cdef object cut = False
    if not put_one(out, b"]"):
        return None, False
    made = PyBytes_FromStringAndSize(out.text, <Py_ssize_t>out.used)
    if (
        PyBytes_GET_SIZE(made) > scope.most_blob
        or PyBytes_GET_SIZE(made) > scope.most_attributes
    ):
        made, cut = trim_list(made, scope.limits)
    if b'+00:00Z"' in made:
        return None, False
    return made, cut


def records(
    Spans spans not None,
    origin,
    int64_t received_at,
    limits,
    Py_ssize_t most_size,
    Py_ssize_t most_events,
):
    """Make records of the spans of `origin`.

    None where they take more than `most_size` bytes as JSON or have more than `most_events`
    events and links: which of the spans is the one too much, the twin says.
    """
    global _room
    cdef _Room room
    cdef Desk* desk
    cdef Made made = Made.__new__(Made)
    cdef _Scope scope = _Scope.__new__(_Scope)
    cdef Seen seen
    cdef Py_ssize_t index
    cdef const char* body = PyBytes_AS_STRING(spans.body)
    cdef object record
    made.records = []
    made.events = []
    scope.limits = limits
    scope.received_at = received_at
    scope.name_chars = limits.name_chars
    scope.most_value = limits.value
    scope.most_blob = limits.blob
    scope.most_attributes = limits.attributes
    scope.depth = limits.depth
    scope.fragment = origin.fragment
    scope.flags = origin.flags
    scope.service_name = origin.service_name[: limits.name_chars]
    if not LEAST_NAME_CHARS <= scope.name_chars or scope.most_value < 0 or scope.fragment is None:
        return None

    # Nothing may stand between these two that makes an object: what makes one may start the garbage
    # collector, which runs Python, which may let another thread in, and that would take it too.
    room = _room
    _room = None
    if room is None:
        room = _Room.__new__(_Room)
    desk = &room.desk
    for index in range(spans.count):
        clear(desk)
        seen = _NOTHING
        try:
            record = _record(
                desk,
                scope,
                body + spans.places[2 * index],
                body + spans.places[2 * index + 1],
                &seen,
            )
        except RecursionError:
            record = None
        if record is None:
            made.left += 1
        else:
            made.all_events += seen.events
            made.size += seen.size
            if made.size > most_size or made.all_events > most_events:
                made = None
                break
        made.records.append(record)
        made.events.append(seen.events)
    shrink(desk, KEPT_ROOM)
    _room = room
    return made
