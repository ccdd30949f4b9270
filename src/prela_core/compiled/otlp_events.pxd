"""Events and links of spans, written as JSON. What gives 0 is for the twin to read."""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

from prela_core.compiled.json_out cimport Out, put, put_hex, put_one, put_whole
from prela_core.compiled.moments cimport MOMENT, write_moment
from prela_core.compiled.otlp_values cimport Desk, write_pairs, write_text
from prela_core.compiled.protobuf_steps cimport (
    after_fixed32,
    after_fixed64,
    after_length,
    after_small,
)


cdef inline int write_event(Desk* desk, const char* at, const char* end) except -1:
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
            at = after_small(at + 1, end, &dropped)
        else:
            return 0
        if at == NULL:
            return 0
    if not (
        put(out, b",{", 2) if out.used else put(out, b"[{", 2)
    ) or not put(out, b'"name":', 7) or not write_text(desk, out, name, name_size):
        return 0
    if time:
        write_moment(moment, time // 1000)  # 64 bits of nanoseconds end in the year 2554
        if not put(out, b',"timestamp":"', 14) or not put(out, moment, MOMENT):
            return 0
        if not put(out, b'","attributes":{', 16):
            return 0
    elif not put(out, b',"timestamp":null,"attributes":{', 32):
        return 0
    if not write_pairs(desk, out, first, end, 0x1A, 3) or not put_one(out, b"}"):
        return 0
    desk.says_shared = says_shared  # which is about attributes of the span
    return _end_object(out, dropped)


cdef inline bint _end_object(Out* out, uint64_t dropped) noexcept:
    if dropped and not (
        put(out, b',"dropped_attributes_count":', 28) and put_whole(out, dropped)
    ):
        return False
    return put_one(out, b"}")


cdef inline int write_link(Desk* desk, const char* at, const char* end) except -1:
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
            at = after_small(at, end, &dropped)
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
        and write_pairs(desk, out, first, end, 0x22, 3)
        and put_one(out, b"}")
    ):
        return 0
    if state_size and not (
        put(out, b',"trace_state":', 15) and write_text(desk, out, state, state_size)
    ):
        return 0
    desk.says_shared = says_shared
    return _end_object(out, dropped)
