"""What can be set from outside, how it is read, and where each setting came from.

A missing setting means the part that is built in, a present one the real service.
"""

from __future__ import annotations

from prela_server.settings.accounts import Accounts
from prela_server.settings.clickhouse import ClickHouse
from prela_server.settings.kafka import Kafka, SaslMechanism, SecurityProtocol
from prela_server.settings.load import Loaded, load, load_one, load_settings
from prela_server.settings.secret import Secret
from prela_server.settings.settings import (
    PREFIX,
    Auth,
    Environment,
    LogLevel,
    Settings,
    is_loopback,
)
from prela_server.settings.sources import Found
from prela_server.settings.variables import Setting, Variable, settings_of

__all__ = [
    "PREFIX",
    "Accounts",
    "Auth",
    "ClickHouse",
    "Environment",
    "Found",
    "Kafka",
    "Loaded",
    "LogLevel",
    "SaslMechanism",
    "Secret",
    "SecurityProtocol",
    "Setting",
    "Settings",
    "Variable",
    "is_loopback",
    "load",
    "load_one",
    "load_settings",
    "settings_of",
]
