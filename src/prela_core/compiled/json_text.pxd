"""Steps over JSON in UTF-8. Where anything is in doubt, the place they give is NULL.

What they step over `msgspec` would step over too; it may take more than they do, never less
(numbers of absurd length, nesting deeper than is asked for). Whether bytes beyond ASCII are UTF-8
they don't look at. https://www.rfc-editor.org/rfc/rfc8259
"""

from libc.stdint cimport uint64_t
from libc.string cimport memcpy

cdef enum:
    LONGEST_NUMBER = 64


cdef inline const char* after_space(const char* at, const char* end) noexcept nogil:
    while at < end and (at[0] == b" " or at[0] == b"\n" or at[0] == b"\r" or at[0] == b"\t"):
        at += 1
    return at


cdef inline bint _has(uint64_t eight, uint64_t one) noexcept nogil:
    cdef uint64_t zero_there = eight ^ (one * <uint64_t>0x0101010101010101)
    return ((zero_there - <uint64_t>0x0101010101010101) & ~zero_there
            & <uint64_t>0x8080808080808080) != 0


cdef inline const char* to_quote(const char* at, const char* end) noexcept nogil:
    """Go to the next quote, backslash or control character, `end` when there is none."""
    cdef uint64_t eight
    cdef unsigned char one
    while end - at >= 8:
        memcpy(&eight, at, 8)
        if (
            _has(eight, 0x22) or _has(eight, 0x5C)
            or (eight - <uint64_t>0x2020202020202020) & ~eight & <uint64_t>0x8080808080808080
        ):
            break
        at += 8
    while at < end:
        one = <unsigned char>at[0]
        if one == 0x22 or one == 0x5C or one < 0x20:
            return at
        at += 1
    return at


cdef inline bint _is_hex(char one) noexcept nogil:
    return b"0" <= one <= b"9" or b"a" <= one <= b"f" or b"A" <= one <= b"F"


cdef inline const char* after_string(
    const char* at, const char* end, int* escapes
) noexcept nogil:
    """Step over a string of which `at` is the opening quote.

    `escapes` becomes 0 without any, 1 where all are the shortest of their characters, else 2.
    """
    cdef char one
    escapes[0] = 0
    at += 1
    while True:
        at = to_quote(at, end)
        if at >= end:
            return NULL
        if at[0] == b'"':
            return at + 1
        if at[0] != b"\\" or end - at < 2:
            return NULL
        one = at[1]
        if (
            one == b'"' or one == b"\\" or one == b"n" or one == b"t" or one == b"r"
            or one == b"b" or one == b"f"
        ):
            if escapes[0] == 0:
                escapes[0] = 1
            at += 2
        elif one == b"/":
            escapes[0] = 2
            at += 2
        elif one == b"u":
            if end - at < 6 or not (
                _is_hex(at[2]) and _is_hex(at[3]) and _is_hex(at[4]) and _is_hex(at[5])
            ):
                return NULL
            if at[2] == b"d" or at[2] == b"D":
                return NULL  # half of a pair, perhaps alone
            escapes[0] = 2
            at += 6
        else:
            return NULL


cdef inline bint _is_digit(char one) noexcept nogil:
    return b"0" <= one <= b"9"


cdef inline const char* after_number(
    const char* at, const char* end, bint* is_whole
) noexcept nogil:
    """Step over a number; `is_whole` says that it has digits only, and perhaps a minus."""
    cdef const char* first = at
    is_whole[0] = True
    if end - at > LONGEST_NUMBER:
        end = at + LONGEST_NUMBER
    if at < end and at[0] == b"-":
        at += 1
    if at >= end or not _is_digit(at[0]):
        return NULL
    if at[0] == b"0":
        at += 1
    else:
        while at < end and _is_digit(at[0]):
            at += 1
    if at < end and at[0] == b".":
        is_whole[0] = False
        at += 1
        if at >= end or not _is_digit(at[0]):
            return NULL
        while at < end and _is_digit(at[0]):
            at += 1
    if at < end and (at[0] == b"e" or at[0] == b"E"):
        is_whole[0] = False
        at += 1
        if at < end and (at[0] == b"+" or at[0] == b"-"):
            at += 1
        if at + 2 < end and _is_digit(at[0]) and _is_digit(at[1]) and _is_digit(at[2]):
            return NULL  # beyond what a double holds, perhaps
        if at >= end or not _is_digit(at[0]):
            return NULL
        while at < end and _is_digit(at[0]):
            at += 1
    if at - first >= LONGEST_NUMBER:
        return NULL
    return at


cdef inline const char* after_word(const char* at, const char* end) noexcept nogil:
    """Step over `true`, `false` or `null`."""
    if end - at >= 4:
        if at[0] == b"t" and at[1] == b"r" and at[2] == b"u" and at[3] == b"e":
            return at + 4
        if at[0] == b"n" and at[1] == b"u" and at[2] == b"l" and at[3] == b"l":
            return at + 4
        if end - at >= 5 and at[0] == b"f" and at[1] == b"a" and at[2] == b"l":
            return at + 5 if at[3] == b"s" and at[4] == b"e" else NULL
    return NULL


cdef inline const char* after_value(const char* at, const char* end, int depth) noexcept nogil:
    """Step over any value, which holds others at most `depth` levels deep."""
    cdef int escapes = 0
    cdef bint is_whole = False
    if at >= end:
        return NULL
    if at[0] == b'"':
        return after_string(at, end, &escapes)
    if at[0] == b"{" or at[0] == b"[":
        return after_compound(at, end, depth)
    if at[0] == b"-" or _is_digit(at[0]):
        return after_number(at, end, &is_whole)
    return after_word(at, end)


cdef inline const char* after_compound(
    const char* at, const char* end, int depth
) noexcept nogil:
    """Step over a list or an object."""
    cdef bint is_object = at[0] == b"{"
    cdef char closing = b"}" if is_object else b"]"
    cdef int escapes = 0
    if depth <= 0:
        return NULL
    at = after_space(at + 1, end)
    if at < end and at[0] == closing:
        return at + 1
    while True:
        if is_object:
            if at >= end or at[0] != b'"':
                return NULL
            at = after_string(at, end, &escapes)
            if at == NULL:
                return NULL
            at = after_space(at, end)
            if at >= end or at[0] != b":":
                return NULL
            at = after_space(at + 1, end)
        at = after_value(at, end, depth - 1)
        if at == NULL:
            return NULL
        at = after_space(at, end)
        if at >= end:
            return NULL
        if at[0] == closing:
            return at + 1
        if at[0] != b",":
            return NULL
        at = after_space(at + 1, end)
