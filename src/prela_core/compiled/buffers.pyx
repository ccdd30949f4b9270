# cython: boundscheck=False, wraparound=False
"""Columns of Arrow under construction: the buffers that hold their values.

https://arrow.apache.org/docs/format/Columnar.html: texts are their bytes one behind the other and
32-bit offsets, numbers are packed, and a bit says of each value whether it is there, from the
lowest of a byte.
"""

from cpython.buffer cimport PyBuffer_FillInfo
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport INT32_MAX, int32_t, int64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy

cdef enum:
    TEXT_ROOM = 64


cdef class Texts:
    """A column of texts, UTF-8 or any bytes; as a buffer it is these."""

    def __cinit__(self, Py_ssize_t rows):
        self.offsets = bytearray((rows + 1) * sizeof(int32_t))
        self.ends = <int32_t*><char*>self.offsets
        self._make_room(rows * TEXT_ROOM)

    def __dealloc__(self):
        free(self.at)

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        PyBuffer_FillInfo(buffer, self, self.at, self.size, True, flags)

    cdef int _make_room(self, Py_ssize_t room) except -1:
        # Not bytes of Python's, which would be zeroed first and copied as they grow.
        cdef char* at = <char*>realloc(self.at, max(room, 1))
        if at == NULL:
            raise MemoryError
        self.at = at
        self.room = room
        return 0

    cdef int add(self, const char* text, Py_ssize_t size) except -1:
        if size > self.room - self.size:
            if self.size + size > INT32_MAX:
                raise OverflowError("the texts are too long for one column")
            self._make_room(max(self.room * 2, self.size + size))
        if size:
            memcpy(self.at + self.size, text, size)
        self.size += size
        self.count += 1
        self.ends[self.count] = <int32_t>self.size
        return 0

    cdef int add_str(self, str text) except -1:
        cdef Py_ssize_t size = 0
        cdef const char* at = PyUnicode_AsUTF8AndSize(text, &size)
        return self.add(at, size)

    cdef int add_bytes(self, bytes text) except -1:
        return self.add(text, len(text))

    cdef tuple buffers(self):
        return None, self.offsets, self


cdef class Numbers:
    """A column of packed numbers, each of `width` bytes; those that are absent are 0."""

    def __cinit__(self, Py_ssize_t rows, int width):
        self.width = width
        self.data = bytearray(rows * width)
        self.there = bytearray((rows + 7) // 8)
        self.at = self.data
        self.bits = <unsigned char*><char*>self.there
        self.has_all = True

    cdef void add(self, const void* number) noexcept:
        memcpy(self.at + self.count * self.width, number, self.width)
        self.bits[self.count >> 3] |= 1 << (self.count & 7)
        self.count += 1

    cdef void add_absent(self) noexcept:
        self.has_all = False
        self.count += 1

    cdef int add_whole(self, object number) except -1:
        cdef int64_t value
        if number is None:
            self.add_absent()
        else:
            value = number
            self.add(&value)
        return 0

    cdef int add_float(self, object number) except -1:
        cdef double value
        if number is None:
            self.add_absent()
        else:
            value = number
            self.add(&value)
        return 0

    cdef tuple buffers(self):
        return None if self.has_all else self.there, self.data
