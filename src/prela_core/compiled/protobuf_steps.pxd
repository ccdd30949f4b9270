"""Steps over protobuf. Where anything is in doubt, the place they give is NULL.

Numbers must be as short as they can be, as every writer has them, and text be UTF-8: what protobuf
does with others is for protobuf to say. https://protobuf.dev/programming-guides/encoding/
"""

from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

cdef enum:
    LONGEST_VARINT = 10


cdef inline const char* after_varint(
    const char* at, const char* end, uint64_t* number
) noexcept nogil:
    """Read a number of 64 bits at most."""
    cdef uint64_t one
    cdef int shift = 0
    number[0] = 0
    while at < end:
        one = <unsigned char>at[0]
        at += 1
        number[0] |= (one & 0x7F) << shift
        if one < 0x80:
            if one == 0 and shift:
                return NULL
            return at
        shift += 7
        if shift == 63:
            # The tenth byte has room for one bit.
            if at >= end or at[0] != 1:
                return NULL
            number[0] |= <uint64_t>1 << 63
            return at + 1
    return NULL


cdef inline const char* after_length(
    const char* at, const char* end, size_t* size
) noexcept nogil:
    """Read how many bytes follow, which are all there: the place is that of the first."""
    cdef uint64_t number
    if at < end and not at[0] & 0x80:
        number = <uint64_t>at[0]
        at += 1
    else:
        at = after_varint(at, end, &number)
        if at == NULL:
            return NULL
    if number > <uint64_t>(end - at):
        return NULL
    size[0] = <size_t>number
    return at


cdef inline const char* after_fixed64(
    const char* at, const char* end, uint64_t* number
) noexcept nogil:
    cdef int place
    if end - at < 8:
        return NULL
    number[0] = 0
    for place in range(8):
        number[0] |= <uint64_t><unsigned char>at[place] << (8 * place)
    return at + 8


cdef inline const char* after_fixed32(
    const char* at, const char* end, uint64_t* number
) noexcept nogil:
    cdef int place
    if end - at < 4:
        return NULL
    number[0] = 0
    for place in range(4):
        number[0] |= <uint64_t><unsigned char>at[place] << (8 * place)
    return at + 4


cdef inline const char* after_small(
    const char* at, const char* end, uint64_t* number
) noexcept nogil:
    """Read a number of 32 bits."""
    at = after_varint(at, end, number)
    if number[0] >> 32:
        return NULL
    return at


cdef inline const char* after_field(
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
