//! Session (assertion to token), query pages, limits, describe, and the error catalogue. Knows nothing of
//! SQL.
