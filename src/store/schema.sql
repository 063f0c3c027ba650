-- Tables that are not datasets of the catalogue. Instants are milliseconds since 1970 in UTC; views write them as text.

CREATE TABLE org (
    org_no INTEGER PRIMARY KEY,
    org TEXT NOT NULL UNIQUE,
    organization_id TEXT
) STRICT;

CREATE TABLE run (
    run_no INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE,
    org_no INTEGER NOT NULL REFERENCES org,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    status TEXT NOT NULL,
    api_calls INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    rows INTEGER NOT NULL DEFAULT 0,
    retries INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    -- What was asked for: a run is resumed, and logins are read on from the last run, only while this stays the same.
    request TEXT NOT NULL,
    -- 1 when everything was to be read again; such a run is never gone on with.
    "full" INTEGER NOT NULL,
    -- 1 once the run's objects have become the current state.
    merged INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX run_by_org ON run (org_no, run_no);

CREATE TABLE run_object (
    run_no INTEGER NOT NULL REFERENCES run,
    object TEXT NOT NULL,
    status TEXT NOT NULL,
    pages INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    promised_rows INTEGER,
    millis INTEGER NOT NULL,
    reason TEXT,
    PRIMARY KEY (run_no, object)
) STRICT, WITHOUT ROWID;

-- Users get a short number for their login days, of which a year has tens of millions.
CREATE TABLE login_user (
    user_no INTEGER PRIMARY KEY,
    org_no INTEGER NOT NULL REFERENCES org,
    user_id TEXT NOT NULL,
    UNIQUE (org_no, user_id)
) STRICT;

-- `day` counts days since 1970; the last times are milliseconds of that day.
CREATE TABLE login_day_now (
    org_no INTEGER NOT NULL,
    user_no INTEGER NOT NULL,
    day INTEGER NOT NULL,
    since_run INTEGER NOT NULL,
    interactive INTEGER NOT NULL,
    api INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    last_interactive INTEGER,
    last_api INTEGER,
    last_unknown INTEGER,
    PRIMARY KEY (org_no, user_no, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE login_day_past (
    org_no INTEGER NOT NULL,
    user_no INTEGER NOT NULL,
    day INTEGER NOT NULL,
    since_run INTEGER NOT NULL,
    until_run INTEGER NOT NULL,
    interactive INTEGER NOT NULL,
    api INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    last_interactive INTEGER,
    last_api INTEGER,
    last_unknown INTEGER,
    PRIMARY KEY (org_no, user_no, day, since_run)
) STRICT, WITHOUT ROWID;

-- Which stretch of the login history each run has read, whole.
CREATE TABLE login_window (
    run_no INTEGER PRIMARY KEY REFERENCES run,
    from_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL
) STRICT;

CREATE TABLE describe_cache (
    org_no INTEGER NOT NULL REFERENCES org,
    api_version TEXT NOT NULL,
    object TEXT NOT NULL,
    fetched_at INTEGER NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (org_no, api_version, object)
) STRICT, WITHOUT ROWID;
