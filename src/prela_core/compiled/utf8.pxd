"""Whether bytes are UTF-8."""

from libc.stdint cimport uint64_t
from libc.string cimport memcpy


cdef inline bint follows(
    const unsigned char* at, const unsigned char* end, int count
) noexcept nogil:
    cdef int place
    if end - at < count:
        return False
    for place in range(count):
        if at[place] & 0xC0 != 0x80:
            return False
    return True


cdef inline bint is_utf8(const char* first, const char* last) noexcept nogil:
    """Say whether bytes are UTF-8: shortest forms only, no halves of pairs, nothing above 10FFFF.

    https://www.rfc-editor.org/rfc/rfc3629#section-4
    """
    cdef const unsigned char* at = <const unsigned char*>first
    cdef const unsigned char* end = <const unsigned char*>last
    cdef uint64_t eight
    cdef unsigned char one
    while at < end:
        if end - at >= 8:
            memcpy(&eight, at, 8)
            if not eight & <uint64_t>0x8080808080808080:
                at += 8
                continue
        one = at[0]
        at += 1
        if one < 0x80:
            continue
        if one < 0xC2:
            return False
        if one < 0xE0:
            if not follows(at, end, 1):
                return False
            at += 1
        elif one < 0xF0:
            if not follows(at, end, 2):
                return False
            if one == 0xE0 and at[0] < 0xA0 or one == 0xED and at[0] > 0x9F:
                return False
            at += 2
        elif one < 0xF5:
            if not follows(at, end, 3):
                return False
            if one == 0xF0 and at[0] < 0x90 or one == 0xF4 and at[0] > 0x8F:
                return False
            at += 3
        else:
            return False
    return True
