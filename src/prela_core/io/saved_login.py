"""The server and the key that `prela login` saved, in a file that only its owner can read."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import attrs
import msgspec

from prela_core.errors import SettingsError

__all__ = ["Login", "forget", "login_file", "read_login", "save"]

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@attrs.frozen(kw_only=True)
class Login:
    """A server, and the key for it. The key goes to no other server, and is never shown."""

    url: str
    api_key: str | None = attrs.field(default=None, repr=False)


def login_file() -> Path:
    """Give the file's place: in `PRELA_CONFIG_DIR`, or where the platform keeps settings."""
    given = os.environ.get("PRELA_CONFIG_DIR")
    return (Path(given) if given else _settings_home() / "prela") / "login.json"


def read_login() -> Login | None:
    """Give what was saved, or None. Raises `SettingsError` for a file that can't be used."""
    path = login_file()
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unusable(path, error) from error
    if os.name == "posix" and mode & _OTHERS:
        raise SettingsError(f"{path} holds a key and is open to other users: chmod 600 {path}")
    try:
        return msgspec.json.decode(text, type=Login)
    except msgspec.MsgspecError as error:
        raise SettingsError(f"{path} is not what `prela login` writes; run it again") from error


def save(login: Login) -> Path:
    """Write the file, whole or not at all, and give its place."""
    path = login_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # It is made for its owner alone, before anything is in it.
        number, name = tempfile.mkstemp(prefix=".login-", dir=path.parent)
        try:
            with open(number, "wb") as file:  # noqa: PTH123 - a number is no path
                file.write(msgspec.json.format(msgspec.json.encode(login)) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise _unusable(path, error) from error
    return path


def forget() -> bool:
    """Remove the file; says whether there was one."""
    path = login_file()
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _unusable(path, error) from error
    return True


def _unusable(path: Path, error: OSError) -> SettingsError:
    return SettingsError(
        f"{path} can't be used ({error.strerror or error}); let this user read and write it, or "
        "set PRELA_CONFIG_DIR"
    )


def _settings_home() -> Path:
    """Give the folder where programs keep what their user chose."""
    if sys.platform == "darwin":
        return Path("~/Library/Application Support").expanduser()
    variable, usual = ("APPDATA", "~") if os.name == "nt" else ("XDG_CONFIG_HOME", "~/.config")
    return Path(os.environ.get(variable) or usual).expanduser()
