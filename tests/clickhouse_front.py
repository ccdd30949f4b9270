"""ClickHouse's HTTP interface over chDB, for want of a server: the same engine, another door.

    python -m tests.clickhouse_front --port 0 --data DIR

It says `{"port": ..., "control": ...}` on standard output, and ends when its standard input does.
Faults are asked for at the second port, which answers while the first is away:

* POST /_front/delay?seconds=2       answer each request that much later (0: at once)
* POST /_front/fail?code=241&times=1 answer with that error (code=0: no longer; times left out:
  until told otherwise); `status` overrides the HTTP status that the server has for it
* POST /_front/cut?times=1           do what is asked, then hang up without an answer
* POST /_front/away, /_front/back    close the port and all connections; listen again
* GET  /_front/seen                  the requests so far: parameters, encodings, sizes

What a server does and this does not: users and roles, sessions, progress headers, ClickHouse's
own compression of blocks, and the settings of a server's profile.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import re
import socket
import sys
import tempfile
import threading
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import attrs
import chdb
import lz4.frame
import zstandard

__all__ = ["Front", "main"]

VERSION = "26.9.2.1"
# Parameters of a URL that are no settings: HTTPHandler.cpp.
_TRANSPORT = frozenset(
    {"query", "database", "user", "password", "default_format", "query_id", "role", "session_id"}
    | {"session_timeout", "session_check", "close_session", "stacktrace", "buffer_size"}
    | {"wait_end_of_query", "quota_key", "compress", "decompress", "client_protocol_version"}
)
# exceptionCodeToHTTPStatus.cpp, by the numbers of ErrorCodes.cpp; all others are 500.
_STATUS = {
    **dict.fromkeys((192, 193, 497, 512, 516), 403),
    **dict.fromkeys(
        (6, 8, 15, 25, 26, 27, 36, 38, 41, 44, 53, 62, 72, 117, 167, 168, 321, 376, 427), 400
    ),
    **dict.fromkeys((46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 336, 511), 404),
    **dict.fromkeys((76, 209, 439), 503),
    159: 408,
    194: 401,
    48: 501,
}
# As many parts may wait for a merge or a mutation as on a server, which has more threads for them.
_ENGINE = "background_merges_mutations_concurrency_ratio=16"
_MAX_FIELD = 128 * 1024  # http_max_field_value_size
_MAX_URI = 1024 * 1024  # http_max_uri_size
_BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"
_BLOCK_INFO_REVISION = 51903
_INSERT = re.compile(rb"\s*(INSERT\s+INTO\s.+?)\s+FORMAT\s+(\w+)\s*?\n", re.IGNORECASE | re.DOTALL)
_FORMAT = re.compile(rb"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
_SELECTS = re.compile(rb"\s*\(*\s*(SELECT|WITH)\b", re.IGNORECASE)
_ANSWERS_ROWS = re.compile(
    rb"\s*\(*\s*(SELECT|WITH|SHOW|DESC|DESCRIBE|EXPLAIN|EXISTS)\b", re.IGNORECASE
)
_DECODERS = {
    "lz4": lz4.frame.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "identity": bytes,
    "": bytes,
}
_ENCODERS = {
    # One for each answer: threads that share a compressor garble what they send.
    "zstd": lambda data: zstandard.ZstdCompressor().compress(data),
    "lz4": lz4.frame.compress,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
}


class ServerError(Exception):
    """An error as the server words it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        match = re.search(r"Code: (\d+)", text)
        self.code = int(match[1]) if match else 1002  # UNKNOWN_EXCEPTION


@attrs.define
class Faults:
    """What goes wrong now; a count of None is for ever."""

    delay: float = 0.0
    code: int = 0
    status: int = 0
    fails: int | None = 0
    cuts: int | None = 0
    over: threading.Event = attrs.field(factory=threading.Event)
    lock: threading.Lock = attrs.field(factory=threading.Lock)

    def next(self, kind: str) -> bool:
        with self.lock:
            left = getattr(self, kind)
            if left:
                setattr(self, kind, left - 1)
            return left is None or left > 0


class Engine:
    """chDB with a handle for each request, for HTTP requests share no settings."""

    def __init__(self, data: Path) -> None:
        self._data = f"{data.resolve()}?{_ENGINE}"
        self._first = chdb.connect(self._data)  # keeps the engine open between requests

    def answer(
        self, sql: bytes, parameters: dict[str, str], settings: dict[str, str], **how: Any
    ) -> Iterator[Any]:
        """Yield the pieces of the answer; the statistics come first when all was computed."""
        try:
            with chdb.connect(self._data) as handle:
                if how["database"]:
                    handle.query(f"USE {_quoted(how['database'], '`')}", "TSV")
                if settings:
                    # One statement: readonly among them is to bind the query, not the others.
                    pairs = (f"{_named(key)} = {_quoted(settings[key])}" for key in settings)
                    handle.query(f"SET {', '.join(pairs)}", "TSV")
                if how["piecewise"]:
                    with handle.send_query(sql, how["default_format"], params=parameters) as found:
                        for piece in found:
                            yield piece.bytes()
                else:
                    with _data_apart(sql) as statement:
                        done = handle.query(statement, how["default_format"], params=parameters)
                    yield done.bytes()
        except RuntimeError as error:
            raise ServerError(str(error)) from error

    def close(self) -> None:
        self._first.close()


@contextmanager
def _data_apart(sql: bytes) -> Iterator[bytes]:
    """Give chDB the data of an insert as a file, for it misreads long data in a statement."""
    match = _INSERT.match(sql)
    if match is None:
        yield sql
        return
    with tempfile.NamedTemporaryFile() as file:
        file.write(sql[match.end() :])
        file.flush()
        yield b"%b FROM INFILE '%b' FORMAT %b" % (match[1], file.name.encode(), match[2])


def _named(key: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*", key):
        raise ServerError(f"Code: 115. DB::Exception: Unknown setting '{key}'. (UNKNOWN_SETTING)")
    return key


def _quoted(text: str, mark: str = "'") -> str:
    return mark + text.replace("\\", "\\\\").replace(mark, "\\" + mark) + mark


class Front:
    """The two ports over one engine."""

    def __init__(self, data: Path, port: int, password: str = "") -> None:
        self.engine = Engine(data)
        self.faults = Faults()
        self.seen: list[dict[str, Any]] = []
        self.password = password
        self._connections: set[socket.socket] = set()
        self._listening: ThreadingHTTPServer | None = None
        self.port = port
        self.back()
        self.control = _serve(0, _Control, self)

    def back(self) -> None:
        if self._listening is None:
            self._listening = _serve(self.port, _Requests, self)
            self.port = self._listening.server_port

    def away(self) -> None:
        if self._listening is not None:
            self._listening.shutdown()
            self._listening.server_close()
            self._listening = None
        for connection in list(self._connections):
            _hang_up(connection)

    def arrived(self, connection: socket.socket) -> None:
        self._connections.add(connection)

    def left(self, connection: socket.socket) -> None:
        self._connections.discard(connection)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    front: Front


def _serve(port: int, handler: type[BaseHTTPRequestHandler], front: Front) -> _Server:
    server = _Server(("127.0.0.1", port), handler)
    server.front = front
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Control(_Answers):
    def do_GET(self) -> None:
        self.answer(200, json.dumps(self.server.front.seen).encode())

    def do_POST(self) -> None:
        front, url = self.server.front, urlsplit(self.path)
        faults, asked = front.faults, dict(parse_qsl(url.query))
        times = int(asked["times"]) if "times" in asked else None
        match url.path.removeprefix("/_front/"):
            case "delay":
                faults.delay = float(asked["seconds"])
                (faults.over.clear if faults.delay else faults.over.set)()
            case "fail":
                faults.code, faults.status = int(asked["code"]), int(asked.get("status", 0))
                faults.fails = times if faults.code or faults.status else 0
            case "cut":
                faults.cuts = times
            case "away":
                front.away()
            case "back":
                front.back()
            case _:
                self.answer(404, b"")
                return
        self.answer(200, b"")


class _Requests(_Answers):
    def setup(self) -> None:
        super().setup()
        self.server.front.arrived(self.connection)

    def finish(self) -> None:
        self.server.front.left(self.connection)
        super().finish()

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, ValueError):  # hung up, by either side
            self.close_connection = True

    def do_GET(self) -> None:
        if urlsplit(self.path).path == "/ping":
            self.answer(200, b"Ok.\n", Content_Type="text/html; charset=UTF-8")
        else:
            self._ask(readonly_by_method=True)

    def do_POST(self) -> None:
        self._ask(readonly_by_method=False)

    def _ask(self, *, readonly_by_method: bool) -> None:
        body = self._body()
        front, faults = self.server.front, self.server.front.faults
        if faults.delay:
            faults.over.wait(faults.delay)
        asked_id = dict(parse_qsl(urlsplit(self.path).query)).get("query_id")
        query_id = asked_id or str(uuid.uuid4())
        try:
            if faults.next("fails"):
                self._fail(faults.code, faults.status, query_id)
                return
            self._authenticate(front.password)
            asked = _Asked.read(self.path, self.headers, body, front.seen)
            if readonly_by_method:
                asked.settings.setdefault("readonly", "2")
            pieces = front.engine.answer(
                asked.sql,
                asked.parameters,
                asked.settings,
                database=asked.transport.get("database"),
                default_format=asked.transport.get("default_format", "TabSeparated"),
                piecewise=asked.format == "Native" and asked.selects,
            )
            if asked.revision >= _BLOCK_INFO_REVISION and asked.format == "Native":
                pieces = (piece and _BLOCK_INFO + piece for piece in pieces)
            whole = b"".join(pieces)
        except ServerError as error:
            self._error(error, query_id)
            return
        if faults.next("cuts"):
            self.close_connection = True
            _hang_up(self.connection)
            return
        self._deliver(asked, whole, query_id)

    def _deliver(self, asked: _Asked, whole: bytes, query_id: str) -> None:
        headers = {
            "X_ClickHouse_Query_Id": query_id,
            "X_ClickHouse_Timezone": "UTC",
            "X_ClickHouse_Summary": json.dumps({"read_rows": "0", "result_rows": "0"}),
            "Content_Type": "text/tab-separated-values; charset=UTF-8",
        }
        if asked.answers_rows:
            headers["X_ClickHouse_Format"] = asked.format
        encoding = asked.encoding(self.headers.get("Accept-Encoding", ""))
        if encoding:
            headers["Content_Encoding"] = encoding
            whole = _ENCODERS[encoding](whole)
        if asked.transport.get("wait_end_of_query") == "1":
            self.answer(200, whole, **headers)
            return
        self.send_response(200)
        for name, value in {**headers, "Transfer-Encoding": "chunked"}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        for at in range(0, len(whole), 65536):
            piece = whole[at : at + 65536]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def _fail(self, code: int, status: int, query_id: str) -> None:
        if code:
            text = f"Code: {code}. DB::Exception: as it was told to: canary. (CANARY)"
            self._error(ServerError(text), query_id, status)
        else:  # what stands before a server: a proxy without words of ClickHouse's
            self.answer(status, b"<html>canary</html>", Content_Type="text/html")

    def _error(self, error: ServerError, query_id: str, status: int = 0) -> None:
        self.answer(
            status or _STATUS.get(error.code, 500),
            f"{error} (version {VERSION} (official build))\n".encode(errors="surrogateescape"),
            Content_Type="text/plain; charset=UTF-8",
            X_ClickHouse_Exception_Code=str(error.code),
            X_ClickHouse_Query_Id=query_id,
            X_ClickHouse_Timezone="UTC",
        )

    def _authenticate(self, password: str) -> None:
        _, _, given = self.headers.get("Authorization", "").partition(" ")
        if base64.b64decode(given or "ZGVmYXVsdDo=").decode() != f"default:{password}":
            raise ServerError(
                "Code: 516. DB::Exception: default: Authentication failed: password is incorrect,"
                " or there is no user with such name. (AUTHENTICATION_FAILED)"
            )

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)


@attrs.define
class _Asked:
    """A request taken apart."""

    sql: bytes
    parameters: dict[str, str]
    settings: dict[str, str]
    transport: dict[str, str]

    @classmethod
    def read(cls, path: str, headers: Any, body: bytes, seen: list[dict[str, Any]]) -> _Asked:
        if len(path) > _MAX_URI:
            raise ServerError("Code: 1000. DB::Exception: URI Too Long. (POCO_EXCEPTION)")
        fields = dict(parse_qsl(urlsplit(path).query, keep_blank_values=True))
        content_type = headers.get("Content-Type", "")
        coded = headers.get("Content-Encoding", "")
        sent = {"url": sorted(fields), "form": [], "encoding": coded, "bytes": len(body)}
        if coded not in _DECODERS:
            raise ServerError(f"Code: 48. DB::Exception: Unknown encoding {coded}.")
        body = _DECODERS[coded](body)
        if content_type.startswith("multipart/form-data"):
            form = _multipart(body, content_type.partition("boundary=")[2].strip('"'))
            sent["form"] = sorted(form)
            fields, body = fields | form, b""
        elif content_type.startswith("application/x-www-form-urlencoded"):
            form = dict(parse_qsl(body.decode(), keep_blank_values=True))
            fields, body = fields | form, b""
        if any(len(value.encode()) > _MAX_FIELD for value in fields.values()):
            raise ServerError("Code: 1000. DB::Exception: Field value too long. (POCO_EXCEPTION)")
        query = fields.get("query", "").encode()
        asked = cls(
            sql=query + b"\n" + body if query and body else query or body,
            parameters={k[6:]: v for k, v in fields.items() if k.startswith("param_")},
            settings={
                k: v
                for k, v in fields.items()
                if k not in _TRANSPORT and not k.startswith("param_")
            },
            transport={k: v for k, v in fields.items() if k in _TRANSPORT},
        )
        seen.append(sent | {"sql": asked.sql[:80].decode(errors="replace")})
        if asked.transport.get("role"):
            raise ServerError("Code: 511. DB::Exception: There is no such role. (UNKNOWN_ROLE)")
        if {"compress", "decompress"} & {k for k, v in asked.transport.items() if v == "1"}:
            raise ServerError("Code: 48. DB::Exception: Not in this front. (NOT_IMPLEMENTED)")
        if not asked.sql:
            raise ServerError("Code: 62. DB::Exception: Syntax error: Empty query. (SYNTAX_ERROR)")
        return asked

    @property
    def answers_rows(self) -> bool:
        return _ANSWERS_ROWS.match(self.sql) is not None

    @property
    def selects(self) -> bool:
        return _SELECTS.match(self.sql) is not None

    @property
    def format(self) -> str:
        found = _FORMAT.search(self.sql[-200:]) if self.answers_rows else None
        return found[1].decode() if found else self.transport.get("default_format", "TabSeparated")

    @property
    def revision(self) -> int:
        return int(self.transport.get("client_protocol_version", 0))

    def encoding(self, accepted: str) -> str | None:
        if self.settings.get("enable_http_compression", "1") == "0":
            return None
        offered = {each.partition(";")[0].strip() for each in accepted.split(",")}
        return next((each for each in _ENCODERS if each in offered), None)


def _multipart(body: bytes, boundary: str) -> dict[str, str]:
    fields = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = re.search(rb'\bname="([^"]*)"', head)
        if name and b"filename=" not in head:
            fields[name[1].decode()] = value.decode()
    return fields


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--password", default="")
    asked = parser.parse_args()
    front = Front(asked.data, asked.port, asked.password)
    sys.stdout.write(json.dumps({"port": front.port, "control": front.control.server_port}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    front.away()
    front.engine.close()


if __name__ == "__main__":
    main()
