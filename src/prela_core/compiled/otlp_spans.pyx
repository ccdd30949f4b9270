# cython: boundscheck=False, wraparound=False, cdivision=True
"""A request of OTLP as protobuf, taken apart into groups of spans not yet decoded.

The twin is `groups` of `prela_core.wire.otlp_protobuf`.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from libc.stddef cimport size_t
from libc.stdint cimport uint64_t

from prela_core.compiled.protobuf_steps cimport after_field


cdef class Spans:
    """The spans of one scope, as bytes not yet decoded: where in the body each of them is."""

    def __dealloc__(self):
        PyMem_Free(self.places)

    def __len__(self):
        return self.count

    def __getitem__(self, Py_ssize_t index):
        if not 0 <= index < self.count:
            raise IndexError(index)
        return self.body[self.places[2 * index] : self.places[2 * index + 1]]

    cdef int add(self, Py_ssize_t first, Py_ssize_t last) except -1:
        cdef Py_ssize_t room
        cdef void* places
        if self.count == self._room:
            room = 2 * self._room + 4
            places = PyMem_Realloc(self.places, <size_t>room * 2 * sizeof(Py_ssize_t))
            if places == NULL:
                raise MemoryError
            self.places = <Py_ssize_t*>places
            self._room = room
        self.places[2 * self.count] = first
        self.places[2 * self.count + 1] = last
        self.count += 1
        return 0


def split(body, Py_ssize_t most):
    """Take a request apart into resource, scope and spans, those of each scope together.

    None where the twin is to do it: more than `most` spans, or anything that is no message.
    """
    cdef const char* start
    cdef const char* end
    cdef const char* at
    cdef uint64_t tag
    cdef size_t size
    cdef Py_ssize_t spans, others
    cdef list found = []
    if type(body) is not bytes or not 0 <= most <= 1 << 40:
        return None
    at = start = PyBytes_AS_STRING(body)
    end = start + PyBytes_GET_SIZE(body)
    spans, others = most, 2 * most
    while at < end:
        at = after_field(at, end, &tag, &size)
        if at == NULL:
            return None
        if tag == 0x0A:
            others -= 1
            if others < 0 or not _split_resource(
                body, start, at, at + size, &spans, &others, found
            ):
                return None
        at += size
    return found


cdef int _split_resource(
    bytes body,
    const char* start,
    const char* at,
    const char* end,
    Py_ssize_t* spans,
    Py_ssize_t* others,
    list found,
) except -1:
    cdef uint64_t tag
    cdef size_t size
    cdef bytes resource = None
    cdef list scopes = []
    while at < end:
        at = after_field(at, end, &tag, &size)
        if at == NULL:
            return 0
        if tag == 0x0A:
            if resource is not None:
                return 0
            resource = PyBytes_FromStringAndSize(at, <Py_ssize_t>size)
        elif tag == 0x12:
            others[0] -= 1
            if others[0] < 0 or not _split_scope(body, start, at, at + size, spans, scopes):
                return 0
        at += size
    if resource is None:
        resource = b""
    for scope, within in scopes:
        found.append((resource, scope, within))
    return 1


cdef int _split_scope(
    bytes body,
    const char* start,
    const char* at,
    const char* end,
    Py_ssize_t* spans,
    list scopes,
) except -1:
    cdef uint64_t tag
    cdef size_t size
    cdef bytes scope = None
    cdef Spans within = None
    while at < end:
        at = after_field(at, end, &tag, &size)
        if at == NULL:
            return 0
        if tag == 0x0A:
            if scope is not None:
                return 0
            scope = PyBytes_FromStringAndSize(at, <Py_ssize_t>size)
        elif tag == 0x12:
            spans[0] -= 1
            if spans[0] < 0:
                return 0
            if within is None:
                within = Spans.__new__(Spans)
                within.body = body
            within.add(at - start, at - start + <Py_ssize_t>size)
        at += size
    if within is not None:
        scopes.append((b"" if scope is None else scope, within))
    return 1
