//! The words every room uses: time, record ids, secrets, files that appear whole, and the ambient world.
//!
//! Knows nothing of policy, of the network or of SQL. Start reading at [`World`], the one value through which
//! environment, clock and working folder enter the program.

mod address;
mod atomic_file;
mod causes;
mod clock;
mod instant;
mod money;
mod printable;
mod private_file;
mod record_id;
mod room;
mod secret;
mod stop;
mod thread;
mod world;

pub use address::is_public_address;
pub use atomic_file::{PendingFile, end_of_links, write_aside, write_atomically};
pub use causes::with_causes;
pub use clock::{Clock, HastyClock, OffsetClock, SystemClock};
pub use instant::{
    date_text, datetime_from_salesforce, milliseconds_from_text, milliseconds_text, parse_instant, utc_text,
};
pub use money::{Currency, CurrencyError, Money};
pub use printable::{is_disguise, printable};
pub use private_file::{PrivateFileError, read_private, read_protected, write_private};
pub use record_id::{RecordId, RecordIdError};
pub use room::roomy;
pub use secret::Secret;
pub use stop::{Stop, StopSignal};
pub use thread::joined;
pub use world::{Environment, World};
