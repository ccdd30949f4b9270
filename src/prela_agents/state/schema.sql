-- What agents remember. Moments are microseconds since 1970; bodies are JSON of `model`'s values.

CREATE TABLE cursors (
    agent TEXT NOT NULL,
    source TEXT NOT NULL,
    value TEXT NOT NULL,
    moved_at INTEGER NOT NULL,
    PRIMARY KEY (agent, source)
) STRICT;

-- `number` keeps the order in which items came. A purged item keeps its key, so that it is not
-- taken again, and nothing that was said in it.
CREATE TABLE items (
    number INTEGER PRIMARY KEY,
    agent TEXT NOT NULL,
    key TEXT NOT NULL,
    platform TEXT NOT NULL,
    source TEXT NOT NULL,
    url TEXT NOT NULL,
    body TEXT,
    taken_at INTEGER NOT NULL,
    settled_at INTEGER,
    purged_at INTEGER,
    UNIQUE (agent, key)
) STRICT;
CREATE INDEX items_pending ON items (agent, number) WHERE settled_at IS NULL;
CREATE INDEX items_by_url ON items (agent, source, url, number);
CREATE INDEX items_by_key ON items (key);

CREATE TABLE drafts (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    agent TEXT NOT NULL,
    about TEXT NOT NULL,
    platform TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    body TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    UNIQUE (agent, about, platform, kind)
) STRICT;
CREATE INDEX drafts_by_about ON drafts (about);

-- Bound to the content: an approval whose hash is not the draft's is void.
CREATE TABLE approvals (
    draft_id TEXT NOT NULL REFERENCES drafts (id),
    content_hash TEXT NOT NULL,
    approved_by TEXT NOT NULL,
    approved_at INTEGER NOT NULL,
    PRIMARY KEY (draft_id, content_hash)
) STRICT;

-- One row for each post that a draft becomes.
CREATE TABLE outbox (
    key TEXT PRIMARY KEY,
    draft_id TEXT NOT NULL REFERENCES drafts (id),
    part INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('approved', 'sending', 'sent', 'unknown', 'refused')),
    attempts INTEGER NOT NULL DEFAULT 0,
    attempted_at INTEGER,
    due_at INTEGER NOT NULL DEFAULT 0,
    receipt_id TEXT,
    receipt_url TEXT,
    reason TEXT NOT NULL DEFAULT '',
    UNIQUE (draft_id, part)
) STRICT;

-- An item leads to one issue, whoever decides so: `new` is the issue to be made, or empty to attach
-- the item to the one that `issue_id` names. It is done once `number` is known.
CREATE TABLE issue_links (
    item_key TEXT PRIMARY KEY,
    issue_id TEXT NOT NULL,
    title TEXT NOT NULL,
    new TEXT,
    attachment TEXT NOT NULL,
    number TEXT,
    url TEXT,
    planned_at INTEGER NOT NULL,
    done_at INTEGER
) STRICT;

CREATE TABLE claims (
    id TEXT PRIMARY KEY,
    product TEXT NOT NULL,
    url TEXT NOT NULL,
    source_hash TEXT NOT NULL,
    fetched_at INTEGER NOT NULL,
    stale_since INTEGER,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX claims_by_url ON claims (url);

CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    agent TEXT NOT NULL,
    live INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    state TEXT,
    outcome TEXT,
    trace_id TEXT
) STRICT;
CREATE INDEX runs_by_agent ON runs (agent, started_at);

CREATE TABLE spend (
    platform TEXT NOT NULL,
    usd REAL NOT NULL,
    spent_at INTEGER NOT NULL
) STRICT;
CREATE INDEX spend_by_time ON spend (platform, spent_at);

-- Who holds what, for people to read; the lock itself is the kernel's.
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    taken_at INTEGER NOT NULL
) STRICT;

CREATE TABLE etags (
    key TEXT PRIMARY KEY,
    etag TEXT NOT NULL,
    last_modified TEXT NOT NULL,
    content_type TEXT NOT NULL,
    body BLOB NOT NULL,
    saved_at INTEGER NOT NULL
) STRICT;
