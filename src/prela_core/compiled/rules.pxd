from cpython.object cimport PyObject

cdef enum:
    SLOTS = 1024
    MOST_KEYS = 256
    MOST_STEPS = 512
    MOST_PREFIXES = 32

# The columns, in the order of `Typed`: those of texts, those of counts, and others.
cdef enum:
    PROVIDER, MODEL, SESSION_ID, USER_ID, AGENT_NAME, TOOL_NAME, ENVIRONMENT,
    INPUT_TOKENS, OUTPUT_TOKENS, CACHE_READ_TOKENS, CACHE_WRITE_TOKENS, REASONING_TOKENS,
    COST_USD, INPUT, OUTPUT, TTFT_MS, SPAN_TYPE

# How a value is read. What has no form of its own here is left to the twin.
cdef enum:
    READ_TEXT, READ_COUNT, READ_DOLLARS, READ_MILLISECONDS, READ_READABLE, READ_MESSAGES,
    READ_WORD, READ_BY_TWIN

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

cdef Step steps[MOST_STEPS]
cdef int step_count
cdef Key keys[MOST_KEYS]
cdef int key_count

cdef int find_key(const char* at, Py_ssize_t size) noexcept nogil
cdef bint has_prefix(const char* at, Py_ssize_t size) noexcept nogil
cdef bint names_a_tool(const char* at, Py_ssize_t size) noexcept nogil
