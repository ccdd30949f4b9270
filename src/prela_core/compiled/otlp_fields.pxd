"""The fields of a span, found in its protobuf. What gives 0 is for the twin to read."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

from prela_core.compiled.json_out cimport Out, put, put_one, put_whole
from prela_core.compiled.otlp_events cimport write_event, write_link
from prela_core.compiled.otlp_values cimport Desk, write_pair, write_text
from prela_core.compiled.protobuf_steps cimport (
    after_fixed32,
    after_fixed64,
    after_length,
    after_small,
    after_varint,
)

cdef enum:
    MOST_EVENTS = 1000
    USUAL_FLAGS = 0x101  # as in the twin


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


cdef inline bint _status(const char* at, const char* end, Seen* seen) noexcept:
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


cdef inline int look(Desk* desk, const char* at, const char* end, Seen* seen) except -1:
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
            if not write_pair(desk, &desk.own, at, at + size, own, 1):
                return 0
            at += size
            continue
        if tag == 0x5A or tag == 0x6A:
            seen.events += 1
            at = after_length(at, end, &size)
            if at == NULL or seen.events > MOST_EVENTS:
                return 0
            if tag == 0x5A:
                if not write_event(desk, at, at + size):
                    return 0
            elif not write_link(desk, at, at + size):
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
            at = after_small(at, end, &seen.dropped_attributes)
        elif tag == 0x60:
            at = after_small(at, end, &seen.dropped_events)
        elif tag == 0x70:
            at = after_small(at, end, &seen.dropped_links)
        elif tag == 0x85 and at < end and at[0] == 1:  # flags, the only number above 15
            at = after_fixed32(at + 1, end, &seen.flags)
        else:
            return 0
        if at == NULL:
            return 0
    return 1


cdef inline bint _count(Out* out, const char* head, size_t size, uint64_t number) noexcept:
    return not number or put(out, head, size) and put_whole(out, number)


cdef inline bint write_more(Desk* desk, Seen* seen) noexcept:
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
        and write_text(desk, out, seen.state, seen.state_size)
    ):
        return False
    if seen.flags & ~<uint64_t>USUAL_FLAGS and not _count(out, b',"otel.flags":', 14, seen.flags):
        return False
    return (
        _count(out, b',"otel.dropped_attributes_count":', 33, seen.dropped_attributes)
        and _count(out, b',"otel.dropped_events_count":', 29, seen.dropped_events)
        and _count(out, b',"otel.dropped_links_count":', 28, seen.dropped_links)
    )
