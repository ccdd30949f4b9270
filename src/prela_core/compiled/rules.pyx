# cython: boundscheck=False, wraparound=False
"""The rules of `prela_core.conventions` as tables in memory, read when this is loaded.

A rule that has no form of its own here is one for the twin; rules that outgrew the tables are an
error, and then nothing is compiled.
"""

from cpython.object cimport PyObject
from libc.stdint cimport uint32_t
from libc.string cimport memcmp, memset

from prela_core.conventions.keys import READ_BY_PREFIX, READ_FROM_EVENTS
from prela_core.conventions.readers import USUAL_READER
from prela_core.conventions.resolve import usual_words
from prela_core.conventions.span_types import MODEL_TYPES, NOT_OF_A_TOOL, SPAN_TYPES, TOOL_PREFIX
from prela_core.conventions.spellings import SPELLINGS
from prela_core.model import SpanType

TEXT_COLUMNS = (
    "provider", "model", "session_id", "user_id", "agent_name", "tool_name", "environment"
)
COUNT_COLUMNS = (
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"
)
_COLUMNS = (*TEXT_COLUMNS, *COUNT_COLUMNS, "cost_usd", "input", "output", "ttft_ms")
_READERS = {
    "text": READ_TEXT,
    "count": READ_COUNT,
    "dollars": READ_DOLLARS,
    "milliseconds": READ_MILLISECONDS,
    "readable": READ_READABLE,
    "conversation": READ_MESSAGES,
    "messages": READ_MESSAGES,
}

cdef short slots[SLOTS]
cdef Key prefixes[MOST_PREFIXES]
cdef int prefix_count = 0
cdef list _held = []  # what the tables point into
cdef str _LLM = SpanType.LLM.value
cdef bytes _TOOL_START = TOOL_PREFIX.encode()
cdef const char* TOOL_START = _TOOL_START
cdef Py_ssize_t TOOL_START_SIZE = len(_TOOL_START)

step_count = key_count = 0


cdef uint32_t _hash(const char* at, Py_ssize_t size) noexcept nogil:
    # FNV-1a. Senders can't make it slow: what is looked up is never put in.
    cdef uint32_t value = 2166136261
    cdef Py_ssize_t index
    for index in range(size):
        value = (value ^ <unsigned char>at[index]) * 16777619
    return value


cdef int find_key(const char* at, Py_ssize_t size) noexcept nogil:
    """Give the number of a key that a rule spells, else -1."""
    cdef uint32_t slot = _hash(at, size) & (SLOTS - 1)
    cdef int key
    while slots[slot] >= 0:
        key = slots[slot]
        if keys[key].size == size and memcmp(keys[key].at, at, size) == 0:
            return key
        slot = (slot + 1) & (SLOTS - 1)
    return -1


cdef bint has_prefix(const char* at, Py_ssize_t size) noexcept nogil:
    """Say whether a rule collects the keys that begin like this one."""
    cdef int index
    for index in range(prefix_count):
        if size >= prefixes[index].size:
            if memcmp(at, prefixes[index].at, prefixes[index].size) == 0:
                return True
    return False


cdef bint names_a_tool(const char* at, Py_ssize_t size) noexcept nogil:
    """Say whether a key that no rule spells makes a tool of its span."""
    return size >= TOOL_START_SIZE and memcmp(at, TOOL_START, TOOL_START_SIZE) == 0


cdef int _key(str spelling) except -1:
    """Give the number of a key, which is put into the table if it is not there."""
    global key_count
    cdef bytes text = spelling.encode()
    cdef int found = find_key(text, len(text))
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


_fill_tables()
