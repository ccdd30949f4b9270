# cython: boundscheck=False, wraparound=False
"""Records to the columns of `spans`; the twins are `prela_core.store.rows` and `versions`."""

from cpython.object cimport PyObject
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memset

from prela_core.compiled.buffers cimport Numbers, Texts
from prela_core.compiled.conventions cimport COUNTS, TEXTS, Typed, read_typed

from zlib import crc32

from prela_core.compiled.rules import COUNT_COLUMNS, TEXT_COLUMNS
from prela_core.conventions import price_version, resolve
from prela_core.model import Status
from prela_core.store.versions import TIE_BITS, TIME_BITS, VERSION_EPOCH
from prela_core.store.within import place_within

cdef str _PENDING = Status.PENDING.value
cdef bytes _NO_EVENTS = b"[]"
cdef object _NO_EVENTS_CRC = crc32(_NO_EVENTS)
cdef const char* SENT = b"sent"
cdef const char* COMPUTED = b"computed"
cdef int64_t EPOCH = VERSION_EPOCH
cdef int64_t LATEST = (1 << TIME_BITS) - 1
cdef int TIME_SHIFT = TIE_BITS
cdef int COMPLETENESS_SHIFT = TIME_BITS + TIE_BITS
cdef int64_t TIE_MASK = (1 << TIE_BITS) - 1
cdef int64_t LATEST_PLACE = 0xFFFFFFFF


cdef class _Columns:
    """The columns of a table of spans, filled row by row."""

    cdef Texts project_id, trace_id, span_id, parent_span_id, name, span_type_sent, service_name
    cdef Texts status, status_sent, status_message, attributes, events, links
    cdef Texts span_type, cost_source, price_version, input, output, scores
    cdef Numbers started_at, ended_at, duration_ms, created_at, version, flags
    cdef Numbers cost_usd, ttft_ms, input_at, input_length, output_at, output_length
    cdef list texts, counts
    cdef bytes prices
    cdef Py_ssize_t room

    def __cinit__(self, Py_ssize_t rows):
        self.project_id, self.trace_id, self.span_id = Texts(rows), Texts(rows), Texts(rows)
        self.parent_span_id, self.name, self.span_type_sent = Texts(rows), Texts(rows), Texts(rows)
        self.service_name, self.status, self.status_sent = Texts(rows), Texts(rows), Texts(rows)
        self.status_message, self.attributes = Texts(rows), Texts(rows)
        self.events, self.links, self.span_type = Texts(rows), Texts(rows), Texts(rows)
        self.cost_source, self.price_version = Texts(rows), Texts(rows)
        self.input, self.output, self.scores = Texts(rows), Texts(rows), Texts(rows)
        self.started_at, self.ended_at = Numbers(rows, 8), Numbers(rows, 8)
        self.duration_ms, self.created_at = Numbers(rows, 8), Numbers(rows, 8)
        self.version, self.flags = Numbers(rows, 8), Numbers(rows, 4)
        self.cost_usd, self.ttft_ms = Numbers(rows, 8), Numbers(rows, 8)
        self.input_at, self.input_length = Numbers(rows, 4), Numbers(rows, 4)
        self.output_at, self.output_length = Numbers(rows, 4), Numbers(rows, 4)
        self.texts = [Texts(rows) for _ in range(TEXTS)]
        self.counts = [Numbers(rows, 8) for _ in range(COUNTS)]
        self.prices = price_version().encode()
        self.room = rows

    cdef int add(self, str project_id, object span, int64_t received_at) except -1:
        cdef Typed typed
        cdef PyObject* span_type = NULL
        cdef bytes attributes = span.attributes
        cdef bytes events = span.events
        cdef str type_said = span.span_type
        cdef str status = span.status
        cdef object ended_at = span.ended_at
        cdef object flags = span.flags
        if self.version.count >= self.room:
            raise ValueError("there are more spans than there were")
        self.project_id.add_str(project_id)
        self.trace_id.add_str(span.trace_id)
        self.span_id.add_str(span.span_id)
        self.parent_span_id.add_str(span.parent_span_id)
        self.name.add_str(span.name)
        self.span_type_sent.add_str(span.span_type_sent)
        self.service_name.add_str(span.service_name)
        self.status.add_str(status)
        self.status_sent.add_str(span.status_sent)
        self.status_message.add_str(span.status_message)
        self.attributes.add_bytes(attributes)
        self.events.add_bytes(events)
        self.links.add_bytes(span.links)
        self.started_at.add_whole(span.started_at)
        self.ended_at.add_whole(ended_at)
        self.duration_ms.add_float(span.duration_ms)
        self.created_at.add(&received_at)
        self._add_version(attributes, events, ended_at is not None, status, received_at)
        memset(&typed, 0, sizeof(typed))
        if read_typed(attributes, events, type_said, &typed, &span_type):
            self.span_type.add_str(<str>span_type)
            self._add_typed(&typed)
        else:
            flags |= self._add_resolved(resolve(span), attributes)
        self._add_flags(flags)
        return 0

    cdef int _add_flags(self, uint32_t flags) except -1:
        self.flags.add(&flags)
        return 0

    cdef int _add_version(
        self, bytes attributes, bytes events, bint has_ended, str status, int64_t received_at
    ) except -1:
        # As `version_of` in prela_core.store.versions says it.
        cdef uint64_t completeness = 2 if has_ended else status != _PENDING
        cdef int64_t since = min(max(received_at - EPOCH, 0), LATEST)
        cdef int64_t tie = crc32(
            attributes, _NO_EVENTS_CRC if events == _NO_EVENTS else crc32(events)
        )
        cdef uint64_t version = (
            completeness << COMPLETENESS_SHIFT | <uint64_t>since << TIME_SHIFT | tie & TIE_MASK
        )
        self.version.add(&version)
        return 0

    cdef int _add_typed(self, Typed* typed) except -1:
        """Add what was read where it is read from."""
        cdef int index
        for index in range(TEXTS):
            (<Texts>self.texts[index]).add(typed.texts[index].at, typed.texts[index].size)
        for index in range(COUNTS):
            if typed.has_count[index]:
                (<Numbers>self.counts[index]).add(&typed.counts[index])
            else:
                (<Numbers>self.counts[index]).add_absent()
        if not typed.has_cost:
            self.cost_usd.add_absent()
            self.cost_source.add(NULL, 0)
        else:
            self.cost_usd.add(&typed.cost)
            if typed.is_computed:
                self.cost_source.add(COMPUTED, 8)
            else:
                self.cost_source.add(SENT, 4)
        self.price_version.add(self.prices, len(self.prices) if typed.is_computed else 0)
        if typed.has_ttft:
            self.ttft_ms.add(&typed.ttft)
        else:
            self.ttft_ms.add_absent()
        self.scores.add(NULL, 0)
        self.input.add(NULL, 0)
        self.output.add(NULL, 0)
        _add_place(self.input_at, self.input_length, typed.input.at, typed.input.length)
        _add_place(self.output_at, self.output_length, typed.output.at, typed.output.length)
        return 0

    cdef object _add_resolved(self, object typed, bytes attributes):
        """Add what the twin read; gives the flags it set."""
        cdef int index
        self.span_type.add_str(typed.span_type)
        for index in range(TEXTS):
            (<Texts>self.texts[index]).add_str(getattr(typed, TEXT_COLUMNS[index]))
        for index in range(COUNTS):
            (<Numbers>self.counts[index]).add_whole(getattr(typed, COUNT_COLUMNS[index]))
        self.cost_usd.add_float(typed.cost_usd)
        self.cost_source.add_str(typed.cost_source)
        self.price_version.add_str(typed.price_version)
        self.ttft_ms.add_float(typed.ttft_ms)
        self.scores.add_str(typed.scores)
        _add_kept(self.input, self.input_at, self.input_length, typed.input, attributes)
        _add_kept(self.output, self.output_at, self.output_length, typed.output, attributes)
        return typed.flags

    cdef dict all(self):
        found = {
            "project_id": self.project_id.buffers(),
            "trace_id": self.trace_id.buffers(),
            "span_id": self.span_id.buffers(),
            "parent_span_id": self.parent_span_id.buffers(),
            "name": self.name.buffers(),
            "span_type_sent": self.span_type_sent.buffers(),
            "service_name": self.service_name.buffers(),
            "status": self.status.buffers(),
            "status_sent": self.status_sent.buffers(),
            "status_message": self.status_message.buffers(),
            "attributes": self.attributes.buffers(),
            "events": self.events.buffers(),
            "links": self.links.buffers(),
            "started_at": self.started_at.buffers(),
            "ended_at": self.ended_at.buffers(),
            "duration_ms": self.duration_ms.buffers(),
            "span_type": self.span_type.buffers(),
            "cost_source": self.cost_source.buffers(),
            "price_version": self.price_version.buffers(),
            "input": self.input.buffers(),
            "input_at": self.input_at.buffers(),
            "input_length": self.input_length.buffers(),
            "output": self.output.buffers(),
            "output_at": self.output_at.buffers(),
            "output_length": self.output_length.buffers(),
            "scores": self.scores.buffers(),
            "cost_usd": self.cost_usd.buffers(),
            "ttft_ms": self.ttft_ms.buffers(),
            "flags": self.flags.buffers(),
            "version": self.version.buffers(),
            "created_at": self.created_at.buffers(),
        }
        for name, texts in zip(TEXT_COLUMNS, self.texts):
            found[name] = (<Texts>texts).buffers()
        for name, counts in zip(COUNT_COLUMNS, self.counts):
            found[name] = (<Numbers>counts).buffers()
        return found


cdef int _add_place(
    Numbers places, Numbers lengths, Py_ssize_t place, Py_ssize_t length
) except -1:
    cdef uint32_t at = <uint32_t>place
    cdef uint32_t size = <uint32_t>length
    if place + length > LATEST_PLACE:
        raise OverflowError("an input or output is too far behind in its attributes")
    places.add(&at)
    lengths.add(&size)
    return 0


cdef int _add_kept(
    Texts apart, Numbers places, Numbers lengths, str text, bytes attributes
) except -1:
    cdef Py_ssize_t at, length
    at, length = place_within(text, attributes) if text else (0, 0)
    apart.add_str("" if length else text)
    return _add_place(places, lengths, at, length)


def span_columns(list batches):
    """Give name and buffers of each column of a table of spans, for batches of records.

    Raises `OverflowError`, `TypeError` or `ValueError` for what these columns can't hold.
    """
    cdef Py_ssize_t rows = sum([len(batch.spans) for batch in batches])
    cdef _Columns columns = _Columns(rows)
    cdef int64_t received_at
    for batch in batches:
        received_at = batch.received_at
        for span in batch.spans:
            columns.add(batch.project_id, span, received_at)
    return columns.all()
