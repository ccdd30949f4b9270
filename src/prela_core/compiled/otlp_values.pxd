# cython: cdivision=True
"""Attributes of OTLP as protobuf, written as JSON. What gives 0 is for the twin to read."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memchr, memcmp, memcpy

from prela_core.compiled.json_out cimport Out, let_go, put, put_one, put_signed, put_text
from prela_core.compiled.protobuf_steps cimport (
    after_field,
    after_fixed64,
    after_length,
    after_varint,
)
from prela_core.compiled.utf8 cimport is_utf8

cdef enum:
    DEEPEST = 16  # levels of lists and objects in a value
    SLOTS = 2048  # a power of two
    TRIES = 24  # places for a key; one that finds none is left to the twin


cdef struct Slot:
    uint64_t stamp
    uint64_t mixed


cdef struct Desk:
    # Where a span is written: memory that is kept from one to the next.
    void* encode  # what writes a double
    Out own  # attributes of the span, without braces
    Out more  # those that fields without a column become
    Out events
    Out links
    Slot[SLOTS] slots  # keys seen in this span, by the objects that they are in
    uint64_t first_object
    uint64_t last_object
    int deepest
    bint says_shared  # a text begins as the keys of resource and scope do
    bint says_otel  # a key may be one of `more`


cdef inline void clear(Desk* desk) noexcept:
    """Make ready for the next span."""
    desk.own.used = desk.more.used = desk.events.used = desk.links.used = 0
    desk.first_object = desk.last_object + 1
    desk.deepest = 1  # the attributes themselves, be there none
    desk.says_shared = desk.says_otel = False


cdef inline void shrink(Desk* desk, size_t most) noexcept:
    """Give memory back when it is more than `most`."""
    if desk.own.room + desk.more.room + desk.events.room + desk.links.room > most:
        let_go(&desk.own)
        let_go(&desk.more)
        let_go(&desk.events)
        let_go(&desk.links)


cdef inline bint is_new_key(Desk* desk, uint64_t within, const char* at, size_t size) noexcept:
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


cdef inline void notice(Desk* desk, const char* at, size_t size) noexcept:
    if size >= 9 and memcmp(at, <const char*>b"resource.", 9) == 0:
        desk.says_shared = True
    elif size >= 11 and memcmp(at, <const char*>b"otel.scope.", 11) == 0:
        desk.says_shared = True


cdef inline void notice_quoted(Desk* desk, const char* at, size_t size) noexcept:
    """Look for those keys after quotes in a text: the twin looks through the whole of the JSON."""
    cdef const char* end = at + size
    while True:
        at = <const char*>memchr(at, 0x22, <size_t>(end - at))
        if at == NULL:
            return
        at += 1
        notice(desk, at, <size_t>(end - at))


cdef inline bint write_text(Desk* desk, Out* out, const char* at, size_t size) noexcept:
    """Write a text as a string; says whether it is one."""
    cdef bint is_ascii = True
    cdef size_t before = out.used
    if size >= 9 and (at[0] == b"r" or at[0] == b"o"):
        notice(desk, at, size)
    if not put_text(out, at, size, &is_ascii):
        return False
    if out.used - before != size + 2:
        notice_quoted(desk, at, size)
    return is_ascii or is_utf8(at, at + size)


cdef inline bint goes_down(Desk* desk, int depth) noexcept:
    if depth > desk.deepest:
        desk.deepest = depth
    return depth <= DEEPEST


cdef inline int write_value(
    Desk* desk, Out* out, const char* at, const char* end, int depth
) except -1:
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
        return write_text(desk, out, at, size)
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
        text = (<object>desk.encode)(real)
        return put(out, PyBytes_AS_STRING(text), <size_t>PyBytes_GET_SIZE(text))
    if tag == 0x2A or tag == 0x32:  # array_value, kvlist_value
        at = after_length(at, end, &size)
        if at == NULL or at + size != end:
            return 0
        if tag == 0x2A:
            return write_list(desk, out, at, end, depth + 1)
        return (
            put_one(out, b"{")
            and write_pairs(desk, out, at, end, 0x0A, depth + 1)
            and put_one(out, b"}")
        )
    return 0


cdef inline int write_list(
    Desk* desk, Out* out, const char* at, const char* end, int depth
) except -1:
    cdef size_t size
    cdef bint is_first = True
    if not goes_down(desk, depth) or not put_one(out, b"["):
        return 0
    while at < end:
        if at[0] != 0x0A:
            return 0
        at = after_length(at + 1, end, &size)
        if at == NULL or not is_first and not put_one(out, b","):
            return 0
        is_first = False
        if not write_value(desk, out, at, at + size, depth):
            return 0
        at += size
    return put_one(out, b"]")


cdef inline int write_pairs(
    Desk* desk, Out* out, const char* at, const char* end, unsigned char tag, int depth
) except -1:
    """Write all fields of this tag as the inside of an object; others are passed over."""
    cdef size_t size
    cdef uint64_t found
    cdef uint64_t within
    cdef bint is_first = True
    if not goes_down(desk, depth):
        return 0
    desk.last_object += 1
    within = desk.last_object
    while at < end:
        at = after_field(at, end, &found, &size)
        if at == NULL:
            return 0
        if found == tag:
            if not is_first and not put_one(out, b","):
                return 0
            is_first = False
            if not write_pair(desk, out, at, at + size, within, depth):
                return 0
        elif tag == 0x0A:
            return 0  # a `KeyValueList` has no others
        at += size
    return 1


cdef inline int write_pair(
    Desk* desk, Out* out, const char* at, const char* end, uint64_t within, int depth
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
        not is_new_key(desk, within, key, key_size)
        or not write_text(desk, out, key, key_size)
        or not put_one(out, b":")
    ):
        return 0
    if value == NULL:
        return put(out, b"null", 4)
    return write_value(desk, out, value, value + value_size, depth)
