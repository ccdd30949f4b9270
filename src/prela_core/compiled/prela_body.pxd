"""An object of Prela JSON with a list `spans` in it: where that is, and what is around it."""

from libc.string cimport memcmp

from prela_core.compiled.json_text cimport after_space, after_value
from prela_core.compiled.prela_span cimport after_key

cdef enum:
    DEEPEST = 128  # of what is stepped over here; the stack holds many times that


cdef inline const char* to_spans(const char* at, const char* end) noexcept nogil:
    """Go to the list `spans` of an object of which `at` is the brace, if any."""
    cdef const char* key = NULL
    cdef Py_ssize_t length = 0
    if at >= end or at[0] != b"{":
        return NULL
    at = after_space(at + 1, end)
    while True:
        at = after_key(at, end, &key, &length)
        if at == NULL or at >= end:
            return NULL
        if length == 5 and memcmp(key, b"spans", 5) == 0:
            return at if at[0] == b"[" else NULL
        if at[0] == b"[":
            return NULL  # the twin counts its items too
        at = after_value(at, end, DEEPEST)
        if at == NULL:
            return NULL
        at = after_space(at, end)
        if at >= end or at[0] != b",":
            return NULL
        at = after_space(at + 1, end)


cdef inline bint has_no_other(const char* at, const char* end) noexcept nogil:
    """Say whether what follows `spans` ends its object and the body, and has no other list."""
    cdef const char* key = NULL
    cdef Py_ssize_t length = 0
    while True:
        at = after_space(at, end)
        if at >= end:
            return False
        if at[0] == b"}":
            return after_space(at + 1, end) == end
        if at[0] != b",":
            return False
        at = after_key(after_space(at + 1, end), end, &key, &length)
        if at == NULL or at >= end or at[0] == b"[":
            return False
        if length == 5 and memcmp(key, b"spans", 5) == 0:
            return False
        at = after_value(at, end, DEEPEST)
        if at == NULL:
            return False
