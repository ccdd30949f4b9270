cimport cython
from libc.stdint cimport int64_t

from prela_core.compiled.prela_span cimport MEMBERS, TEXTS, Piece


@cython.final
cdef class Spans:
    cdef list found
    cdef object limits
    cdef object received_at
    cdef object trace_id
    cdef str service_name
    cdef bint known
    cdef int depth
    cdef int64_t received
    cdef Py_ssize_t most, blob, value, size, name_chars
    cdef Piece pieces[MEMBERS]
    # Most texts are those of the span before: no second object is made of the same bytes.
    cdef Piece before[TEXTS]
    cdef list texts

    cdef const char* read_list(self, const char* at, const char* end) except? NULL
    cdef object record(self)
    cdef bint is_empty(self, int member) noexcept
    cdef str text(self, int member, Py_ssize_t most)
    cdef str id(self, int member)
    cdef int64_t moment(self, int member) except? -3
    cdef bytes compound(self, int member, int kind, Py_ssize_t most, bint* cut)
