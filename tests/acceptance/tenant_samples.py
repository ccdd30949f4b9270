"""What two projects hold, and how each parameter, body and command names something of a project.

`{who}` stands for the word that begins every name of a project; `{hex}`, `{deletion}` for ids of
other forms. Whoever adds a parameter, a body or a command to Prela says here how it could name
what is another's: `test_tenants` fails until it is said.
"""

from __future__ import annotations

from typing import Any

import attrs

from prela_server.docs.samples import TRACE_ID

__all__ = [
    "BODIES",
    "COMMANDS",
    "NAMES",
    "NEUTRAL",
    "OWN_HEX",
    "Named",
    "spans",
]


@attrs.frozen
class Named:
    """Words for one project's things, or for things that are nowhere; equal in length."""

    who: str
    hex: str
    deletion: str = ""

    def fill(self, template: str) -> str:
        """Put the words in their places."""
        filled = template.replace("{who}", self.who).replace("{hex}", self.hex)
        return filled.replace("{deletion}", self.deletion)

    def hide(self, text: str) -> str:
        """Take the words out again."""
        for word in (self.who, self.hex, self.deletion):
            text = text.replace(word, "~") if word else text
        return text


NAMES = {
    "trace_id": "{who}-trace-1",
    "to": "{who}-trace-1",
    "session_id": "{who}-session-1",
    "deletion_id": "{deletion}",
    "service_name": "{who}-service-1",
    "name": "{who}-name-1",
    "model": "{who}-model-1",
    "user_id": "{who}-user-1",
    "agent_name": "{who}-agent-1",
    "environment": "{who}-env-1",
    "q": "{who}",
    "query": 'name:{who}* or input:"{who}"',
    "attr": "{who}-tag-1",
}
"""Parameters that can name something, and how they do."""

NEUTRAL = frozenset(
    {"span_type", "status", "min_duration_ms", "max_duration_ms", "start_time", "end_time", "order"}
    | {"limit", "offset", "measures", "by", "bucket", "other", "fill", "since", "format"}
    | {"If-None-Match"}
)
"""Parameters that name nothing that is anybody's, or are compared with the asker's own answer."""

BODIES = {
    "deleteTraces": [
        '{"trace_ids": ["{who}-trace-1", "{hex}"]}',
        '{"filter": {"name": "{who}-name-1"}}',
        '{"filter": {"query": "name:{who}*"}}',
        '{"filter": {"attr.tag": "{who}-tag-1"}}',
    ],
    "countDeletion": [
        '{"trace_ids": ["{who}-trace-1", "{hex}"]}',
        '{"filter": {"name": "{who}-name-1"}}',
        '{"filter": {"query": "name:{who}*"}}',
        '{"filter": {"attr.tag": "{who}-tag-1"}}',
    ],
    "askSql": [
        '{"query": "SELECT * FROM spans WHERE trace_id = \'{who}-trace-1\'"}',
        '{"query": "SELECT * FROM traces WHERE trace_id = \'{who}-trace-1\'"}',
        '{"query": "SELECT name, input FROM spans WHERE name LIKE \'{who}%\' OR 1 = 1 ORDER BY 1"}',
        '{"query": "SELECT count() FROM spans WHERE project_id = \'{who}\'"}',
        '{"query": "SELECT uniq(trace_id) FROM traces WHERE service_name = \'{who}-service-1\'"}',
    ],
}
"""By the operation's id, bodies that name something. Bodies that send spans are the document's."""

COMMANDS = {
    "query": [["--name", "{who}-name-1"], ["-q", "{who}"], ["--attr", "tag={who}-tag-1"]],
    "show": [["{who}-trace-1"], ["{who}-trace-1", "--json"], ["{hex}"]],
    "diff": [["{own}-trace-1", "{who}-trace-1"], ["{who}-trace-1", "{own}-trace-1"]],
    "graph": [["{who}-trace-1"]],
    "session": [["{who}-session-1"]],
    "search": [["{who}"], ["{who}", "--json"]],
    "spans": [["name:{who}*"], ["name:{who}*", "--json"]],
    "sql": [["SELECT name FROM spans WHERE name LIKE '{who}%'"]],
    "export": [
        ["-", "name:{who}*"],
        ["-", "--user", "{who}-user-1"],
        ["-", "--spans", "input:{who}"],
    ],
    "open": [["{who}-trace-1", "-o", "{out}"]],
    "pull": [["--user", "{who}-user-1", "--json", "--data-dir", "{out}"]],
    "delete": [["{who}-trace-1", "--dry-run"], ["--user", "{who}-user-1", "--dry-run"]],
    "deletions": [["{deletion}"]],
}
"""By the command's name, arguments that name something; `{own}` is what the asker
has, and `{out}` a file or directory that is not there yet."""

WHOLE_COMMANDS = {
    "query": ["--json"],
    "spans": ["--json"],
    "search": ["asks", "--json"],
    "stats": ["--by", "name", "--json"],
    "sql": ["SELECT name FROM spans"],
    "deletions": ["--json"],
    "export": ["-"],
}
"""Commands that name nothing, and so show something of all that the asker has."""

OTHER_COMMANDS = frozenset({"doctor", "import", "ingest", "push", "tail"})
"""Commands that read no traces from the server they are told of, or don't end: `prela tail`
shows what `/api/v1/live` answers."""

OWN_HEX = TRACE_ID
"""The trace of the document's examples, which are put in place of the words of a project."""


def spans(named: Named) -> list[dict[str, Any]]:
    """Give what the project of `named` holds: in each list there is, two of everything."""
    traces = [("{who}-trace-1", 1, 1), ("{who}-trace-2", 2, 1), ("{hex}", 3, 2)]
    return [
        {
            "trace_id": named.fill(trace),
            "span_id": f"{named.who}-{number}-{step}",
            "name": f"{named.who}-name-{number}",
            "service_name": f"{named.who}-service-{number}",
            "span_type": "llm",
            "attributes": {
                "tag": f"{named.who}-tag-{number}",
                "session.id": f"{named.who}-session-{session}",
                "user.id": f"{named.who}-user-{number}",
                "gen_ai.request.model": f"{named.who}-model-{number}",
                "gen_ai.provider.name": f"{named.who}-provider-{number}",
                "gen_ai.agent.name": f"{named.who}-agent-{number}",
                "gen_ai.tool.name": f"{named.who}-tool-{number}",
                "deployment.environment.name": f"{named.who}-env-{number}",
                "input.value": f"{named.who} asks",
            },
        }
        for trace, number, session in traces
        for step in (1, 2)
    ]
