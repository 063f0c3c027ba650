-- Each purge: what was known of people before `horizon_at` is gone from then on.
CREATE TABLE purge (
    purged_at INTEGER PRIMARY KEY,
    horizon_at INTEGER NOT NULL
) STRICT;
