//! Licenses that are made for programs rather than people.

use super::license_use;

/// Permission set licenses that integrations and agents hold, by `PermissionSetLicenseKey`, each with its source.
const PROGRAM_PERMISSION_SET_LICENSES: &[(&str, &str)] = &[
    ("AgentforceServiceAgentUserPsl", "seen in orgs, on users of the license Einstein Agent"),
    ("SalesforceAPIIntegrationPsl", "Salesforce Help, \"Give Integration Users API Only Access\""),
];

/// Whether a license of this kind (`user`, `permission_set`, `package` or `feature`) is for programs, by its key or, for
/// a user license, by its name.
pub fn is_for_programs(kind: &str, key: Option<&str>, name: Option<&str>) -> bool {
    match kind {
        "user" => license_use(key, name).is_some_and(|found| found.is_for_programs),
        // Keys differ in case between documents and orgs.
        "permission_set" => key.is_some_and(|key| {
            PROGRAM_PERMISSION_SET_LICENSES.iter().any(|(known, _)| known.eq_ignore_ascii_case(key))
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_license_is_for_programs_within_its_kind() {
        let cases = [
            (("user", Some("SFDC"), Some("Salesforce")), false),
            (("user", Some("PID_DigitalAgent"), None), true),
            (("user", None, Some("Salesforce Integration")), true),
            (("user", Some("SalesforceAPIIntegrationPsl"), None), false),
            (("permission_set", Some("SalesforceAPIIntegrationPSL"), None), true),
            (("permission_set", Some("AgentforceServiceAgentUserPsl"), None), true),
            (("permission_set", Some("SalesConsoleUser"), Some("Salesforce Integration")), false),
            (("package", Some("PID_DigitalAgent"), None), false),
            (("permission_set", None, None), false),
        ];
        for ((kind, key, name), expected) in cases {
            assert_eq!(is_for_programs(kind, key, name), expected, "{kind} {key:?} {name:?}");
        }
    }

    #[test]
    fn every_program_license_has_a_source() {
        assert!(PROGRAM_PERMISSION_SET_LICENSES.iter().all(|(_, source)| !source.is_empty()));
    }
}
