"""One span of Prela JSON as the places of its members. Where anything is in doubt, NULL."""

from libc.string cimport memcmp

from prela_core.compiled.json_text cimport (
    _is_digit, after_compound, after_number, after_space, after_string, after_word,
)


cdef enum:  # kinds of a piece
    ABSENT  # or null
    TEXT
    ESCAPED
    NUMBER
    OBJECT
    LIST
    OTHER


cdef enum:  # members of a span
    TRACE_ID
    SPAN_ID
    PARENT_SPAN_ID
    NAME
    SPAN_TYPE
    SERVICE_NAME
    STATUS
    STATUS_MESSAGE
    TEXTS  # so many of them repeat from span to span
    STARTED_AT = TEXTS
    ENDED_AT
    DURATION_MS
    ATTRIBUTES
    EVENTS
    LINKS
    REPLAY_SNAPSHOT
    MEMBERS  # so many there are
    UNKNOWN = MEMBERS


cdef struct Piece:
    const char* at  # of a text, what stands between its quotes
    Py_ssize_t length
    int kind


cdef inline int member_of(const char* at, Py_ssize_t length) noexcept nogil:
    """Tell the member by its name as sent; none of ours has an escape in it."""
    if length == 4:
        return NAME if memcmp(at, b"name", 4) == 0 else UNKNOWN
    if length == 5:
        return LINKS if memcmp(at, b"links", 5) == 0 else UNKNOWN
    if length == 6:
        if memcmp(at, b"status", 6) == 0:
            return STATUS
        return EVENTS if memcmp(at, b"events", 6) == 0 else UNKNOWN
    if length == 7:
        return SPAN_ID if memcmp(at, b"span_id", 7) == 0 else UNKNOWN
    if length == 8:
        if memcmp(at, b"trace_id", 8) == 0:
            return TRACE_ID
        return ENDED_AT if memcmp(at, b"ended_at", 8) == 0 else UNKNOWN
    if length == 9:
        return SPAN_TYPE if memcmp(at, b"span_type", 9) == 0 else UNKNOWN
    if length == 10:
        if memcmp(at, b"started_at", 10) == 0:
            return STARTED_AT
        return ATTRIBUTES if memcmp(at, b"attributes", 10) == 0 else UNKNOWN
    if length == 11:
        return DURATION_MS if memcmp(at, b"duration_ms", 11) == 0 else UNKNOWN
    if length == 12:
        return SERVICE_NAME if memcmp(at, b"service_name", 12) == 0 else UNKNOWN
    if length == 14:
        if memcmp(at, b"parent_span_id", 14) == 0:
            return PARENT_SPAN_ID
        return STATUS_MESSAGE if memcmp(at, b"status_message", 14) == 0 else UNKNOWN
    if length == 15:
        return REPLAY_SNAPSHOT if memcmp(at, b"replay_snapshot", 15) == 0 else UNKNOWN
    return UNKNOWN


cdef inline const char* after_piece(
    const char* at, const char* end, int depth, Piece* piece
) noexcept nogil:
    """Step over a value, and say in `piece` where it is and what."""
    cdef int escapes = 0
    cdef bint is_whole = False
    cdef const char* after
    if at >= end:
        return NULL
    piece.at = at
    if at[0] == b'"':
        after = after_string(at, end, &escapes)
        if after == NULL:
            return NULL
        piece.kind = ESCAPED if escapes else TEXT
        piece.at = at + 1
        piece.length = after - at - 2
        return after
    if at[0] == b"{" or at[0] == b"[":
        piece.kind = OBJECT if at[0] == b"{" else LIST
        after = after_compound(at, end, depth)
    elif at[0] == b"-" or _is_digit(at[0]):
        piece.kind = NUMBER
        after = after_number(at, end, &is_whole)
    else:
        piece.kind = ABSENT if at[0] == b"n" else OTHER
        after = after_word(at, end)
    if after == NULL:
        return NULL
    piece.length = after - at
    return after


cdef inline const char* after_key(
    const char* at, const char* end, const char** key, Py_ssize_t* length
) noexcept nogil:
    """Step over a member's name and the colon, to its value."""
    cdef int escapes = 0
    if at >= end or at[0] != b'"':
        return NULL
    key[0] = at + 1
    at = after_string(at, end, &escapes)
    if at == NULL:
        return NULL
    length[0] = at - key[0] - 1
    at = after_space(at, end)
    if at >= end or at[0] != b":":
        return NULL
    return after_space(at + 1, end)


cdef inline const char* after_span(
    const char* at, const char* end, int depth, Piece* pieces, bint* repeats
) noexcept nogil:
    """Step over an object of which `at` is the brace, and say where its `MEMBERS` pieces are.

    Its values nest at most `depth` levels. `repeats` says that a member came twice.
    """
    cdef const char* key = NULL
    cdef Py_ssize_t length = 0
    cdef int member
    cdef Piece ignored
    cdef unsigned int seen = 0
    cdef int each
    for each in range(MEMBERS):
        pieces[each].kind = ABSENT
    repeats[0] = False
    at = after_space(at + 1, end)
    if at < end and at[0] == b"}":
        return at + 1
    while True:
        at = after_key(at, end, &key, &length)
        if at == NULL:
            return NULL
        member = member_of(key, length)
        if member == UNKNOWN:
            at = after_piece(at, end, depth, &ignored)
        else:
            if seen & (1u << member):
                repeats[0] = True
            seen |= 1u << member
            at = after_piece(at, end, depth, &pieces[member])
        if at == NULL:
            return NULL
        at = after_space(at, end)
        if at >= end:
            return NULL
        if at[0] == b"}":
            return at + 1
        if at[0] != b",":
            return NULL
        at = after_space(at + 1, end)
