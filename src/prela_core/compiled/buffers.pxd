cimport cython
from libc.stdint cimport int32_t


@cython.final
cdef class Texts:
    cdef bytearray offsets
    cdef char* at
    cdef int32_t* ends
    cdef Py_ssize_t size, room, count

    cdef int _make_room(self, Py_ssize_t room) except -1
    cdef int add(self, const char* text, Py_ssize_t size) except -1
    cdef int add_str(self, str text) except -1
    cdef int add_bytes(self, bytes text) except -1
    cdef tuple buffers(self)


@cython.final
cdef class Numbers:
    cdef bytearray data, there
    cdef char* at
    cdef unsigned char* bits
    cdef int width
    cdef Py_ssize_t count
    cdef bint has_all

    cdef void add(self, const void* number) noexcept
    cdef void add_absent(self) noexcept
    cdef int add_whole(self, object number) except -1
    cdef int add_float(self, object number) except -1
    cdef tuple buffers(self)
