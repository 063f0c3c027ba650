//! Queries: what is answered and what is refused.
