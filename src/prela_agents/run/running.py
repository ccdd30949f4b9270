"""One run of an agent."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from contextlib import nullcontext

import attrs

from prela_agents.model import Failure, Outcome, RunState
from prela_agents.outbox import Sendings
from prela_agents.ports import Agent, Clock
from prela_agents.run.reading import CONFIG
from prela_agents.run.sending import held_outbox
from prela_agents.run.settings import Settings
from prela_agents.run.signals import broken_off_by, hearing
from prela_agents.run.workshop import Workshop, opened_workshop, state_path
from prela_agents.state import BusyError, Database, Drafts, KeptSpend, Lease, Memory, Runs
from prela_agents.tracing import recorded, run_span, trace_id_of, traced
from prela_core import PrelaError
from prela_core.emit import ActiveSpan

__all__ = ["EXIT_CODES", "Finished", "run_once", "send"]

_log = logging.getLogger("prela.agents")

EXIT_CODES = {RunState.COMPLETE: 0, RunState.FAILED: 1, RunState.PARTIAL: 4}
"""What a program ends with; 2 and 3 are wrong requests and things that are not there."""


@attrs.frozen(kw_only=True)
class Finished:
    """A run that is over: what came of it, and its trace, if it has one."""

    run_id: str
    outcome: Outcome
    trace_id: str | None


async def run_once(
    settings: Settings, agent: str, clock: Clock, *, live: bool = False, signals: bool = False
) -> Finished:
    """Run an agent once. In a dry run nothing is published and no issue is filed.

    What is approved leaves at the end of a live run. With `signals`, SIGTERM and SIGINT break the
    run off, which is in the outcome then. Raises `BusyError` when another process runs this agent,
    and `SettingsError`; all else that goes wrong is in the outcome.
    """
    run_id = uuid.uuid4().hex
    with (
        Database(state_path(settings)) as db,
        Lease(settings.directory, agent, db, clock),
    ):
        Runs(db, clock).end_broken(agent, _broken_off(agent, "its process ended in the middle"))
        async with opened_workshop(settings, clock, db) as workshop:
            # What can't be made of the settings is no run.
            parts = await workshop.parts(agent, live=live)
            made = workshop.agent(agent, traced(parts))
            if not (parts.sources or parts.gauges):
                _log.warning(
                    "no platform or page is set for %s to read: %s names them", agent, CONFIG
                )
            with (
                hearing() if signals else nullcontext() as heard,
                recorded(f"prela-{agent}", settings.exporter),
                run_span(agent, run_id, live=live) as root,
            ):
                trace_id = trace_id_of(root)
                Runs(db, clock).start(run_id, agent, live=live, trace_id=trace_id)
                before = Drafts(db, clock).count()
                started = clock.now()
                outcome: Outcome | None = None
                try:
                    async with broken_off_by(heard):
                        outcome = await _outcome(workshop, agent, made, live=live)
                except Exception as error:
                    outcome = _fault(agent, error)
                    raise
                finally:
                    # Whatever breaks a run off, what it did until then is kept, and counts.
                    drafts = Drafts(db, clock).ids_after(before, agent)
                    if outcome is None:
                        items = Memory(db, agent, clock).taken_since(started)
                        outcome = _broken_off(
                            agent, "a signal broke it off", items=items, drafts=len(drafts)
                        )
                    Runs(db, clock).end(run_id, outcome)
                    root.set("prela.agents.drafts", drafts)
                    _note(root, outcome, KeptSpend(db).by_platform(started))
    return Finished(run_id=run_id, outcome=outcome, trace_id=trace_id)


def _broken_off(agent: str, why: str, **counts: int) -> Outcome:
    said = f"{why}; what it did until then is kept, and the next run goes on from there"
    return Outcome(counts=counts, failures=(Failure(agent, said),), succeeded=1)


def _fault(agent: str, error: Exception) -> Outcome:
    return Outcome(failures=(Failure(agent, f"{type(error).__name__}: {error}"),))


def _note(root: ActiveSpan, outcome: Outcome, spent: Mapping[str, float]) -> None:
    root.set("prela.agents.state", str(outcome.state))
    for name, count in outcome.counts.items():
        root.set(f"prela.agents.count.{name}", count)
    for platform, usd in spent.items():
        root.set(f"prela.agents.spent_usd.{platform}", usd)
    if outcome.state is RunState.FAILED:
        root.fail("; ".join(each.why for each in outcome.failures))


async def _outcome(workshop: Workshop, agent: str, made: Agent, *, live: bool) -> Outcome:
    failures: list[Failure] = []
    if live and workshop.issue_desk is not None:
        failures += [Failure("tracker", why) for why in await workshop.issue_desk.catch_up()]
    try:
        outcome = await made.run()
    except PrelaError as error:
        outcome = Outcome(failures=(Failure(agent, str(error)),))
    except Exception as error:  # noqa: BLE001 - a fault of ours, and there are other runs
        _log.exception("a fault in %s", agent)
        outcome = _fault(agent, error)
    outcome = attrs.evolve(outcome, failures=(*outcome.failures, *failures))
    return _with_sendings(outcome, await send(workshop, agent)) if live else outcome


async def send(workshop: Workshop, agent: str | None = None) -> Sendings:
    """Send what is approved, of one agent or of all; nothing while another process does."""
    db, clock = workshop.db, workshop.clock
    try:
        with held_outbox(workshop.settings, db, workshop.places, clock) as outbox:
            return await outbox.send(agent)
    except BusyError as error:
        return Sendings(failures=[str(error)])


def _with_sendings(outcome: Outcome, done: Sendings) -> Outcome:
    counts = {
        "sent": done.sent,
        "refused": done.refused,
        "unknown": done.unknown,
        "waiting": len(done.waiting),
    }
    return attrs.evolve(
        outcome,
        counts={**outcome.counts, **{name: n for name, n in counts.items() if n}},
        failures=(*outcome.failures, *(Failure("outbox", why) for why in done.failures)),
        succeeded=outcome.succeeded + done.sent,
    )
