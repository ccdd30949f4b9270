"""Who may do what: projects and API keys.

`Accounts` is the port that the gateways depend on. Its adapters are imported by name: `stored`,
over a database, `memory` (tests), and `cached`, which wraps another. `Database` is the port of
`stored`, with `sqlite` (embedded) and `postgres` (deployed). `open` puts them together.
"""

from __future__ import annotations

from prela_server.accounts.keys import Scope
from prela_server.accounts.model import Identity, KeyInfo
from prela_server.accounts.port import Accounts

__all__ = ["Accounts", "Identity", "KeyInfo", "Scope"]
