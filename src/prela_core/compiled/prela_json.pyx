# cython: boundscheck=False, wraparound=False
"""Bodies of Prela JSON to records; the twin is `prela_core.wire.prela_json`.

The whole body is stepped over before anything of it is given: if there is any doubt that all of it
is JSON, and not too long, the answer is None and the twin reads it. A span about which anything is
unusual is given as `msgspec.Raw`, for the twin to read.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE

from prela_core.compiled.json_text cimport after_space, after_value
from prela_core.compiled.prela_body cimport DEEPEST, has_no_other, to_spans
from prela_core.compiled.prela_record cimport Spans
from prela_core.compiled.prela_span cimport after_span


def one(body, received_at, limits):
    """Read a body that is one span."""
    cdef const char* at
    cdef const char* end
    cdef bint repeats = False
    cdef Spans spans
    if type(body) is not bytes:
        return None
    spans = Spans(None, "", received_at, limits)
    at = PyBytes_AS_STRING(body)
    end = at + PyBytes_GET_SIZE(body)
    at = after_space(at, end)
    if not spans.known or spans.most < 1 or at >= end or at[0] != b"{":
        return None
    at = after_span(at, end, spans.depth, spans.pieces, &repeats)
    if at == NULL or repeats or after_space(at, end) != end:
        return None
    return spans.record()


def batch(body, received_at, limits):
    """Read a body that is a list of spans, or an object with such a list as `spans`."""
    cdef const char* at
    cdef const char* end
    cdef Spans spans
    if type(body) is not bytes:
        return None
    spans = Spans(None, "", received_at, limits)
    at = PyBytes_AS_STRING(body)
    end = at + PyBytes_GET_SIZE(body)
    at = after_space(at, end)
    if not spans.known or at >= end:
        return None
    if at[0] == b"[":
        at = spans.read_list(at, end)
        return spans.found if at != NULL and after_space(at, end) == end else None
    at = to_spans(at, end)
    if at == NULL:
        return None
    at = spans.read_list(at, end)
    return spans.found if at != NULL and has_no_other(at, end) else None


def apart(body):
    """Take a body that is an object apart: it with `spans` left empty, and where that list is."""
    cdef const char* begin
    cdef const char* first
    cdef const char* last
    cdef const char* end
    if type(body) is not bytes:
        return None
    begin = PyBytes_AS_STRING(body)
    end = begin + PyBytes_GET_SIZE(body)
    first = to_spans(after_space(begin, end), end)
    if first == NULL:
        return None
    last = after_value(first, end, DEEPEST)
    if last == NULL or not has_no_other(last, end):
        return None
    return body[:first - begin] + b"[]" + body[last - begin:], first - begin


def of_trace(body, Py_ssize_t place, trace_id, str service_name, received_at, limits):
    """Read the list of spans that `apart` found at `place`.

    `trace_id` and `service_name`, which have been checked and cut, stand in where a span has none
    of its own.
    """
    cdef const char* at
    cdef const char* end
    cdef Spans spans
    if type(body) is not bytes or not 0 <= place < PyBytes_GET_SIZE(body):
        return None
    spans = Spans(trace_id, service_name, received_at, limits)
    at = PyBytes_AS_STRING(body) + place
    end = PyBytes_AS_STRING(body) + PyBytes_GET_SIZE(body)
    if not spans.known or at[0] != b"[":
        return None
    return spans.found if spans.read_list(at, end) != NULL else None
