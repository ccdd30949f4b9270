-- On which days each trace has rows, in any version: prela_core.store.fragments reads it to collapse
-- only what may have moved, and to look up few traces on few days. It is part of each part, so that
-- it is as right as the rows are; parts from before get theirs in the background, and are read until
-- then. docs/decisions/0018-asking.md has the measurements.
ALTER TABLE spans ADD PROJECTION IF NOT EXISTS trace_days
    (
        SELECT project_id, trace_hash, min(toDate(started_at)), max(toDate(started_at))
        GROUP BY project_id, trace_hash
    ),
    MATERIALIZE PROJECTION trace_days
