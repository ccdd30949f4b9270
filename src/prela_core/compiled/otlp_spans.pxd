"""Where in a request of OTLP its spans are."""


cdef class Spans:
    cdef bytes body
    cdef Py_ssize_t* places  # first and last of each
    cdef Py_ssize_t count
    cdef Py_ssize_t _room

    cdef int add(self, Py_ssize_t first, Py_ssize_t last) except -1
