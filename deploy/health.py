"""Exit with 0 when the role that runs beside this program says that it lives, or else with 1.

It needs nothing but Python and starts in a few hundredths of a second, for it is run every ten
seconds in each container. A `--port` on the command line is not seen here: set `PRELA_PORT`.
"""

from __future__ import annotations

import os
import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

_SECONDS = 3.0


def lives(port: int) -> bool:
    """Say whether `/health` at this port of this machine answers 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    port = os.environ.get("PRELA_PORT") or os.environ.get("PORT") or "8000"
    sys.exit(0 if lives(int(port)) else 1)
