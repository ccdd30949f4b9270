# cython: boundscheck=False, wraparound=False
"""The typed columns of a span whose attributes are usual; `prela_core.conventions` knows the rest.

Here are only the forms of values that nearly all senders write: texts without escapes, numbers as
numbers, input and output as a text that is no message.
"""

from cpython.dict cimport PyDict_GetItem
from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int64_t
from libc.string cimport memset

from prela_core.compiled.json_text cimport after_space, after_string, after_value
from prela_core.compiled.rules cimport (
    INPUT, INPUT_TOKENS, MODEL, MOST_KEYS, READ_COUNT, READ_DOLLARS, READ_MESSAGES,
    READ_MILLISECONDS, READ_READABLE, READ_TEXT, READ_WORD, SPAN_TYPE, Step, find_key, has_prefix,
    key_count, keys, names_a_tool, step_count, steps,
)
from prela_core.compiled.utf8 cimport is_utf8

from prela_core.conventions.prices import cost_usd, price_of
from prela_core.conventions.readers import MAX_COST_USD, MAX_TOKENS, MAX_TTFT_MS
from prela_core.model import SpanType

cdef enum:
    MOST_DIGITS = 13
    DEPTH = 64

cdef struct Value:
    const char* at
    Py_ssize_t size
    int escapes

cdef str _TOOL = SpanType.TOOL.value
cdef str _CUSTOM = SpanType.CUSTOM.value
cdef int64_t MOST_TOKENS = MAX_TOKENS
cdef double MOST_DOLLARS = MAX_COST_USD
cdef double MOST_MILLISECONDS = MAX_TTFT_MS


cdef bint _says_messages(bytes events) noexcept:
    # What the readers of events look for before they look closer.
    return len(events) > 2 and (b"gen_ai." in events or b'"llm.' in events)


cdef int read_typed(
    bytes attributes, bytes events, str span_type, Typed* found, PyObject** type_found
) except -1:
    """Read a span's columns into `found`, which was zeroed; 1 when it was usual, else 0.

    `type_found` becomes its type, borrowed. Texts point into `attributes`; input and output are
    places of quoted texts in it.
    """
    cdef const char* start = attributes
    cdef const char* end = start + len(attributes)
    cdef const char* at
    cdef const char* key_at
    cdef const char* value_at
    cdef Value values[MOST_KEYS]
    cdef int key, escapes
    cdef bint is_of_a_tool = False
    cdef Py_ssize_t size
    if _says_messages(events):
        return 0
    at = after_space(start, end)
    if at >= end or at[0] != b"{":
        return 0
    at = after_space(at + 1, end)
    memset(values, 0, sizeof(Value) * key_count)
    if at < end and at[0] == b"}":
        at += 1
    else:
        while True:
            if at >= end or at[0] != b'"':
                return 0
            key_at = at + 1
            at = after_string(at, end, &escapes)
            if at == NULL or escapes != 0:
                return 0
            size = at - key_at - 1
            at = after_space(at, end)
            if at >= end or at[0] != b":":
                return 0
            value_at = after_space(at + 1, end)
            if value_at >= end:
                return 0
            escapes = 0
            if value_at[0] == b'"':
                at = after_string(value_at, end, &escapes)
            else:
                at = after_value(value_at, end, DEPTH)
            if at == NULL:
                return 0
            key = find_key(key_at, size)
            if key >= 0:
                if values[key].at != NULL:
                    return 0  # the last one counts
                values[key].at = value_at
                values[key].size = at - value_at
                values[key].escapes = escapes
                is_of_a_tool = is_of_a_tool or keys[key].is_of_a_tool
            else:
                if has_prefix(key_at, size) or not is_utf8(key_at, key_at + size):
                    return 0
                is_of_a_tool = is_of_a_tool or names_a_tool(key_at, size)
            at = after_space(at, end)
            if at >= end:
                return 0
            if at[0] == b"}":
                at += 1
                break
            if at[0] != b",":
                return 0
            at = after_space(at + 1, end)
    if after_space(at, end) != end:
        return 0
    return _apply(start, values, span_type, is_of_a_tool, found, type_found)


cdef int _apply(
    const char* start, Value* values, str span_type, bint is_of_a_tool, Typed* found,
    PyObject** type_found,
) except -1:
    """Let the rules fill the columns from the values of the keys they spell."""
    cdef bint has[SPAN_TYPE + 1]
    cdef bint includes_cached = False
    cdef int number
    cdef int column
    cdef Step* step
    cdef Value* value
    cdef int read
    cdef PyObject* model_says = NULL
    cdef PyObject* word_says = NULL
    memset(has, 0, sizeof(has))
    for number in range(step_count):
        step = &steps[number]
        value = &values[step.key]
        column = step.column
        if value.at == NULL or has[column]:
            continue
        read = 0
        if step.reader == READ_WORD:
            if span_type:
                continue  # what the payload says counts
            word_says = _meaning(value, step.said)
            if word_says == NULL:
                return 0
            type_found[0] = word_says
            has[column] = True
            continue
        if step.reader == READ_TEXT:
            read = _read_text(value, &found.texts[column])
        elif step.reader == READ_COUNT:
            read = _read_count(value, &found.counts[column - INPUT_TOKENS])
            found.has_count[column - INPUT_TOKENS] = read == 1
        elif step.reader == READ_DOLLARS:
            read = _read_number(value, MOST_DOLLARS, &found.cost)
            found.has_cost = read == 1
        elif step.reader == READ_MILLISECONDS:
            read = _read_number(value, MOST_MILLISECONDS, &found.ttft)
            found.has_ttft = read == 1
        elif step.reader == READ_READABLE or step.reader == READ_MESSAGES:
            read = _read_place(
                value, start, step.reader == READ_MESSAGES,
                &found.input if column == INPUT else &found.output,
            )
        else:
            return 0
        if read < 0:
            return 0
        if read == 1:
            has[column] = True
            if column == MODEL:
                model_says = step.said
            elif column == INPUT_TOKENS:
                includes_cached = step.includes_cached
    if span_type:
        type_found[0] = <PyObject*>span_type
    elif not has[SPAN_TYPE]:
        if is_of_a_tool:
            type_found[0] = <PyObject*>_TOOL
        elif has[MODEL]:
            type_found[0] = model_says
        else:
            type_found[0] = <PyObject*>_CUSTOM
    if not found.has_cost and has[MODEL]:
        _compute_cost(found, includes_cached)
    return 1


cdef int _compute_cost(Typed* found, bint includes_cached) except -1:
    cdef int64_t* counts = found.counts
    if not (
        found.has_count[0] or found.has_count[1] or found.has_count[2] or found.has_count[3]
    ):
        return 0
    price = price_of(PyUnicode_DecodeUTF8(found.texts[MODEL].at, found.texts[MODEL].size, NULL))
    if price is not None:
        # A count that was not sent is 0 in `found`.
        found.cost = cost_usd(
            price, counts[0], counts[1], counts[2], counts[3], found.has_count[0] and includes_cached
        )
        found.has_cost = found.is_computed = True
    return 0


# Each gives 1 for a value, 0 for none (the next spelling is tried), -1 for what the twin must read.

cdef int _read_text(Value* value, Text* text) noexcept:
    if value.at[0] != b'"' or value.escapes or not is_utf8(value.at, value.at + value.size):
        return -1
    if value.size == 2:
        return 0
    text.at = value.at + 1
    text.size = value.size - 2
    return 1


cdef int _read_count(Value* value, int64_t* count) noexcept nogil:
    cdef Py_ssize_t index
    cdef int64_t read = 0
    if value.size > MOST_DIGITS:
        return -1
    for index in range(value.size):
        if not b"0" <= value.at[index] <= b"9":
            return -1
        read = read * 10 + (value.at[index] - <char>b"0")
    if read > MOST_TOKENS:
        return -1
    count[0] = read
    return 1


cdef int _read_number(Value* value, double most, double* number) except -2:
    cdef double read
    if not b"0" <= value.at[0] <= b"9":
        return -1
    read = float(value.at[: value.size])
    if not 0 <= read <= most:
        return -1
    number[0] = read
    return 1


cdef int _read_place(Value* value, const char* start, bint is_message, Place* place) noexcept:
    if value.at[0] != b'"' or value.escapes > 1 or not is_utf8(value.at, value.at + value.size):
        return -1
    if value.size == 2:
        return 0
    if is_message and (value.at[1] == b"[" or value.at[1] == b"{"):
        return -1
    place.at = value.at - start + 1
    place.length = value.size
    return 1


cdef PyObject* _meaning(Value* value, PyObject* words) except? NULL:
    """Give what a word means, borrowed from the table; NULL for what is not in it."""
    if value.at[0] != b'"' or value.escapes:
        return NULL
    return PyDict_GetItem(<dict>words, value.at[1 : value.size - 1])
