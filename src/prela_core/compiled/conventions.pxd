from cpython.object cimport PyObject
from libc.stdint cimport int64_t

cdef enum:
    TEXTS = 7
    COUNTS = 5

cdef struct Text:
    const char* at
    Py_ssize_t size

cdef struct Place:
    Py_ssize_t at
    Py_ssize_t length

cdef struct Typed:
    Text texts[TEXTS]
    bint has_count[COUNTS]
    int64_t counts[COUNTS]
    Place input
    Place output
    bint has_cost
    double cost
    bint has_ttft
    double ttft
    bint is_computed

cdef int read_typed(
    bytes attributes, bytes events, str span_type, Typed* found, PyObject** type_found
) except -1
