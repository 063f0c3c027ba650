//! Which logins are a person's and which a program's.

use std::collections::HashMap;
use std::sync::OnceLock;

/// What a login says about its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginKind {
    /// A person signed in, with a password or through single sign-on.
    Interactive,
    /// A program used the API in the user's name.
    Api,
    /// A `LoginType` that `login_types.csv` does not list.
    Unknown,
}

/// The kind of a `LoginHistory.LoginType`. The list is the data file `login_types.csv` beside this source.
pub fn login_kind(login_type: &str) -> LoginKind {
    static KINDS: OnceLock<HashMap<&'static str, LoginKind>> = OnceLock::new();
    KINDS.get_or_init(read_kinds).get(login_type).copied().unwrap_or(LoginKind::Unknown)
}

fn read_kinds() -> HashMap<&'static str, LoginKind> {
    include_str!("login_types.csv")
        .lines()
        .filter_map(|line| match line.rsplit_once(',')? {
            (login_type, "interactive") => Some((login_type, LoginKind::Interactive)),
            (login_type, "api") => Some((login_type, LoginKind::Api)),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_types_follow_the_data_file() {
        assert_eq!(login_kind("Application"), LoginKind::Interactive);
        assert_eq!(login_kind("SAML Idp Initiated SSO"), LoginKind::Interactive);
        assert_eq!(login_kind("Remote Access 2.0"), LoginKind::Api);
        assert_eq!(login_kind("Other Apex API"), LoginKind::Api);
        assert_eq!(login_kind("Telepathy"), LoginKind::Unknown);
    }

    #[test]
    fn every_line_of_the_data_file_is_understood() {
        let lines = include_str!("login_types.csv").lines().count();
        assert_eq!(read_kinds().len(), lines - 1, "all but the heading");
    }
}
