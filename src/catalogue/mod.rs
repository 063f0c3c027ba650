//! WHAT is collected, as const tables: object, fields and their types, key, whether it may be missing, the permission
//! it needs, how it belongs to a company, and how private each field is.
//!
//! Knows nothing of how an object is fetched or stored. Start reading at `OBJECTS`.

mod field;

pub use field::FieldType;
