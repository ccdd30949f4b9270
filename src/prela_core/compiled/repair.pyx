# cython: boundscheck=False, wraparound=False
"""Escaped characters of JSON written as themselves; the twin is in `prela_core.wire.repair`."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdlib cimport free, malloc
from libc.string cimport memchr, memcpy

cdef enum:
    NO_CODE = -1


cdef int _half(char one) noexcept nogil:
    """Give what a hex digit stands for."""
    if b"0" <= one <= b"9":
        return one - 48
    if b"a" <= one <= b"f":
        return one - 97 + 10
    if b"A" <= one <= b"F":
        return one - 65 + 10
    return NO_CODE


cdef int _code(const char* at, const char* end) noexcept nogil:
    """Give the code of `\\uXXXX`, of which `at` is the backslash; `NO_CODE` for anything else."""
    cdef int place, half
    cdef int code = 0
    if end - at < 6 or at[1] != b"u":
        return NO_CODE
    for place in range(2, 6):
        half = _half(at[place])
        if half < 0:
            return NO_CODE
        code = code << 4 | half
    return code


cdef char* _put_character(char* to, int code) noexcept nogil:
    """Write a character as UTF-8 (https://www.rfc-editor.org/rfc/rfc3629)."""
    if code < 0x80:
        to[0] = <char>code
        return to + 1
    if code < 0x800:
        to[0] = <char>(0xC0 | code >> 6)
        to[1] = <char>(0x80 | code & 0x3F)
        return to + 2
    if code < 0x10000:
        to[0] = <char>(0xE0 | code >> 12)
        to[1] = <char>(0x80 | code >> 6 & 0x3F)
        to[2] = <char>(0x80 | code & 0x3F)
        return to + 3
    to[0] = <char>(0xF0 | code >> 18)
    to[1] = <char>(0x80 | code >> 12 & 0x3F)
    to[2] = <char>(0x80 | code >> 6 & 0x3F)
    to[3] = <char>(0x80 | code & 0x3F)
    return to + 4


cdef char _short(int code) noexcept nogil:
    """Give the letter of a character's shortest escape; 0 where it has none."""
    if code == 0x22 or code == 0x5C:
        return <char>code
    if code == 0x08:
        return b"b"
    if code == 0x09:
        return b"t"
    if code == 0x0A:
        return b"n"
    if code == 0x0C:
        return b"f"
    if code == 0x0D:
        return b"r"
    return 0


cdef Py_ssize_t _rewrite(const char* at, const char* end, char* to) noexcept nogil:
    """Write all from `at` to `end`, and say how many bytes that became: never more than they were."""
    cdef char* first = to
    cdef const char* slash
    cdef int code, low, place
    cdef char letter
    while at < end:
        slash = <const char*>memchr(at, b"\\", <size_t>(end - at))
        if slash == NULL:
            slash = end
        memcpy(to, at, <size_t>(slash - at))
        to += slash - at
        at = slash
        if end - at < 2:
            if at < end:
                to[0] = at[0]
                to += 1
            break
        code = _code(at, end)
        if code == NO_CODE:
            if at[1] != b"/":
                to[0] = at[0]
                to += 1
            to[0] = at[1]
            to += 1
            at += 2
            continue
        if 0xD800 <= code < 0xE000:
            low = _code(at + 6, end) if code < 0xDC00 and end - at >= 12 and at[6] == b"\\" else 0
            if 0xDC00 <= low < 0xE000:
                to = _put_character(to, (code - 0xD800 << 10) + low - 0xDC00 + 0x10000)
                at += 12
                continue
            code = 0xFFFD  # half of a pair, alone
        letter = _short(code)
        if letter:
            to[0] = b"\\"
            to[1] = letter
            to += 2
        elif code < 0x20 or 0x7F <= code < 0xA0:
            for place in range(6):
                to[place] = at[place]
                if b"A" <= at[place] <= b"F":
                    to[place] = at[place] + 32
            to += 6
        else:
            to = _put_character(to, code)
        at += 6
    return to - first


def unescaped(bytes body not None):
    """Write the escaped characters of a body as themselves, as `plain_text` says."""
    cdef const char* start = PyBytes_AS_STRING(body)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(body)
    cdef char* made
    if memchr(start, b"\\", <size_t>size) == NULL:
        return body
    made = <char*>malloc(<size_t>size)
    if made == NULL:
        raise MemoryError
    try:
        with nogil:
            size = _rewrite(start, start + size, made)
        return PyBytes_FromStringAndSize(made, size)
    finally:
        free(made)
