# cython: cdivision=True
"""Moments in the one spelling that `to_rfc3339` gives."""

from libc.stdint cimport uint64_t

cdef enum:
    MOMENT = 27  # characters of a moment before the year 10000


cdef inline void _digits(char* to, unsigned int number, int count) noexcept nogil:
    while count:
        count -= 1
        to[count] = <char>(48 + number % 10)
        number //= 10


cdef inline void write_moment(char* to, uint64_t micros) noexcept nogil:
    """Write microseconds since 1970, of a year below 10000, in `MOMENT` characters."""
    cdef uint64_t seconds = micros // 1_000_000
    cdef unsigned int of_day = <unsigned int>(seconds % 86_400)
    # Years are reckoned from March, so that a leap day is the last day of one; and days from
    # March of the year 0, in eras of 400 years, which have 146,097 days each.
    cdef unsigned int days = <unsigned int>(seconds // 86_400) + 719_468
    cdef unsigned int era = days // 146_097
    cdef unsigned int of_era = days % 146_097
    cdef unsigned int year = (
        of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096
    ) // 365
    cdef unsigned int of_year = of_era - (365 * year + year // 4 - year // 100)
    cdef unsigned int month = (5 * of_year + 2) // 153
    cdef unsigned int day = of_year - (153 * month + 2) // 5 + 1
    year += 400 * era
    if month < 10:
        month += 3
    else:
        month -= 9
        year += 1
    _digits(to, year, 4)
    to[4] = b"-"
    _digits(to + 5, month, 2)
    to[7] = b"-"
    _digits(to + 8, day, 2)
    to[10] = b"T"
    _digits(to + 11, of_day // 3600, 2)
    to[13] = b":"
    _digits(to + 14, of_day // 60 % 60, 2)
    to[16] = b":"
    _digits(to + 17, of_day % 60, 2)
    to[19] = b"."
    _digits(to + 20, <unsigned int>(micros % 1_000_000), 6)
    to[26] = b"Z"
