-- chain_id: 16 random bytes. format: 1. created: when. disabled:<sink>: since when nothing is sent there.
CREATE TABLE meta (k TEXT PRIMARY KEY, v BLOB NOT NULL) STRICT;

-- The journal. Only seq, body, prev and hash count; the other columns are read out of the body for searching.
CREATE TABLE event (
    seq INTEGER PRIMARY KEY CHECK (seq > 0),
    body BLOB NOT NULL,
    prev BLOB NOT NULL CHECK (length(prev) = 32),
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    time TEXT AS (iif(json_valid(CAST(body AS TEXT)), json_extract(CAST(body AS TEXT), '$.time'), NULL)),
    trace_id TEXT AS (iif(json_valid(CAST(body AS TEXT)), json_extract(CAST(body AS TEXT), '$.trace_id'), NULL))
) STRICT;
CREATE INDEX event_by_time ON event (time);
CREATE INDEX event_by_trace_id ON event (trace_id);

-- Signed heads, by the sequence number of the event that they cover last.
CREATE TABLE checkpoint (seq INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;

-- What is still to be sent to each sink (waiting) or was taken by it (delivered). next_at: milliseconds since 1970.
CREATE TABLE outbox (
    sink TEXT,
    seq INTEGER,
    tries INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered')),
    last_status INTEGER,
    PRIMARY KEY (sink, seq)
) STRICT;
CREATE INDEX outbox_waiting ON outbox (sink, seq) WHERE state = 'waiting';

-- Attempts whose outcome is not written yet, and the process that owes it. For finding them quickly; not trusted.
CREATE TABLE unfinished (trace_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, process TEXT NOT NULL) STRICT;

-- A guard against accidents. It does not keep out anybody who means to change the file; the chain shows that.
CREATE TRIGGER event_stays BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER event_is_final BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER checkpoint_stays BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoints are never deleted'); END;
CREATE TRIGGER checkpoint_is_final BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoints are never changed'); END;
