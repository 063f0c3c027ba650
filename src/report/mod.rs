//! Measures (pure) and one file per report. Knows nothing of HTTP or SQL.
