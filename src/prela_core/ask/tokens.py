"""Text to tokens: words, phrases, comparisons and what stands between them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto

import attrs

from prela_core.ask.spelling import KEYWORDS
from prela_core.ask.values import Piece
from prela_core.errors import QueryError

__all__ = ["Token", "TokenKind", "tokens"]


class TokenKind(Enum):
    """What a token is."""

    OPEN = auto()
    CLOSE = auto()
    KEYWORD = auto()
    CALL = auto()
    """A name and the parenthesis behind it."""
    COMPARISON = auto()
    WORDS = auto()
    END = auto()


@attrs.frozen
class Token:
    """A piece of the text from `start` to `end`, in characters.

    `text` is a keyword, a name that is called, a field's name, or a word to look for. Of a
    comparison, `value` is where its value begins.
    """

    kind: TokenKind
    start: int
    end: int
    text: str = ""
    key: str | None = None
    sign: str = ""
    value: int = 0
    pieces: Sequence[Piece] = ()


_SPACE = re.compile(r"\s*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\[\\"]|\\(?![\\"]))*)"')
_CALL = re.compile(r"([A-Za-z_]+)\(")
_FIELD = re.compile(r'([A-Za-z_][A-Za-z0-9_-]*)(?:\.([^\s()":=<>!~]+|"))?')
_SIGN = re.compile(r"(:)|\s*(!=|>=|<=|[=<>~])\s*")
_BARE = re.compile(r'[^\s()"]+')
_KEYED = ("attr", "score")
_ESCAPED = re.compile(r'\\([\\"])')


def tokens(text: str) -> list[Token]:
    """Split `text`; the last token is its end. Raises `QueryError`."""
    found: list[Token] = []
    at = _skip(text, 0)
    while at < len(text):
        found.append(_token(text, at))
        at = _skip(text, found[-1].end)
    return [*found, Token(TokenKind.END, len(text), len(text))]


def _token(text: str, at: int) -> Token:  # noqa: PLR0911 - one for each kind
    if text[at] == "(":
        return Token(TokenKind.OPEN, at, at + 1)
    if text[at] == ")":
        return Token(TokenKind.CLOSE, at, at + 1)
    if text[at] == '"':
        word, end = _quoted(text, at)
        return Token(TokenKind.WORDS, at, end, word)
    if (call := _CALL.match(text, at)) and call[1].lower() not in KEYWORDS - {"under"}:
        return Token(TokenKind.CALL, at, call.end(), call[1].lower())
    if (comparison := _comparison(text, at)) is not None:
        return comparison
    bare = _BARE.match(text, at)
    assert bare is not None  # noqa: S101 - every other character begins a token above
    if bare[0].lower() in KEYWORDS:
        return Token(TokenKind.KEYWORD, at, bare.end(), bare[0].lower())
    return Token(TokenKind.WORDS, at, bare.end(), bare[0])


def _comparison(text: str, at: int) -> Token | None:
    field = _FIELD.match(text, at)
    if field is None:
        return None
    name, key, end = field[1], field[2], field.end()
    if key is not None and name.lower() not in _KEYED:
        name, key = field[0].rstrip('"'), None
        end = at + len(name)
    elif key == '"':
        key, end = _quoted(text, end - 1)
    sign = _SIGN.match(text, end)
    if sign is None or name.lower() in KEYWORDS:
        return None
    pieces, stop = _value(text, sign.end())
    return Token(
        TokenKind.COMPARISON,
        at,
        stop,
        name,
        key=key,
        sign=sign[1] or sign[2],
        value=sign.end(),
        pieces=pieces,
    )


def _value(text: str, at: int) -> tuple[list[Piece], int]:
    pieces: list[Piece] = []
    while at < len(text):
        if text[at] == '"':
            part, at = _quoted(text, at)
            pieces.append((part, True))
        elif (bare := _BARE.match(text, at)) is not None:
            pieces.append((bare[0], False))
            at = bare.end()
        else:
            break
    return pieces, at


def _quoted(text: str, at: int) -> tuple[str, int]:
    match = _QUOTED.match(text, at)
    if match is None:
        raise QueryError("this quote is not closed", text, at, len(text))
    return _ESCAPED.sub(r"\1", match[1]), match.end()


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at
