"""A network of two ends, the far one in a namespace, that can lose everything without a word."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import attrs
import pytest
from tests.kept import do_without

__all__ = ["LossyNetwork", "lossy_network"]


@attrs.frozen
class LossyNetwork:
    """Programs started with `prefix` are at the far end, whose address is `host`."""

    host: str
    prefix: Sequence[str]
    _namespace: str

    def lose(self) -> None:
        """Lose every packet from now on: nobody is told."""
        _ip("-n", self._namespace, "link", "set", "far", "down")

    def heal(self) -> None:
        """Carry packets again."""
        _ip("-n", self._namespace, "link", "set", "far", "up")


@contextmanager
def lossy_network() -> Iterator[LossyNetwork]:
    """Make one for the time of a block; needs to be root on Linux."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("a network namespace needs root")
    if shutil.which("ip") is None:
        do_without("a network namespace needs iproute2, which is not here")
    mark = secrets.randbelow(250) + 1
    namespace, near = f"prela-{mark}", f"prela-{mark}"
    ours, theirs, host = f"10.211.{mark}.1", f"10.211.{mark}.2", f"10.211.{mark}.5"
    made = subprocess.run(["ip", "netns", "add", namespace], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("network namespaces are not allowed here")
    try:
        _ip("link", "add", near, "type", "veth", "peer", "name", "far", "netns", namespace)
        _ip("addr", "add", f"{ours}/30", "dev", near)
        _ip("link", "set", near, "up")
        _ip("-n", namespace, "addr", "add", f"{theirs}/30", "dev", "far")
        _ip("-n", namespace, "link", "set", "far", "up")
        _ip("-n", namespace, "link", "set", "lo", "up")
        # Not an address of the wire itself: who is at the far end goes on talking to itself.
        _ip("-n", namespace, "addr", "add", f"{host}/32", "dev", "lo")
        _ip("route", "add", f"{host}/32", "via", theirs)
        # Known for good, or the system would notice that nobody is there and say so.
        address = _ip("-n", namespace, "-br", "link", "show", "far").split()[2]
        _ip("neigh", "replace", theirs, "lladdr", address, "dev", near, "nud", "permanent")
        yield LossyNetwork(host, ("ip", "netns", "exec", namespace), namespace)
    finally:
        _ip("netns", "del", namespace)


def _ip(*arguments: str) -> str:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    assert 0 == done.returncode, (arguments, done.stderr)
    return done.stdout
