"""The functions that a query may call: those that compute from their arguments alone.

None reads a file, an address, a table, a dictionary, a setting or the server itself. It is a
list of what is allowed, so that a function that a newer engine brings is refused until somebody
has looked at it. Nor does any take more work than its input is long, as edit distances do: the
engine looks at the clock between blocks of rows, and one such call could take minutes. Names are
compared in lower case; engines that tell cases apart then refuse.
"""

from __future__ import annotations

import re
from itertools import chain, product

__all__ = ["COUNTED", "FUNCTIONS", "is_known"]

COUNTED = {
    "repeat": 1,
    "space": 0,
    "leftpad": 1,
    "rightpad": 1,
    "lpad": 1,
    "rpad": 1,
    "leftpadutf8": 1,
    "rightpadutf8": 1,
    "arraywithconstant": 0,
    "arrayresize": 1,
    "tofixedstring": 1,
}
"""Which argument of a function, in lower case, says how long its answer is, whatever the input."""

_OPERATORS = """
    and or not xor equals notEquals less lessOrEquals greater greaterOrEquals isDistinctFrom
    isNotDistinctFrom in notIn globalIn globalNotIn like ilike notLike notILike match exists
    plus minus multiply divide intDiv intDivOrZero modulo moduloOrZero positiveModulo negate abs
    concat tuple tupleElement array arrayElement map lambda if multiIf caseWithExpression cast
    isNull isNotNull ifNull nullIf coalesce assumeNotNull toNullable isZeroOrNull grouping
    least greatest clamp arrayJoin identity materialize ignore
"""
_AGGREGATES = """
    count min max sum avg any anyLast any_value first_value last_value anyHeavy argMin argMax
    sumKahan sumCount sumWithOverflow avgWeighted median quantile quantiles quantileExact
    quantilesExact quantileExactLow quantileExactHigh quantileExactExclusive
    quantileExactInclusive quantilesExactExclusive quantilesExactInclusive quantileExactWeighted
    quantilesExactWeighted quantileTDigest quantilesTDigest quantileTDigestWeighted quantileTiming
    quantilesTiming quantileDeterministic quantileDD quantilesDD quantileGK quantilesGK
    medianExact stddevPop stddevSamp varPop varSamp stddev_pop stddev_samp var_pop var_samp std
    covarPop covarSamp covar_pop covar_samp corr skewPop skewSamp kurtPop kurtSamp entropy uniq
    uniqExact uniqCombined uniqCombined64 uniqHLL12 groupArray groupUniqArray groupArraySorted
    groupArraySample groupArrayLast groupArrayInsertAt groupConcat group_concat string_agg
    groupArrayMovingAvg groupArrayMovingSum groupArrayIntersect groupBitAnd groupBitOr groupBitXor
    topK topKWeighted histogram deltaSum deltaSumTimestamp exponentialMovingAverage
    exponentialTimeDecayedAvg sequenceMatch sequenceCount windowFunnel retention
    simpleLinearRegression singleValueOrNull mannWhitneyUTest studentTTest welchTTest
    kolmogorovSmirnovTest meanZTest rankCorr cramersV theilsU contingency boundingRatio
    maxIntersections maxIntersectionsPosition intervalLengthSum sparkbar
    largestTriangleThreeBuckets row_number rank dense_rank denseRank percent_rank percentRank
    cume_dist ntile nth_value lag lead lagInFrame leadInFrame nonNegativeDerivative array_agg
    countDistinct
"""
_COMBINATORS = re.compile(
    "(if|array|map|distinct|ordefault|ornull|foreach|argmin|argmax|resample)+"
)
_TEXTS = """
    length lengthUTF8 char_length character_length empty notEmpty lower upper lowerUTF8 upperUTF8
    lcase ucase initcap initcapUTF8 substring substringUTF8 substr mid left right leftUTF8
    rightUTF8 leftPad rightPad lpad rpad leftPadUTF8 rightPadUTF8 trim trimLeft trimRight
    trimBoth ltrim rtrim reverse reverseUTF8 repeat space concat_ws concatWithSeparator format
    position positionCaseInsensitive positionUTF8 positionCaseInsensitiveUTF8 locate
    startsWith endsWith startsWithUTF8 endsWithUTF8 startsWithCaseInsensitive
    endsWithCaseInsensitive countSubstrings countSubstringsCaseInsensitive
    countSubstringsCaseInsensitiveUTF8 replace replaceAll replaceOne replaceRegexpAll
    replaceRegexpOne regexp_replace regexpExtract regexp_extract regexpQuoteMeta translate
    translateUTF8 overlay overlayUTF8 extract extractAll extractGroups extractAllGroups
    extractAllGroupsHorizontal extractAllGroupsVertical countMatches
    countMatchesCaseInsensitive multiSearchAny multiSearchAnyCaseInsensitive multiSearchAnyUTF8
    multiSearchAnyCaseInsensitiveUTF8 multiSearchFirstIndex multiSearchFirstPosition
    multiSearchAllPositions multiMatchAny multiMatchAnyIndex multiMatchAllIndices hasToken
    hasTokenOrNull hasTokenCaseInsensitive hasAllTokens hasAnyTokens hasSubsequence
    hasSubsequenceCaseInsensitive tokens alphaTokens splitByChar splitByString
    splitByRegexp splitByWhitespace splitByNonAlpha arrayStringConcat soundex ascii char hex unhex
    bin unbin base64Encode base64Decode tryBase64Decode normalizeUTF8NFC normalizeUTF8NFD
    normalizeUTF8NFKC normalizeUTF8NFKD toValidUTF8 isValidUTF8 firstLine substringIndex
    substringIndexUTF8 compareSubstrings formatReadableSize formatReadableDecimalSize
    formatReadableQuantity formatReadableTimeDelta bar visibleWidth
    domain domainWithoutWWW topLevelDomain firstSignificantSubdomain protocol path pathFull
    queryString fragment port netloc extractURLParameter extractURLParameters
    extractURLParameterNames cutURLParameter cutQueryString cutFragment cutWWW decodeURLComponent
    encodeURLComponent isIPv4String isIPv6String toIPv4 toIPv6
    IPv4NumToString IPv4StringToNum isIPAddressInRange
"""
_NUMBERS = """
    round roundBankers floor ceil ceiling trunc truncate roundToExp2 roundDuration roundAge
    roundDown sqrt cbrt exp exp2 exp10 log ln log2 log10 log1p pow power sin cos tan asin acos
    atan atan2 sinh cosh tanh sign sigmoid degrees radians pi e hypot erf erfc lgamma tgamma
    factorial gcd lcm isNaN isFinite isInfinite ifNotFinite max2 min2 midpoint widthBucket
    intExp2 intExp10 bitAnd bitOr bitXor bitNot bitShiftLeft bitShiftRight bitTest bitTestAny
    bitTestAll bitCount bitHammingDistance bitSlice rand rand32 rand64 randCanonical randUniform
    randNormal generateUUIDv4 generateUUIDv7 cityHash64 sipHash64 sipHash128 xxHash32 xxHash64
    xxh3 murmurHash2_32 murmurHash2_64 murmurHash3_32 murmurHash3_64 murmurHash3_128 farmHash64
    metroHash64 intHash32 intHash64 halfMD5 MD5 SHA1 SHA224 SHA256 SHA512 CRC32 CRC64
    cosineDistance L1Distance L2Distance LinfDistance L1Norm L2Norm LinfNorm dotProduct
    runningDifference runningAccumulate neighbor rowNumberInAllBlocks rowNumberInBlock
"""
_MOMENTS = """
    now now64 today yesterday current_date current_timestamp toUnixTimestamp
    toUnixTimestamp64Second toUnixTimestamp64Milli toUnixTimestamp64Micro toUnixTimestamp64Nano
    fromUnixTimestamp from_unixtime fromUnixTimestamp64Second fromUnixTimestamp64Milli
    fromUnixTimestamp64Micro fromUnixTimestamp64Nano dateDiff date_diff timestampDiff
    timestamp_diff addDate subDate
    dateTrunc date_trunc dateName monthName age formatDateTime formatDateTimeInJodaSyntax
    date_format toTimezone toTimeZone timezoneOf timeZoneOf timezoneOffset timeZoneOffset
    toYear toQuarter toMonth toDayOfYear toDayOfMonth toDayOfWeek toHour toMinute toSecond
    toMillisecond toMicrosecond year quarter month week day dayOfMonth dayOfWeek dayOfYear hour
    minute second toISOYear toISOWeek toWeek toYearWeek toMonday toLastDayOfMonth last_day
    toLastDayOfWeek toDaysInMonth toStartOfYear toStartOfISOYear toStartOfQuarter toStartOfMonth
    toStartOfWeek toStartOfDay toStartOfHour toStartOfMinute toStartOfSecond
    toStartOfMillisecond toStartOfMicrosecond toStartOfFiveMinutes toStartOfFiveMinute
    toStartOfTenMinutes toStartOfFifteenMinutes toStartOfInterval time_bucket timeSlot timeSlots
    toYYYYMM toYYYYMMDD toYYYYMMDDhhmmss makeDate makeDate32 makeDateTime makeDateTime64 toTime
    toRelativeYearNum toRelativeMonthNum toRelativeWeekNum toRelativeDayNum toRelativeHourNum
    toRelativeMinuteNum toRelativeSecondNum toModifiedJulianDay toUTCTimestamp
    fromUTCTimestamp tumble tumbleStart tumbleEnd hop hopStart hopEnd parseDateTime
    parseDateTimeOrNull parseDateTimeOrZero parseDateTimeBestEffort
    parseDateTimeBestEffortOrNull parseDateTimeBestEffortOrZero parseDateTime64BestEffort
    parseDateTime64BestEffortOrNull parseDateTime64BestEffortOrZero UTCTimestamp UTC_timestamp
    UUIDv7ToDateTime snowflakeIDToDateTime64 addInterval subtractInterval
"""
_UNITS = "Year Quarter Month Week Day Hour Minute Second Millisecond Microsecond Nanosecond"
_LISTS = """
    has hasAll hasAny hasSubstr indexOf countEqual range arrayMap arrayFilter arrayExists
    arrayAll arrayCount arrayFirst arrayFirstOrNull arrayFirstIndex arrayLast arrayLastOrNull
    arrayLastIndex arraySum arrayAvg arrayMin arrayMax arrayProduct arrayCumSum
    arrayCumSumNonNegative arrayDifference arraySort arrayReverseSort arrayPartialSort
    arrayPartialReverseSort arrayReverse arrayDistinct arrayUniq arrayCompact arrayConcat
    arraySlice arrayPushBack arrayPushFront arrayPopBack arrayPopFront arrayResize
    arrayIntersect arrayUnion arrayExcept arraySymmetricDifference arrayZip arrayZipUnaligned
    arrayFlatten flatten arrayEnumerate arrayEnumerateUniq arrayEnumerateDense arrayFill
    arrayReverseFill arraySplit arrayReverseSplit arrayElementOrNull arrayWithConstant
    arrayJaccardIndex arrayDotProduct arrayRotateLeft arrayRotateRight arrayShiftLeft
    arrayShiftRight arrayShuffle arrayRandomSample arrayAUC arrayROCAUC emptyArrayString
    emptyArrayUInt64 emptyArrayInt64 emptyArrayFloat64 emptyArrayToSingle replicate transform
    mapKeys mapValues mapContains mapContainsKey mapContainsKeyLike mapContainsValue mapAdd
    mapSubtract mapApply mapFilter mapUpdate mapConcat mapExists mapAll mapSort mapReverseSort
    mapFromArrays mapFromString extractKeyValuePairs tupleConcat tupleNames tuplePlus tupleMinus
    tupleToNameValuePairs untuple flattenTuple
"""
_JSON = """
    JSONHas JSONLength JSONArrayLength JSONType JSONKey JSONExtract JSONExtractString
    JSONExtractInt JSONExtractUInt JSONExtractFloat JSONExtractBool JSONExtractRaw
    JSONExtractArrayRaw JSONExtractKeys JSONExtractKeysAndValues JSONExtractKeysAndValuesRaw
    JSON_VALUE JSON_QUERY JSON_EXISTS JSONMergePatch isValidJSON simpleJSONHas
    simpleJSONExtractString simpleJSONExtractInt simpleJSONExtractUInt simpleJSONExtractFloat
    simpleJSONExtractBool simpleJSONExtractRaw visitParamHas visitParamExtractString
    visitParamExtractInt visitParamExtractUInt visitParamExtractFloat visitParamExtractBool
    visitParamExtractRaw toJSONString JSONAllPaths JSONAllPathsWithTypes JSONDynamicPaths
    prettyPrintJSON
"""
_CONVERSIONS = """
    toTypeName toString toStringCutToZero toFixedString toDecimalString toLowCardinality toBool
    toInterval toUUID toUUIDOrNull toUUIDOrZero accurateCast accurateCastOrNull
    accurateCastOrDefault reinterpretAsInt64 reinterpretAsUInt64 reinterpretAsFloat64
    reinterpretAsString date timestamp
"""
_TYPES = """
    Int8 Int16 Int32 Int64 Int128 Int256 UInt8 UInt16 UInt32 UInt64 UInt128 UInt256 Float32
    Float64 Date Date32 DateTime DateTime64 Decimal32 Decimal64 Decimal128 Decimal256
"""
_FAILING = ("", "ornull", "orzero", "ordefault")


def _words(*texts: str) -> frozenset[str]:
    return frozenset(word.lower() for word in chain(*(text.split() for text in texts)))


_AGGREGATE_WORDS = _words(_AGGREGATES)
FUNCTIONS = (
    _words(_OPERATORS, _TEXTS, _NUMBERS, _MOMENTS, _LISTS, _JSON, _CONVERSIONS)
    | _AGGREGATE_WORDS
    | {"".join(parts) for parts in product(("to",), _words(_TYPES), _FAILING)}
    | {f"{verb}{unit}s" for verb, unit in product(("add", "subtract"), _words(_UNITS))}
    | {f"tointerval{unit}" for unit in _words(_UNITS)}
)
"""In lower case."""


def is_known(name: str) -> bool:
    """Say whether a query may call `name`: it is listed, or a listed aggregate of another form.

    Such forms are `countIf`, `sumOrNull` or `uniqExactIf`.
    """
    lowered = name.lower()
    return lowered in FUNCTIONS or any(
        lowered.startswith(aggregate) and _COMBINATORS.fullmatch(lowered, len(aggregate))
        for aggregate in _AGGREGATE_WORDS
    )
