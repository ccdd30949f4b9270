# cython: boundscheck=False, wraparound=False, cdivision=True
"""Spans of OTLP as protobuf, made records without protobuf's objects.

The twins are `groups` and `read_span` of `prela_core.wire.otlp_protobuf`, and `otlp_record` of
`prela_core.wire.otlp_span` with all that it calls.
"""

from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from cpython.unicode cimport PyUnicode_DecodeASCII, PyUnicode_DecodeUTF8
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memchr, memcmp, memcpy

from prela_core.compiled.json_out cimport (
    Out,
    half_hex,
    has_room,
    let_go,
    put,
    put_hex,
    put_one,
    put_signed,
    put_text,
    put_whole,
)
from prela_core.compiled.moments cimport MOMENT, write_moment
from prela_core.compiled.protobuf_steps cimport (
    after_fixed32,
    after_fixed64,
    after_length,
    after_varint,
    is_utf8,
)

import msgspec

from prela_core.model import Flag, SpanRecord, Status
from prela_core.wire.timestamps import LATEST
from prela_core.wire.trim import trim_list, trim_object

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
    DEEPEST = 16  # levels of lists and objects in a value
    SLOTS = 2048  # a power of two
    TRIES = 24
    MOST_EVENTS = 1000
    LEAST_NAME_CHARS = 16  # no word for a status is longer
    KEPT_ROOM = 1 << 20
    USUAL_FLAGS = 0x101


cdef class Spans:
    """The spans of one scope, as bytes not yet decoded: where in the body each of them is."""

    cdef bytes _body
    cdef Py_ssize_t* _places  # first and last of each
    cdef Py_ssize_t _count
    cdef Py_ssize_t _room

    def __dealloc__(self):
        PyMem_Free(self._places)

    def __len__(self):
        return self._count

    def __getitem__(self, Py_ssize_t index):
        if not 0 <= index < self._count:
            raise IndexError(index)
        return self._body[self._places[2 * index] : self._places[2 * index + 1]]

    cdef int _add(self, Py_ssize_t first, Py_ssize_t last) except -1:
        cdef Py_ssize_t room
        cdef void* places
        if self._count == self._room:
            room = 2 * self._room + 4
            places = PyMem_Realloc(self._places, <size_t>room * 2 * sizeof(Py_ssize_t))
            if places == NULL:
                raise MemoryError
            self._places = <Py_ssize_t*>places
            self._room = room
        self._places[2 * self._count] = first
        self._places[2 * self._count + 1] = last
        self._count += 1
        return 0


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


cdef inline const char* _after_field(
    const char* at, const char* end, uint64_t* tag, size_t* size
) noexcept nogil:
    """Step over the tag of a field, and its length if it has one, else over the field too."""
    cdef uint64_t number
    cdef int kind
    at = after_varint(at, end, tag)
    if at == NULL:
        return NULL
    kind = <int>(tag[0] & 7)
    size[0] = 0
    if kind == 2:
        return after_length(at, end, size)
    if kind == 0:
        return after_varint(at, end, &number)
    if kind == 1 or kind == 5:
        number = 8 if kind == 1 else 4
        if <uint64_t>(end - at) < number:
            return NULL
        return at + number
    return NULL


def split(bytes body not None, Py_ssize_t most):
    """Take a request apart into resource, scope and spans, those of each scope together.

    None where the twin is to do it: more than `most` spans, or anything that is no message.
    """
    cdef const char* start = PyBytes_AS_STRING(body)
    cdef const char* end = start + PyBytes_GET_SIZE(body)
    cdef const char* at = start
    cdef uint64_t tag
    cdef size_t size
    cdef Py_ssize_t spans = most, others = 2 * most
    cdef list found = []
    if most < 0 or most > 1 << 40:
        return None
    while at < end:
        at = _after_field(at, end, &tag, &size)
        if at == NULL:
            return None
        if tag == 0x0A:
            others -= 1
            if others < 0 or not _split_resource(
                body, start, at, at + size, &spans, &others, found
            ):
                return None
        at += size
    return found


cdef int _split_resource(
    bytes body,
    const char* start,
    const char* at,
    const char* end,
    Py_ssize_t* spans,
    Py_ssize_t* others,
    list found,
) except -1:
    cdef uint64_t tag
    cdef size_t size
    cdef bytes resource = None
    cdef list scopes = []
    while at < end:
        at = _after_field(at, end, &tag, &size)
        if at == NULL:
            return 0
        if tag == 0x0A:
            if resource is not None:
                return 0
            resource = PyBytes_FromStringAndSize(at, <Py_ssize_t>size)
        elif tag == 0x12:
            others[0] -= 1
            if others[0] < 0 or not _split_scope(body, start, at, at + size, spans, scopes):
                return 0
        at += size
    if resource is None:
        resource = b""
    for scope, within in scopes:
        found.append((resource, scope, within))
    return 1


cdef int _split_scope(
    bytes body,
    const char* start,
    const char* at,
    const char* end,
    Py_ssize_t* spans,
    list scopes,
) except -1:
    cdef uint64_t tag
    cdef size_t size
    cdef bytes scope = None
    cdef Spans within = None
    while at < end:
        at = _after_field(at, end, &tag, &size)
        if at == NULL:
            return 0
        if tag == 0x0A:
            if scope is not None:
                return 0
            scope = PyBytes_FromStringAndSize(at, <Py_ssize_t>size)
        elif tag == 0x12:
            spans[0] -= 1
            if spans[0] < 0:
                return 0
            if within is None:
                within = Spans.__new__(Spans)
                within._body = body
            within._add(at - start, at - start + <Py_ssize_t>size)
        at += size
    if within is not None:
        scopes.append((b"" if scope is None else scope, within))
    return 1


cdef struct Slot:
    uint64_t stamp
    uint64_t mixed


cdef class Desk:
    """Where a span is written: memory that is kept from one to the next."""

    cdef Out own  # attributes of the span, without braces
    cdef Out more  # those that fields without a column become
    cdef Out events
    cdef Out links
    cdef Slot[SLOTS] slots  # keys seen in this span, by the objects that they are in
    cdef uint64_t first_object
    cdef uint64_t last_object
    cdef int deepest
    cdef bint says_shared  # a text begins as the keys of resource and scope do
    cdef bint says_otel  # a key may be one of `more`

    def __dealloc__(self):
        let_go(&self.own)
        let_go(&self.more)
        let_go(&self.events)
        let_go(&self.links)

    cdef void clear(self) noexcept:
        self.own.used = self.more.used = self.events.used = self.links.used = 0
        self.first_object = self.last_object + 1
        self.deepest = 1  # the attributes themselves, be there none
        self.says_shared = self.says_otel = False

    cdef void shrink(self) noexcept:
        if self.own.room + self.more.room + self.events.room + self.links.room > KEPT_ROOM:
            let_go(&self.own)
            let_go(&self.more)
            let_go(&self.events)
            let_go(&self.links)


cdef Desk _desk = None  # that of whoever is at work, else the next one's


cdef inline bint _is_new_key(Desk desk, uint64_t within, const char* at, size_t size) noexcept:
    """Say whether an object surely has no such key yet, and remember it."""
    cdef uint64_t mixed = (within * <uint64_t>0x9E3779B97F4A7C15) ^ size
    cdef uint64_t eight
    cdef Slot* slot
    cdef int tried
    while True:
        eight = 0
        memcpy(&eight, at, 8 if size >= 8 else size)
        mixed = (mixed ^ eight) * <uint64_t>0xFF51AFD7ED558CCD
        mixed ^= mixed >> 32
        if size <= 8:
            break
        at += 8
        size -= 8
    for tried in range(TRIES):
        slot = &desk.slots[(mixed + <uint64_t>tried) & (SLOTS - 1)]
        if slot.stamp < desk.first_object:
            slot.stamp = within
            slot.mixed = mixed
            return True
        if slot.stamp == within and slot.mixed == mixed:
            return False
    return False


cdef inline bint _text(Desk desk, Out* out, const char* at, size_t size) noexcept:
    """Write a text as a string; says whether it is one."""
    cdef bint is_ascii = True
    cdef size_t before = out.used
    if size >= 9 and (at[0] == b"r" or at[0] == b"o"):
        _notice(desk, at, size)
    if not put_text(out, at, size, &is_ascii):
        return False
    if out.used - before != size + 2:
        _notice_quoted(desk, at, size)
    return is_ascii or is_utf8(at, at + size)


cdef inline void _notice(Desk desk, const char* at, size_t size) noexcept:
    if size >= 9 and memcmp(at, <const char*>b"resource.", 9) == 0:
        desk.says_shared = True
    elif size >= 11 and memcmp(at, <const char*>b"otel.scope.", 11) == 0:
        desk.says_shared = True


cdef void _notice_quoted(Desk desk, const char* at, size_t size) noexcept:
    """Look for those keys after quotes in a text: the twin looks through the whole of the JSON."""
    cdef const char* end = at + size
    while True:
        at = <const char*>memchr(at, 0x22, <size_t>(end - at))
        if at == NULL:
            return
        at += 1
        _notice(desk, at, <size_t>(end - at))


cdef int _value(Desk desk, Out* out, const char* at, const char* end, int depth) except -1:
    """Write an `AnyValue`, which is `depth` levels deep; 0 where it is unusual."""
    cdef size_t size
    cdef uint64_t number = 0
    cdef double real
    cdef bytes text
    cdef unsigned char tag
    if at == end:
        return put(out, b"null", 4)
    tag = <unsigned char>at[0]
    at += 1
    if tag == 0x0A:  # string_value
        at = after_length(at, end, &size)
        if at == NULL or at + size != end:
            return 0
        return _text(desk, out, at, size)
    if tag == 0x18:  # int_value
        at = after_varint(at, end, &number)
        if at != end:
            return 0
        return put_signed(out, <int64_t>number)
    if tag == 0x10:  # bool_value
        if end - at != 1:
            return 0
        if at[0] == 1:
            return put(out, b"true", 4)
        return put(out, b"false", 5) if at[0] == 0 else 0
    if tag == 0x21:  # double_value
        at = after_fixed64(at, end, &number)
        if at != end:
            return 0
        memcpy(&real, &number, 8)
        text = _encode(real)
        return put(out, PyBytes_AS_STRING(text), <size_t>PyBytes_GET_SIZE(text))
    if tag == 0x2A or tag == 0x32:  # array_value, kvlist_value
        at = after_length(at, end, &size)
        if at == NULL or at + size != end:
            return 0
        if tag == 0x2A:
            return _list(desk, out, at, end, depth + 1)
        return (
            put_one(out, b"{")
            and _pairs(desk, out, at, end, 0x0A, depth + 1)
            and put_one(out, b"}")
        )
    return 0


cdef int _list(Desk desk, Out* out, const char* at, const char* end, int depth) except -1:
    cdef size_t size
    cdef bint is_first = True
    if not _goes_down(desk, depth) or not put_one(out, b"["):
        return 0
    while at < end:
        if at[0] != 0x0A:
            return 0
        at = after_length(at + 1, end, &size)
        if at == NULL or not is_first and not put_one(out, b","):
            return 0
        is_first = False
        if not _value(desk, out, at, at + size, depth):
            return 0
        at += size
    return put_one(out, b"]")


cdef inline bint _goes_down(Desk desk, int depth) noexcept:
    if depth > desk.deepest:
        desk.deepest = depth
    return depth <= DEEPEST


cdef int _pairs(
    Desk desk, Out* out, const char* at, const char* end, unsigned char tag, int depth
) except -1:
    """Write all fields of this tag as the inside of an object; others are passed over."""
    cdef size_t size
    cdef uint64_t found
    cdef uint64_t within
    cdef bint is_first = True
    if not _goes_down(desk, depth):
        return 0
    desk.last_object += 1
    within = desk.last_object
    while at < end:
        at = _after_field(at, end, &found, &size)
        if at == NULL:
            return 0
        if found == tag:
            if not is_first and not put_one(out, b","):
                return 0
            is_first = False
            if not _pair(desk, out, at, at + size, within, depth):
                return 0
        elif tag == 0x0A:
            return 0  # a `KeyValueList` has no others
        at += size
    return 1


cdef int _pair(
    Desk desk, Out* out, const char* at, const char* end, uint64_t within, int depth
) except -1:
    cdef const char* key = b""
    cdef const char* value = NULL
    cdef size_t key_size = 0, value_size = 0, size
    cdef bint has_key = False
    cdef char tag
    while at < end:
        tag = at[0]
        at = after_length(at + 1, end, &size)
        if at == NULL:
            return 0
        if tag == 0x0A and not has_key:
            has_key = True
            key, key_size = at, size
        elif tag == 0x12 and value == NULL:
            value, value_size = at, size
        else:
            return 0
        at += size
    if depth == 1 and key_size >= 5 and memcmp(key, <const char*>b"otel.", 5) == 0:
        desk.says_otel = True
    if (
        not _is_new_key(desk, within, key, key_size)
        or not _text(desk, out, key, key_size)
        or not put_one(out, b":")
    ):
        return 0
    if value == NULL:
        return put(out, b"null", 4)
    return _value(desk, out, value, value + value_size, depth)


cdef struct Seen:
    # What is in the fields of a span; places are NULL for what was not sent.
    uint64_t fields
    const char* trace_id
    const char* span_id
    const char* parent
    const char* name
    size_t name_size
    const char* state
    size_t state_size
    const char* message
    size_t message_size
    uint64_t kind
    uint64_t started
    uint64_t ended
    uint64_t code
    uint64_t flags
    uint64_t dropped_attributes
    uint64_t dropped_events
    uint64_t dropped_links
    int events  # and links
    Py_ssize_t size  # of what is JSON


cdef inline const char* _after_small(const char* at, const char* end, uint64_t* number) noexcept:
    """Read a number of 32 bits."""
    at = after_varint(at, end, number)
    if number[0] > 0xFFFFFFFF:
        return NULL
    return at


cdef bint _status(const char* at, const char* end, Seen* seen) noexcept:
    cdef char tag
    cdef bint has_code = False
    while at < end:
        tag = at[0]
        at += 1
        if tag == 0x12 and seen.message == NULL:
            at = after_length(at, end, &seen.message_size)
            if at == NULL:
                return False
            seen.message = at
            at += seen.message_size
        elif tag == 0x18 and not has_code:
            has_code = True
            at = after_varint(at, end, &seen.code)
            if at == NULL or seen.code > 2:
                return False
        else:
            return False
    return True


cdef int _look(Desk desk, const char* at, const char* end, Seen* seen) except -1:
    """Go through the fields of a span; 0 where anything is unusual."""
    cdef unsigned char tag
    cdef size_t size = 0
    cdef uint64_t number
    cdef uint64_t own = 0
    while at < end:
        tag = <unsigned char>at[0]
        at += 1
        if tag == 0x4A:  # attributes: most of the fields
            at = after_length(at, end, &size)
            if at == NULL:
                return 0
            if own == 0:
                desk.last_object += 1
                own = desk.last_object
            elif not put_one(&desk.own, b","):
                return 0
            if not _pair(desk, &desk.own, at, at + size, own, 1):
                return 0
            at += size
            continue
        if tag == 0x5A or tag == 0x6A:
            seen.events += 1
            at = after_length(at, end, &size)
            if at == NULL or seen.events > MOST_EVENTS:
                return 0
            if tag == 0x5A:
                if not _event(desk, at, at + size):
                    return 0
            elif not _link(desk, at, at + size):
                return 0
            at += size
            continue
        if seen.fields >> (tag >> 3) & 1:
            return 0  # twice: the last one counts, or both are one
        seen.fields |= <uint64_t>1 << (tag >> 3)
        if tag & 7 == 2:
            at = after_length(at, end, &size)
            if at == NULL:
                return 0
            if tag == 0x0A:
                if size != 16:
                    return 0
                seen.trace_id = at
            elif tag == 0x12:
                if size != 8:
                    return 0
                seen.span_id = at
            elif tag == 0x1A:
                seen.state, seen.state_size = at, size
            elif tag == 0x22:
                if size != 8 and size != 0:
                    return 0
                if size:
                    seen.parent = at
            elif tag == 0x2A:
                seen.name, seen.name_size = at, size
            elif tag == 0x7A:
                if not _status(at, at + size, seen):
                    return 0
            else:
                return 0
            at += size
        elif tag == 0x39:
            at = after_fixed64(at, end, &seen.started)
        elif tag == 0x41:
            at = after_fixed64(at, end, &seen.ended)
        elif tag == 0x30:
            at = after_varint(at, end, &seen.kind)
            if seen.kind > 5:
                return 0
        elif tag == 0x50:
            at = _after_small(at, end, &seen.dropped_attributes)
        elif tag == 0x60:
            at = _after_small(at, end, &seen.dropped_events)
        elif tag == 0x70:
            at = _after_small(at, end, &seen.dropped_links)
        elif tag == 0x85 and at < end and at[0] == 1:  # flags, the only number above 15
            at = after_fixed32(at + 1, end, &seen.flags)
        else:
            return 0
        if at == NULL:
            return 0
    return 1


cdef int _event(Desk desk, const char* at, const char* end) except -1:
    cdef Out* out = &desk.events
    cdef const char* first = at
    cdef const char* name = b""
    cdef char[MOMENT] moment
    cdef size_t name_size = 0, size
    cdef uint64_t tag, time = 0, dropped = 0, fields = 0
    cdef bint says_shared = desk.says_shared
    while at < end:
        tag = <unsigned char>at[0]
        if tag == 0x1A:
            at = after_length(at + 1, end, &size)
            if at == NULL:
                return 0
            at += size
            continue
        if fields >> (tag >> 3) & 1:
            return 0
        fields |= <uint64_t>1 << (tag >> 3)
        if tag == 0x09:
            at = after_fixed64(at + 1, end, &time)
        elif tag == 0x12:
            at = after_length(at + 1, end, &name_size)
            if at == NULL:
                return 0
            name = at
            at += name_size
        elif tag == 0x20:
            at = _after_small(at + 1, end, &dropped)
        else:
            return 0
        if at == NULL:
            return 0
    if not (
        put(out, b",{", 2) if out.used else put(out, b"[{", 2)
    ) or not put(out, b'"name":', 7) or not _text(desk, out, name, name_size):
        return 0
    if time:
        write_moment(moment, time // 1000)  # 64 bits of nanoseconds end in the year 2554
        if not put(out, b',"timestamp":"', 14) or not put(out, moment, MOMENT):
            return 0
        if not put(out, b'","attributes":{', 16):
            return 0
    elif not put(out, b',"timestamp":null,"attributes":{', 32):
        return 0
    if not _pairs(desk, out, first, end, 0x1A, 3) or not put_one(out, b"}"):
        return 0
    desk.says_shared = says_shared  # which is about attributes of the span
    return _end_object(out, dropped)


cdef bint _end_object(Out* out, uint64_t dropped) noexcept:
    if dropped and not (
        put(out, b',"dropped_attributes_count":', 28) and put_whole(out, dropped)
    ):
        return False
    return put_one(out, b"}")


cdef int _link(Desk desk, const char* at, const char* end) except -1:
    cdef Out* out = &desk.links
    cdef const char* first = at
    cdef const char* trace_id = b""
    cdef const char* span_id = b""
    cdef const char* state = b""
    cdef size_t trace_size = 0, span_size = 0, state_size = 0, size
    cdef uint64_t tag, flags, dropped = 0, fields = 0
    cdef bint says_shared = desk.says_shared
    while at < end:
        tag = <unsigned char>at[0]
        at += 1
        if tag == 0x22:
            at = after_length(at, end, &size)
            if at == NULL:
                return 0
            at += size
            continue
        if fields >> (tag >> 3) & 1:
            return 0
        fields |= <uint64_t>1 << (tag >> 3)
        if tag == 0x0A or tag == 0x12 or tag == 0x1A:
            at = after_length(at, end, &size)
            if at == NULL:
                return 0
            if tag == 0x0A:
                trace_id, trace_size = at, size
            elif tag == 0x12:
                span_id, span_size = at, size
            else:
                state, state_size = at, size
            at += size
        elif tag == 0x28:
            at = _after_small(at, end, &dropped)
        elif tag == 0x35:
            at = after_fixed32(at, end, &flags)
        else:
            return 0
        if at == NULL:
            return 0
    if not (
        (put(out, b",{", 2) if out.used else put(out, b"[{", 2))
        and put(out, b'"trace_id":', 11)
        and put_hex(out, trace_id, trace_size)
        and put(out, b',"span_id":', 11)
        and put_hex(out, span_id, span_size)
        and put(out, b',"attributes":{', 15)
        and _pairs(desk, out, first, end, 0x22, 3)
        and put_one(out, b"}")
    ):
        return 0
    if state_size and not (
        put(out, b',"trace_state":', 15) and _text(desk, out, state, state_size)
    ):
        return 0
    desk.says_shared = says_shared
    return _end_object(out, dropped)


cdef bint _count(Out* out, const char* head, size_t size, uint64_t number) noexcept:
    return not number or put(out, head, size) and put_whole(out, number)


cdef bint _more(Desk desk, Seen* seen) noexcept:
    """Write fields that say something out of the usual, each after a comma."""
    cdef Out* out = &desk.more
    if seen.kind == 2 and not put(out, b',"otel.kind":"server"', 21):
        return False
    if seen.kind == 3 and not put(out, b',"otel.kind":"client"', 21):
        return False
    if seen.kind == 4 and not put(out, b',"otel.kind":"producer"', 23):
        return False
    if seen.kind == 5 and not put(out, b',"otel.kind":"consumer"', 23):
        return False
    if seen.state_size and not (
        put(out, b',"otel.trace_state":', 20)
        and _text(desk, out, seen.state, seen.state_size)
    ):
        return False
    if seen.flags & ~<uint64_t>USUAL_FLAGS and not _count(out, b',"otel.flags":', 14, seen.flags):
        return False
    return (
        _count(out, b',"otel.dropped_attributes_count":', 33, seen.dropped_attributes)
        and _count(out, b',"otel.dropped_events_count":', 29, seen.dropped_events)
        and _count(out, b',"otel.dropped_links_count":', 28, seen.dropped_links)
    )


cdef bytes _joined(Desk desk, bytes fragment):
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


cdef object _record(Desk desk, _Scope scope, const char* at, const char* end, Seen* seen):
    """Make a record of a span; None where anything is unusual."""
    cdef int64_t started, ended
    cdef int flags = scope.flags
    cdef bytes attributes, events = b"[]", links = b"[]"
    cdef bint cut = False, more_cut = False, has_ended
    cdef str trace_id, span_id, parent, name = "", message = ""
    cdef object status, status_sent = "", ended_at = None
    cdef double duration = 0.0
    if end - at > LARGEST_SPAN or not _look(desk, at, end, seen):
        return None
    if (
        seen.trace_id == NULL
        or seen.span_id == NULL
        or _is_zero(seen.trace_id, 16)
        or _is_zero(seen.span_id, 8)
        or seen.name_size > <size_t>scope.name_chars
        or seen.message_size > <size_t>scope.most_value
        or not _more(desk, seen)
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
    global _desk
    cdef Desk desk = _desk
    cdef Made made = Made.__new__(Made)
    cdef _Scope scope = _Scope.__new__(_Scope)
    cdef Seen seen
    cdef Py_ssize_t index
    cdef const char* body = PyBytes_AS_STRING(spans._body)
    cdef object record
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

    _desk = None
    if desk is None:
        desk = Desk.__new__(Desk)
    made.records = []
    made.events = []
    for index in range(spans._count):
        desk.clear()
        seen = _NOTHING
        try:
            record = _record(
                desk,
                scope,
                body + spans._places[2 * index],
                body + spans._places[2 * index + 1],
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
    desk.shrink()
    _desk = desk
    return made


cdef Seen _NOTHING
