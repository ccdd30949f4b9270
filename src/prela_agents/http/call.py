"""A request as a value, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import msgspec

from prela_agents.errors import MalformedAnswerError

__all__ = ["Answer", "Call"]


@attrs.frozen(kw_only=True)
class Call:
    """One request to a platform.

    `path` goes behind the base URL, or is a whole address on the same host, as in a `Link`
    header. `json` or `form` is the body. `bucket` names what a limit is shared by, where it is
    known before the platform says so. `cost_usd` is what the call is billed at.

    `repeatable` says that making it twice does what making it once does: then a call that broke
    on its way is tried again. Reading is; publishing never is.
    """

    method: str = "GET"
    path: str = ""
    params: Mapping[str, str | int] = attrs.field(factory=dict)
    headers: Mapping[str, str] = attrs.field(factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    bucket: str = ""
    cost_usd: float = 0.0
    repeatable: bool = True


@attrs.frozen(kw_only=True)
class Answer:
    """A good answer: its code is 2xx, or 304 that the cache made whole again.

    `headers` have names in lower case. `url` is where it came from in the end.
    """

    platform: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = attrs.field(repr=False)
    cached: bool = False

    def json(self) -> Any:
        """Decode the body; raises `MalformedAnswerError` when it is no JSON."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise MalformedAnswerError(
                self.platform, f"{self.url} answered with what is no JSON: {error}"
            ) from None

    def text(self) -> str:
        """Decode the body as its content type says, else as UTF-8; what can't be is marked."""
        kind = self.headers.get("content-type", "")
        charset = kind.partition("charset=")[2].split(";")[0].strip(" \"'") or "utf-8"
        try:
            return self.body.decode(charset, "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")
