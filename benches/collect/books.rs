//! The files that an organization keeps beside its org: contract lines, the people of record, the key of pseudonyms.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rusqlite::Connection;
use seatledger::export::PrivacyKey;

/// The part of the configuration that names them.
pub(crate) const SETTINGS: &str = "[finance]\ncontracts = \"contracts.csv\"\npeople = \"people.csv\"\n\
                                   [privacy]\nkey_file = \"privacy.key\"";

/// One user in so many is on no list of people.
const UNLISTED: usize = 20;

/// One listed person in so many has left.
const GONE: usize = 17;

/// Writes them into `folder` for what was collected there: a contract line for each license, and a person for almost
/// each user who can be told from others.
pub(crate) fn write(folder: &Path) {
    let database = Connection::open(folder.join("seatledger.db")).unwrap();
    fs::write(folder.join("contracts.csv"), contracts(&database)).unwrap();
    fs::write(folder.join("people.csv"), people(&database)).unwrap();
    let key = folder.join("privacy.key");
    fs::write(&key, PrivacyKey::generate().expose()).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
}

fn contracts(database: &Connection) -> String {
    // A feed has rows for each month that began: as many in any month that this runs in.
    let month = Timestamp::now().to_zoned(TimeZone::UTC).date().first_of_month();
    let (starts_on, ends_on) = (month - 12.months(), month + 12.months());
    let mut file =
        "line_id,org,kind,license_key,sku,quantity,price,price_period,currency,starts_on,ends_on,billing,\
                    recorded_at\n"
            .to_owned();
    let mut licenses = database
        .prepare(
            "SELECT kind, key, name, total FROM licenses WHERE total > 0 AND key IS NOT NULL ORDER BY kind, key",
        )
        .unwrap();
    let mut licenses = licenses.query([]).unwrap();
    let mut line_id = 0;
    while let Some(license) = licenses.next().unwrap() {
        line_id += 1;
        let text = |place| license.get::<_, String>(place).unwrap();
        let seats: i64 = license.get(3).unwrap();
        writeln!(
            file,
            "{line_id},bench,{},{},{},{seats},1200,year,EUR,{starts_on},{ends_on},annually,{starts_on}",
            text(0),
            text(1),
            text(2),
        )
        .unwrap();
    }
    file
}

fn people(database: &Connection) -> String {
    let mut file = "employee_number,federation_identifier,email,has_left\n".to_owned();
    // Namesakes have one address in the emulated org; lines that share it would contradict each other.
    let mut users = database
        .prepare(
            "SELECT employee_number, federation_identifier, iif(count(*) OVER (PARTITION BY email) = 1, email, NULL)
             FROM users ORDER BY user_id",
        )
        .unwrap();
    let mut users = users.query([]).unwrap();
    let mut place = 0;
    while let Some(user) = users.next().unwrap() {
        place += 1;
        let text = |column| user.get::<_, Option<String>>(column).unwrap().unwrap_or_default();
        let (number, identifier, email) = (text(0), text(1), text(2));
        if place % UNLISTED == 0 || (number.is_empty() && identifier.is_empty() && email.is_empty()) {
            continue;
        }
        let has_left = if place % GONE == 0 { "yes" } else { "" };
        writeln!(file, "{number},{identifier},{email},{has_left}").unwrap();
    }
    file
}
