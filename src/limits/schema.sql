-- The latest instant anybody was seen to ask at: a clock that is set back does not open a window again.
CREATE TABLE clock (id INTEGER PRIMARY KEY CHECK (id = 1), last_seen INTEGER NOT NULL) STRICT;
INSERT INTO clock VALUES (1, 0);

-- One row for each admitted call, in milliseconds since 1970; those that left every window are deleted.
CREATE TABLE admission (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL CHECK (length(key) = 32),
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX admission_by_key ON admission (key, at);

-- What was used and is reserved of a unit on a day (YYYY-MM-DD, UTC).
CREATE TABLE usage (
    key BLOB NOT NULL CHECK (length(key) = 32),
    unit TEXT NOT NULL,
    bucket TEXT NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    reserved INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (key, unit, bucket)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_by_bucket ON usage (bucket);

-- Refusals of a minute since 1970, and how many of them were not recorded one by one.
CREATE TABLE refusal (
    caller BLOB NOT NULL CHECK (length(caller) = 32),
    minute INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    withheld INTEGER NOT NULL,
    PRIMARY KEY (caller, minute)
) STRICT, WITHOUT ROWID;
