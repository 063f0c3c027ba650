//! What is known of user licenses: whether people or programs hold them, and whether seats or logins are paid for.

use std::collections::HashMap;
use std::sync::OnceLock;

/// What a user license is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LicenseUse {
    /// Whether its holders are programs, such as integrations, agents and sites, rather than people.
    pub is_for_programs: bool,
    /// Whether logins are paid for rather than users (Object Reference, "UserLicense", field `MonthlyLoginsEntitlement`).
    pub is_by_login: bool,
}

/// What the user license with this `LicenseDefinitionKey` is for, or else the one with this `Name`, as keys differ
/// between orgs more than names do. `None` when neither is in the data file `license_keys.csv` beside this source.
pub fn license_use(key: Option<&str>, name: Option<&str>) -> Option<LicenseUse> {
    static USES: OnceLock<Uses> = OnceLock::new();
    let uses = USES.get_or_init(read_uses);
    let by_key = key.and_then(|key| uses.by_key.get(key));
    by_key.or_else(|| uses.by_name.get(name?)).copied()
}

#[derive(Default)]
struct Uses {
    by_key: HashMap<&'static str, LicenseUse>,
    by_name: HashMap<&'static str, LicenseUse>,
}

fn read_uses() -> Uses {
    let mut uses = Uses::default();
    for line in include_str!("license_keys.csv").lines().skip(1) {
        if let Some((key, name, license_use)) = read_line(line) {
            uses.by_key.insert(key, license_use);
            uses.by_name.insert(name, license_use);
        }
    }
    uses
}

fn read_line(line: &'static str) -> Option<(&'static str, &'static str, LicenseUse)> {
    let mut cells = line.split(',');
    let (key, name) = (cells.next()?, cells.next()?);
    let is_for_programs = match cells.next()? {
        "program" => true,
        "person" => false,
        _ => return None,
    };
    let is_by_login = match cells.next()? {
        "logins" => true,
        "users" => false,
        _ => return None,
    };
    Some((key, name, LicenseUse { is_for_programs, is_by_login }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_license_is_known_by_its_key_or_else_by_its_name() {
        let person = Some(LicenseUse { is_for_programs: false, is_by_login: false });
        let program = Some(LicenseUse { is_for_programs: true, is_by_login: false });
        let login = Some(LicenseUse { is_for_programs: false, is_by_login: true });
        let cases = [
            (Some("SFDC"), Some("Salesforce"), person),
            (Some("SFDC"), None, person),
            (Some("SFDC"), Some("Cloud Integration User"), person),
            (Some("Renamed"), Some("Salesforce Integration"), program),
            (Some("PID_Customer_Community_Login"), None, login),
            (None, Some("Partner Community Login"), login),
            (Some("PID_Acme"), Some("Acme"), None),
            (None, None, None),
        ];
        for (key, name, expected) in cases {
            assert_eq!(license_use(key, name), expected, "{key:?} {name:?}");
        }
    }

    #[test]
    fn every_line_of_the_data_file_is_understood_and_none_contradicts_another() {
        let uses = read_uses();
        for line in include_str!("license_keys.csv").lines().skip(1) {
            let (key, name, license_use) = read_line(line).expect(line);
            assert_eq!(line.split(',').count(), 5, "{line}: with its source");
            assert_eq!(uses.by_key[key], license_use, "{key}");
            assert_eq!(uses.by_name[name], license_use, "{name}");
        }
    }
}
