# cython: boundscheck=False, wraparound=False
"""The typed columns of a span whose attributes are usual; `prela_core.conventions` knows the rest.

Which spelling fills which column, and in what order, is read from its tables when this is loaded.
Here are only the forms of values that nearly all senders write: texts without escapes, numbers as
numbers, input and output as a text that is no message.
"""

from cpython.dict cimport PyDict_GetItem
from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcmp, memset

from prela_core.compiled.json_text cimport after_space, after_string, after_value, is_ascii

from prela_core.conventions.keys import READ_FROM_EVENTS, READ_BY_PREFIX
from prela_core.conventions.prices import cost_usd, price_of
from prela_core.conventions.readers import MAX_COST_USD, MAX_TOKENS, MAX_TTFT_MS, USUAL_READER
from prela_core.conventions.resolve import usual_words
from prela_core.conventions.span_types import MODEL_TYPES, NOT_OF_A_TOOL, SPAN_TYPES, TOOL_PREFIX
from prela_core.conventions.spellings import SPELLINGS
from prela_core.model import SpanType

cdef enum:
    SLOTS = 1024
    MOST_KEYS = 256
    MOST_STEPS = 512
    MOST_PREFIXES = 32
    MOST_DIGITS = 13
    DEPTH = 64

# The columns, in the order of `Typed`. Those of texts are `texts`, those of counts `counts`.
cdef enum:
    PROVIDER, MODEL, SESSION_ID, USER_ID, AGENT_NAME, TOOL_NAME, ENVIRONMENT,
    INPUT_TOKENS, OUTPUT_TOKENS, CACHE_READ_TOKENS, CACHE_WRITE_TOKENS, REASONING_TOKENS,
    COST_USD, INPUT, OUTPUT, TTFT_MS, SPAN_TYPE

TEXT_COLUMNS = (
    "provider", "model", "session_id", "user_id", "agent_name", "tool_name", "environment"
)
COUNT_COLUMNS = (
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"
)
_COLUMNS = (*TEXT_COLUMNS, *COUNT_COLUMNS, "cost_usd", "input", "output", "ttft_ms")

# How a value is read. What has no form of its own here is left to the twin.
cdef enum:
    READ_TEXT, READ_COUNT, READ_DOLLARS, READ_MILLISECONDS, READ_READABLE, READ_MESSAGES,
    READ_WORD, READ_BY_TWIN
_READERS = {
    "text": READ_TEXT,
    "count": READ_COUNT,
    "dollars": READ_DOLLARS,
    "milliseconds": READ_MILLISECONDS,
    "readable": READ_READABLE,
    "conversation": READ_MESSAGES,
    "messages": READ_MESSAGES,
}

cdef struct Step:
    int column
    int reader
    int key
    bint includes_cached
    PyObject* said  # the type that a model's spelling makes of a span, or a word's meanings

cdef struct Key:
    const char* at
    Py_ssize_t size
    bint is_of_a_tool

cdef struct Value:
    const char* at
    Py_ssize_t size
    int escapes

cdef Step steps[MOST_STEPS]
cdef int step_count = 0
cdef Key keys[MOST_KEYS]
cdef int key_count = 0
cdef short slots[SLOTS]
cdef Key prefixes[MOST_PREFIXES]
cdef int prefix_count = 0
cdef list _held = []  # what the tables above point into
cdef str _TOOL = SpanType.TOOL.value
cdef str _LLM = SpanType.LLM.value
cdef str _CUSTOM = SpanType.CUSTOM.value
cdef int64_t MOST_TOKENS = MAX_TOKENS
cdef double MOST_DOLLARS = MAX_COST_USD
cdef double MOST_MILLISECONDS = MAX_TTFT_MS
cdef const char* TOOL_START = b"gen_ai.tool."
cdef Py_ssize_t TOOL_START_SIZE = 12


cdef uint32_t _hash(const char* at, Py_ssize_t size) noexcept nogil:
    # FNV-1a. Senders can't make it slow: what is looked up is never put in.
    cdef uint32_t value = 2166136261
    cdef Py_ssize_t index
    for index in range(size):
        value = (value ^ <unsigned char>at[index]) * 16777619
    return value


cdef int _find(const char* at, Py_ssize_t size) noexcept nogil:
    """Give the number of a key that a rule spells, else -1."""
    cdef uint32_t slot = _hash(at, size) & (SLOTS - 1)
    cdef int key
    while slots[slot] >= 0:
        key = slots[slot]
        if keys[key].size == size and memcmp(keys[key].at, at, size) == 0:
            return key
        slot = (slot + 1) & (SLOTS - 1)
    return -1


cdef int _key(str spelling) except -1:
    """Give the number of a key, which is put into the table if it is not there."""
    global key_count
    cdef bytes text = spelling.encode()
    cdef int found = _find(text, len(text))
    cdef uint32_t slot
    if found >= 0:
        return found
    if key_count == MOST_KEYS:
        raise ValueError("more spellings than the compiled table of keys holds")
    _held.append(text)
    keys[key_count].at = text
    keys[key_count].size = len(text)
    keys[key_count].is_of_a_tool = (
        spelling.startswith(TOOL_PREFIX) and spelling not in NOT_OF_A_TOOL
    )
    slot = _hash(text, len(text)) & (SLOTS - 1)
    while slots[slot] >= 0:
        slot = (slot + 1) & (SLOTS - 1)
    slots[slot] = key_count
    key_count += 1
    return key_count - 1


cdef int _add_prefix(str prefix) except -1:
    global prefix_count
    cdef bytes text = prefix.encode()
    if prefix_count == MOST_PREFIXES:
        raise ValueError("more prefixes than the compiled table holds")
    _held.append(text)
    prefixes[prefix_count].at = text
    prefixes[prefix_count].size = len(text)
    prefix_count += 1
    return 0


cdef int _add_step(
    int column, int reader, str spelling, bint includes_cached, object said
) except -1:
    global step_count
    if step_count == MOST_STEPS:
        raise ValueError("more rules than the compiled table holds")
    _held.append(said)
    steps[step_count] = Step(
        column, reader, _key(spelling), includes_cached, <PyObject*>said
    )
    step_count += 1
    return 0


def _fill_tables():
    """Read the rules; raises where they outgrew what is compiled."""
    memset(slots, 0xFF, sizeof(slots))
    for rule in SPAN_TYPES:
        words = {word.encode(): meaning for word, meaning in usual_words(rule).items() if meaning}
        _add_step(SPAN_TYPE, READ_WORD, rule.spelling, False, words)
    for number, column in enumerate(_COLUMNS):
        for rule in SPELLINGS[column]:
            if rule.read in READ_FROM_EVENTS:
                continue  # such events are left to the twin
            if rule.read in READ_BY_PREFIX:
                _add_prefix(rule.spelling)
                continue
            reader = _READERS.get(rule.read or USUAL_READER.get(column, "text"), READ_BY_TWIN)
            said = MODEL_TYPES.get(rule.spelling, _LLM) if column == "model" else None
            _add_step(number, reader, rule.spelling, rule.includes_cached, said)
    left = set(SPELLINGS) - set(_COLUMNS) - {"scores"}
    if left:
        raise ValueError(f"no compiled form of {left}")
    for rule in SPELLINGS["scores"]:
        if rule.read in READ_BY_PREFIX:
            _add_prefix(rule.spelling)
        elif rule.read not in READ_FROM_EVENTS:
            raise ValueError("no compiled form of a score in one attribute")
    for spelling in NOT_OF_A_TOOL:
        _key(spelling)


cdef bint _is_utf8(const char* at, Py_ssize_t size) noexcept:
    if is_ascii(at, size):
        return True
    try:
        PyUnicode_DecodeUTF8(at, size, NULL)
    except UnicodeDecodeError:
        return False
    return True


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
    cdef int key, escapes, index
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
            key = _find(key_at, size)
            if key >= 0:
                if values[key].at != NULL:
                    return 0  # the last one counts
                values[key].at = value_at
                values[key].size = at - value_at
                values[key].escapes = escapes
                is_of_a_tool = is_of_a_tool or keys[key].is_of_a_tool
            else:
                if not _is_utf8(key_at, size):
                    return 0
                for index in range(prefix_count):
                    if (
                        size >= prefixes[index].size
                        and memcmp(key_at, prefixes[index].at, prefixes[index].size) == 0
                    ):
                        return 0
                if size >= TOOL_START_SIZE and memcmp(key_at, TOOL_START, TOOL_START_SIZE) == 0:
                    is_of_a_tool = True
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
    if value.at[0] != b'"' or value.escapes or not _is_utf8(value.at, value.size):
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
    if value.at[0] != b'"' or value.escapes > 1 or not _is_utf8(value.at, value.size):
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


_fill_tables()
