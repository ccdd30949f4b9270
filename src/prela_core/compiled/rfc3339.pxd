"""Moments as nearly all programs write them; the twin is `prela_core.wire.timestamps`."""

from libc.stdint cimport int64_t
from libc.string cimport memcmp

cdef enum:
    TO_SECONDS = 19  # `2026-01-15T12:00:00`
    MICRO_DIGITS = 6


cdef inline int _two(const char* at) noexcept nogil:
    """Read two digits; less than -100 where they are none, whatever is added to it."""
    if b"0" <= at[0] <= b"9" and b"0" <= at[1] <= b"9":
        return (at[0] - c"0") * 10 + (at[1] - c"0")
    return -1_000_000


cdef inline int _days_before(int year, int month) noexcept nogil:
    """Count the days of `year` before `month`, the first being 1."""
    cdef int days = (367 * month - 362) // 12
    if month > 2:
        days -= 1 if year % 4 == 0 else 2
    return days


cdef inline int64_t micros_of(const char* at, Py_ssize_t length) noexcept nogil:
    """Give the microseconds since 1970 of RFC 3339 text in UTC; -1 where anything is in doubt.

    So it is for another zone than `Z`, `+00:00` or the published SDK's `+00:00Z`, for more than
    nine digits of a second, for leap seconds, and before 1970 and from 2100 on. Within those years
    every fourth is a leap year.
    """
    cdef int year, month, day, hour, minute, second, micros = 0, digits = 0
    cdef int64_t days
    if (
        length <= TO_SECONDS or at[4] != b"-" or at[7] != b"-" or at[10] != b"T"
        or at[13] != b":" or at[16] != b":"
    ):
        return -1
    year = _two(at) * 100 + _two(at + 2)
    month = _two(at + 5)
    day = _two(at + 8)
    hour = _two(at + 11)
    minute = _two(at + 14)
    second = _two(at + 17)
    if not (
        1970 <= year < 2100 and 1 <= month <= 12 and 1 <= day
        and 0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60
    ):
        return -1
    if day > (
        _days_before(year, month + 1) - _days_before(year, month) if month < 12 else 31
    ):
        return -1
    at += TO_SECONDS
    length -= TO_SECONDS
    if at[0] == b".":
        at += 1
        length -= 1
        while digits < length and b"0" <= at[digits] <= b"9":
            if digits < MICRO_DIGITS:
                micros = micros * 10 + (at[digits] - c"0")
            digits += 1
            if digits > 9:
                return -1
        if digits == 0:
            return -1
        at += digits
        length -= digits
        while digits < MICRO_DIGITS:
            micros *= 10
            digits += 1
    if not (
        length == 1 and at[0] == b"Z"
        or length == 6 and memcmp(at, b"+00:00", 6) == 0
        or length == 7 and memcmp(at, b"+00:00Z", 7) == 0
    ):
        return -1
    days = (year - 1970) * 365 + (year - 1969) // 4 + _days_before(year, month) + day - 1
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * <int64_t>1_000_000 + micros
