//! The only room with SQL for collected data: migrations, stage, merge, history, views, backup. Knows
//! nothing of HTTP.
