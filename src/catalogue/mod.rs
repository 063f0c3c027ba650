//! WHAT is collected, as const tables: object, fields and their types, key, whether it may be missing, the permission
//! it needs, how it belongs to a company, and how private each field is.
//!
//! Knows nothing of how an object is fetched or stored. Start reading at [`OBJECTS`].

mod field;
mod license_key;
mod license_kind;
mod login_type;
mod object;
mod objects;
mod program_license;

pub use field::{FREE_TEXT_FIELDS, Field, FieldType, Privacy, Role, Source};
pub use license_key::{LicenseUse, license_use};
pub use license_kind::LicenseKind;
pub use login_type::{LoginKind, login_kind};
pub use object::{Dataset, Holder, Need, Object, Shape, object};
pub use objects::{
    ASSIGNMENT_COUNTS, COMPANY_COUNTS, COMPANY_SPELLINGS, DERIVED, FEATURE_FLAG_PREFIX, FEATURE_LICENSES,
    OBJECT_STATES, OBJECTS, SECRET_FIELDS,
};
pub use program_license::is_for_programs;
