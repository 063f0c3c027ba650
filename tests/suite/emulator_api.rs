//! Everything of the REST API but queries.
