# cython: boundscheck=False, wraparound=False
"""One span of Prela JSON to a record; the twin is `prela_core.wire.normalise`."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int64_t
from libc.string cimport memcmp

from msgspec import Raw
from msgspec.json import Decoder

from prela_core.compiled.json_text cimport after_space, after_value
from prela_core.compiled.prela_body cimport DEEPEST
from prela_core.compiled.prela_span cimport (
    ABSENT, ESCAPED, LIST, NUMBER, OBJECT, TEXT, Piece, after_span,
)
from prela_core.compiled.prela_span cimport (
    ATTRIBUTES, DURATION_MS, ENDED_AT, EVENTS, LINKS, MEMBERS, NAME, PARENT_SPAN_ID,
    REPLAY_SNAPSHOT, SERVICE_NAME, SPAN_ID, SPAN_TYPE, STARTED_AT, STATUS, STATUS_MESSAGE, TEXTS,
    TRACE_ID,
)
from prela_core.compiled.rfc3339 cimport micros_of

from prela_core.model import MAX_ID_LENGTH, Flag, SpanRecord, Status, id_fault
from prela_core.wire.normalise import Said, with_one_zone
from prela_core.wire.timestamps import parse_timestamp
from prela_core.wire.trim import trim_list, trim_object
from prela_core.wire.words import SPAN_TYPES, STATUSES, span_type_of, status_of

cdef extern from "Python.h":
    long long PyLong_AsLongLongAndOverflow(object, int*) except? -1

cdef enum:
    UNTOLD = -1
    UNUSUAL = -2

cdef int64_t HOUR = 3_600_000_000
cdef int64_t FURTHEST = <int64_t>1 << 60  # from which nothing that is reckoned with overflows

cdef Py_ssize_t LONGEST_ID = MAX_ID_LENGTH
cdef int ENDS_BEFORE_START = Flag.ENDS_BEFORE_START.value
cdef int SELF_PARENT = Flag.SELF_PARENT.value
cdef int CLOCK_SKEW = Flag.CLOCK_SKEW.value
cdef int TRUNCATED = Flag.TRUNCATED.value
cdef int UNKNOWN_TYPE = Flag.UNKNOWN_TYPE.value
cdef str PENDING = Status.PENDING.value
cdef str SUCCESS = Status.SUCCESS.value
cdef dict TYPES = SPAN_TYPES
cdef dict WORDS = STATUSES
cdef str NO_PARENT = "0" * 16

cdef object read_said = Decoder(Said).decode
cdef object make = SpanRecord


cdef class Spans:
    """The spans of one body: what is the same for all, and the last one that was read."""

    def __cinit__(self, trace_id, str service_name, received_at, limits):
        cdef int beyond = 0
        self.found = []
        self.texts = [""] * TEXTS
        self.limits = limits
        self.trace_id = trace_id
        self.service_name = service_name
        self.received_at = received_at
        self.received = PyLong_AsLongLongAndOverflow(received_at, &beyond)
        self.known = not beyond and -FURTHEST < self.received < FURTHEST
        self.most = _clipped(limits.spans)
        self.depth = <int>min(_clipped(limits.depth), DEEPEST)
        self.blob = _clipped(limits.blob)
        self.value = _clipped(limits.value)
        self.size = _clipped(limits.attributes)
        self.name_chars = _clipped(limits.name_chars)

    cdef const char* read_list(self, const char* at, const char* end) except? NULL:
        """Put what a list holds, whose bracket is at `at`, into `found`; give what follows it."""
        cdef const char* first
        cdef bint repeats = False
        at = after_space(at + 1, end)
        if at < end and at[0] == b"]":
            return at + 1
        while True:
            if at >= end or len(self.found) >= self.most:
                return NULL
            first = at
            record = None
            if at[0] == b"{":
                at = after_span(at, end, self.depth, self.pieces, &repeats)
                if at == NULL:
                    return NULL
                if not repeats:
                    record = self.record()
            else:
                at = after_value(at, end, self.depth)
                if at == NULL:
                    return NULL
            if record is None:
                record = Raw(PyBytes_FromStringAndSize(first, at - first))
            self.found.append(record)
            at = after_space(at, end)
            if at >= end:
                return NULL
            if at[0] == b"]":
                return at + 1
            if at[0] != b",":
                return NULL
            at = after_space(at + 1, end)

    cdef object record(self):
        """Make a record of the span whose pieces were found; None where it is unusual."""
        cdef str trace_id, span_id, name, span_type, type_sent, service, status, status_sent
        cdef str parent = ""
        cdef str message
        cdef bytes attributes, events, links
        cdef int64_t started, ended
        cdef double duration = 0.0
        cdef int flags = 0
        cdef bint cut = False
        if self.pieces[REPLAY_SNAPSHOT].kind != ABSENT:
            return None

        if self.pieces[TRACE_ID].kind == ABSENT:
            trace_id = self.trace_id
        else:
            trace_id = self.id(TRACE_ID)
        span_id = self.id(SPAN_ID)
        if trace_id is None or span_id is None:
            return None
        if not self.is_empty(PARENT_SPAN_ID):
            parent = self.id(PARENT_SPAN_ID)
            if parent is None:
                return None
            if parent == NO_PARENT:
                parent = ""
            elif parent == span_id:
                flags |= SELF_PARENT

        started = self.moment(STARTED_AT)
        ended = self.moment(ENDED_AT)
        if started == UNUSUAL or ended == UNUSUAL:
            return None
        start, end = self.received_at, None
        if started == UNTOLD or ended == UNTOLD:
            # Without any moment nothing is reckoned from the duration.
            if started != ended and self.pieces[DURATION_MS].kind != ABSENT:
                return None
            if ended != UNTOLD:
                started = ended
        if ended != UNTOLD:
            end = ended
            duration = <double>(ended - started) / 1000.0
            if ended < started:
                flags |= ENDS_BEFORE_START
        if started != UNTOLD:
            start = started
            if not -24 * HOUR <= started - self.received <= HOUR:
                flags |= CLOCK_SKEW

        attributes = self.compound(ATTRIBUTES, OBJECT, self.value, &cut)
        events = self.compound(EVENTS, LIST, self.size, &cut)
        links = self.compound(LINKS, LIST, self.size, &cut)
        if attributes is None or events is None or links is None:
            return None
        if len(events) > 2 and b'+00:00Z"' in events:
            events = with_one_zone(events)

        name = self.text(NAME, self.name_chars)
        message = self.text(STATUS_MESSAGE, self.value)
        type_sent = self.text(SPAN_TYPE, self.name_chars)
        service = self.text(SERVICE_NAME, self.name_chars)
        status_sent = self.text(STATUS, self.name_chars)
        if name is None or message is None or type_sent is None or status_sent is None:
            return None
        if not service:
            if service is None or b'"service.name"' in attributes:
                return None
            service = self.service_name
        span_type = ""
        if type_sent:
            span_type = TYPES.get(type_sent)
            if span_type is None:
                span_type = span_type_of(type_sent)
            if span_type is None:
                span_type = "custom"
                flags |= UNKNOWN_TYPE
        status = WORDS.get(status_sent)
        if status is None:
            status = status_of(status_sent)
        if status is None or status == PENDING:
            status = SUCCESS if ended != UNTOLD else PENDING
        if cut:
            flags |= TRUNCATED
        return make(
            trace_id,
            span_id,
            parent,
            name,
            span_type,
            type_sent,
            service,
            start,
            end,
            duration,
            status,
            status_sent,
            message,
            attributes,
            events,
            links,
            flags,
        )

    cdef bint is_empty(self, int member) noexcept:
        cdef Piece* piece = &self.pieces[member]
        return piece.kind == ABSENT or piece.kind == TEXT and piece.length == 0

    cdef str text(self, int member, Py_ssize_t most):
        """Give a text of at most `most` bytes, "" for none; None where it is anything else."""
        cdef Piece* piece = &self.pieces[member]
        cdef Piece* before = &self.before[member]
        cdef str text
        if self.is_empty(member):
            return ""
        if piece.kind != TEXT and piece.kind != ESCAPED or piece.length > most:
            return None
        if piece.length == before.length and memcmp(piece.at, before.at, piece.length) == 0:
            return <str>self.texts[member]
        if piece.kind == TEXT:
            text = PyUnicode_DecodeUTF8(piece.at, piece.length, NULL)
        else:
            text = read_said(PyBytes_FromStringAndSize(piece.at - 1, piece.length + 2))
        before[0] = piece[0]
        self.texts[member] = text
        return text

    cdef str id(self, int member):
        """Give an id that can be one; None where there is none."""
        cdef Piece* piece = &self.pieces[member]
        cdef Py_ssize_t each
        cdef str text = self.text(member, LONGEST_ID)
        cdef bint is_plain = piece.kind == TEXT
        if not text:
            return None
        for each in range(piece.length):
            if not 0x20 < <unsigned char>piece.at[each] < 0x7F:
                is_plain = False
        return text if is_plain or id_fault(text) is None else None

    cdef int64_t moment(self, int member) except? -3:
        """Give microseconds, or `UNTOLD` or `UNUSUAL`."""
        cdef Piece* piece = &self.pieces[member]
        cdef int64_t micros
        if self.is_empty(member):
            return UNTOLD
        if piece.kind == TEXT:
            micros = micros_of(piece.at, piece.length)
            if micros >= 0:
                return micros
        try:
            if piece.kind == TEXT or piece.kind == ESCAPED:
                return parse_timestamp(
                    read_said(PyBytes_FromStringAndSize(piece.at - 1, piece.length + 2))
                )
            if piece.kind == NUMBER:
                return parse_timestamp(
                    read_said(PyBytes_FromStringAndSize(piece.at, piece.length))
                )
        except Exception:
            pass  # the twin meets it too, and has words for it
        return UNUSUAL

    cdef bytes compound(self, int member, int kind, Py_ssize_t most, bint* cut):
        """Give the JSON of an object or a list; None where it is anything else.

        Above `blob` or `most` bytes it is trimmed, and `cut` may become true.
        """
        cdef Piece* piece = &self.pieces[member]
        cdef bint fits = piece.length <= self.blob and piece.length <= most
        cdef bytes json
        if piece.kind == ABSENT or piece.kind == kind and piece.length == 2 and fits:
            return b"{}" if kind == OBJECT else b"[]"
        if piece.kind != kind:
            return None
        json = PyBytes_FromStringAndSize(piece.at, piece.length)
        if fits:
            return json
        try:
            json, is_cut = (trim_object if kind == OBJECT else trim_list)(json, self.limits)
        except Exception:
            return None  # likewise
        if is_cut:
            cut[0] = True
        return json


cdef Py_ssize_t _clipped(limit) except? -1:
    """Give a bound, the largest there is for one that is larger."""
    cdef int beyond = 0
    cdef long long exact = PyLong_AsLongLongAndOverflow(limit, &beyond)
    cdef long long largest = <long long>(<size_t>-1 >> 1)
    if beyond > 0 or exact > largest:
        return <Py_ssize_t>largest
    return 0 if beyond < 0 or exact < 0 else <Py_ssize_t>exact
