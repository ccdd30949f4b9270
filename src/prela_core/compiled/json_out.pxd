# cython: cdivision=True
"""JSON written into memory that grows, in the very bytes that `msgspec` would write.

All give whether there was memory enough.
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy

cdef enum:
    MARGIN = 32  # bytes beyond what was asked for, so that a few may be written without asking
    FIRST_ROOM = 4096


cdef struct Out:
    char* text
    size_t used
    size_t room


cdef inline bint has_room(Out* out, size_t more) noexcept nogil:
    """Make room for `more` bytes and a margin."""
    cdef size_t wanted = out.used + more + MARGIN
    cdef size_t room = out.room
    cdef void* text
    if wanted < more:
        return False
    if wanted <= room:
        return True
    if room < FIRST_ROOM:
        room = FIRST_ROOM
    while room < wanted:
        if room > (<size_t>-1) // 2:
            return False
        room *= 2
    text = realloc(out.text, room)
    if text == NULL:
        return False
    out.text = <char*>text
    out.room = room
    return True


cdef inline void let_go(Out* out) noexcept nogil:
    free(out.text)
    out.text = NULL
    out.used = out.room = 0


cdef inline bint put(Out* out, const char* text, size_t size) noexcept nogil:
    """Write bytes as they are."""
    if not has_room(out, size):
        return False
    memcpy(out.text + out.used, text, size)
    out.used += size
    return True


cdef inline bint put_one(Out* out, char one) noexcept nogil:
    if not has_room(out, 1):
        return False
    out.text[out.used] = one
    out.used += 1
    return True


cdef inline bint put_whole(Out* out, uint64_t number) noexcept nogil:
    cdef char[20] digits
    cdef int at = 20
    while True:
        at -= 1
        digits[at] = <char>(48 + number % 10)
        number //= 10
        if not number:
            return put(out, digits + at, 20 - at)


cdef inline bint put_signed(Out* out, int64_t number) noexcept nogil:
    if number >= 0:
        return put_whole(out, <uint64_t>number)
    return put_one(out, b"-") and put_whole(out, 0 - <uint64_t>number)


cdef inline char half_hex(unsigned int half) noexcept nogil:
    return <char>(48 + half if half < 10 else 87 + half)


cdef inline bint put_hex(Out* out, const char* at, size_t size) noexcept nogil:
    """Write bytes as a string of hex digits."""
    cdef size_t place
    cdef unsigned char one
    if not has_room(out, 2 * size + 2):
        return False
    out.text[out.used] = b'"'
    out.used += 1
    for place in range(size):
        one = <unsigned char>at[place]
        out.text[out.used] = half_hex(one >> 4)
        out.text[out.used + 1] = half_hex(one & 15)
        out.used += 2
    out.text[out.used] = b'"'
    out.used += 1
    return True


cdef inline bint _is_special(uint64_t eight) noexcept nogil:
    """Say whether one of eight bytes must be escaped, or may have to be."""
    cdef uint64_t ones = <uint64_t>0x0101010101010101
    cdef uint64_t quotes = eight ^ (ones * 0x22)
    cdef uint64_t slashes = eight ^ (ones * 0x5C)
    return (
        ((quotes - ones) & ~quotes)
        | ((slashes - ones) & ~slashes)
        | ((eight - ones * 0x20) & ~eight)
    ) & (ones * 0x80) != 0


cdef inline char* _put_character(char* to, unsigned char one) noexcept nogil:
    """Write one byte of a string in at most six."""
    if one >= 0x20 and one != 0x22 and one != 0x5C:
        to[0] = <char>one
        return to + 1
    to[0] = b"\\"
    if one >= 0x20:
        to[1] = <char>one
    elif one == 0x0A:
        to[1] = b"n"
    elif one == 0x0D:
        to[1] = b"r"
    elif one == 0x09:
        to[1] = b"t"
    elif one == 0x08:
        to[1] = b"b"
    elif one == 0x0C:
        to[1] = b"f"
    else:
        memcpy(to + 1, <const char*>b"u00", 3)
        to[4] = half_hex(one >> 4)
        to[5] = half_hex(one & 15)
        return to + 6
    return to + 2


cdef inline bint put_text(Out* out, const char* at, size_t size, bint* is_ascii) noexcept nogil:
    """Write a string, which holds valid UTF-8 unless `is_ascii` becomes False."""
    cdef const char* end = at + size
    cdef const char* stop
    cdef uint64_t eight
    cdef uint64_t seen = 0
    cdef unsigned char one
    cdef char* to
    if not has_room(out, size + 2):
        return False
    to = out.text + out.used
    to[0] = b'"'
    to += 1
    while at < end:
        stop = end
        if end - at >= 8:
            memcpy(&eight, at, 8)
            if not _is_special(eight):
                memcpy(to, &eight, 8)
                seen |= eight
                at += 8
                to += 8
                continue
            stop = at + 8
        out.used = <size_t>(to - out.text)
        # Eight bytes may become 48, of which those that are asked for anyway are eight.
        if not has_room(out, <size_t>(end - at) + 48):
            return False
        to = out.text + out.used
        while at < stop:
            one = <unsigned char>at[0]
            at += 1
            seen |= one
            to = _put_character(to, one)
    to[0] = b'"'
    out.used = <size_t>(to - out.text) + 1
    is_ascii[0] = not seen & <uint64_t>0x8080808080808080
    return True
