from __future__ import annotations

import ssl
from base64 import b64encode

import httpx
import pytest

from prela_core.errors import InvalidError
from prela_core.io.http_connection import connect

PROXY = {"HTTP_PROXY": "http://proxy.test:3128", "HTTPS_PROXY": "http://proxy.test:3128"}


def sent(url: str, api_key: str | None) -> httpx.Request:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200)

    with connect(url, api_key, timeout=1, transport=httpx.MockTransport(answer)) as client:
        client.get("/health")
    return requests[0]


def test_paths_are_below_the_url_even_when_it_has_one() -> None:
    assert "http://x.test/prela/health" == str(sent("http://x.test/prela", None).url)


def test_a_key_is_sent_without_the_line_end_that_a_file_gave_it() -> None:
    assert "prela_sk_x" == sent("http://x.test", "prela_sk_x\r\n").headers["X-API-Key"]


@pytest.mark.parametrize("api_key", [None, "", " \n"])
def test_no_key_is_no_header(api_key: str | None) -> None:
    assert "X-API-Key" not in sent("http://x.test", api_key).headers


@pytest.mark.parametrize("api_key", ["prela sk", "schlüssel", "a\nb", "a\x00b", "“key”"])
def test_what_can_be_no_key_is_said_at_once_and_not_repeated(api_key: str) -> None:
    with pytest.raises(InvalidError, match="characters that no key has") as caught:
        connect("http://x.test", api_key, timeout=1)
    assert api_key not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000",
        "127.0.0.1:8000",
        "",
        "/v1",
        "ftp://x.test",
        "http://",
        "http://[::1",
        "http://x.test:port",
        "http://x.test:99999",
        "http://exa mple.test",
        "nonsense",
        "http://\x00",
        "http://xn--.test",
    ],
)
def test_what_is_no_url_of_a_server_is_said(url: str) -> None:
    with pytest.raises(InvalidError, match="is not the URL of a server; one looks like"):
        connect(url, None, timeout=1)


@pytest.mark.parametrize(("timeout", "soon"), [(35.0, 5.0), (1.0, 1.0)])
def test_connecting_is_given_up_sooner_than_an_answer(timeout: float, soon: float) -> None:
    with connect("http://x.test", None, timeout=timeout) as client:
        assert httpx.Timeout(timeout, connect=soon, pool=soon) == client.timeout


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_a_server_on_this_machine_is_asked_past_any_proxy(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in PROXY.items():
        monkeypatch.setenv(name, value)

    with connect(f"http://{host}:8000", None, timeout=1) as client:
        assert {} == client._mounts
    with connect("http://prela.example", None, timeout=1) as client:
        assert {} != client._mounts


def test_a_password_in_the_url_is_sent_as_basic_authentication_and_stands_in_no_url() -> None:
    request = sent("http://ada:s%40cret@x.test:8000/prela", None)

    assert "http://x.test:8000/prela/health" == str(request.url)
    assert b64encode(b"ada:s@cret").decode() == request.headers["Authorization"].split()[1]


def test_a_url_without_a_password_sends_no_authentication() -> None:
    assert "Authorization" not in sent("http://x.test", None).headers


@pytest.mark.parametrize(
    "url",
    [
        "htp://ada:s3cret@x.test",
        "ada:s3cret@x.test:8000",
        "http://ada:s3cret@",
        "http://a:s3/cret@x",
    ],
)
def test_a_password_in_what_is_no_url_is_not_repeated(url: str) -> None:
    with pytest.raises(InvalidError, match=r"\*\*\*@.* is not the URL of a server") as caught:
        connect(url, None, timeout=1)
    assert "s3" not in str(caught.value)


def test_only_where_a_certificate_is_shown_is_it_read_who_is_trusted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read(*_: object, **__: object) -> None:
        raise LookupError("it reads")

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", read)
    with connect("http://127.0.0.1:8000", None, timeout=1):
        pass
    for url in ("https://127.0.0.1:8000", "http://x.test"):  # whose proxy may be asked by TLS
        with pytest.raises(LookupError):
            connect(url, None, timeout=1)
