//! The operating-system account that runs the program.

use std::fs;

use super::Error;

/// An operating-system account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OsAccount {
    /// Its user id.
    pub uid: u32,
    /// Its user name, if `/etc/passwd` has one.
    pub name: Option<String>,
}

/// The account that runs the program. The kernel says the user id, and `/etc/passwd` the name; the environment is not
/// asked, since anybody can set it. Limits: an account that only a directory service knows (LDAP, SSSD) has no name
/// here, and whoever can become another account, or may run programs as it, is that account.
///
/// # Errors
/// [`Error::TwoAccounts`] for a set-user-id program, where who asks and who acts are different.
pub fn current_account() -> Result<OsAccount, Error> {
    let (real, effective) = (rustix::process::getuid().as_raw(), rustix::process::geteuid().as_raw());
    if real != effective {
        return Err(Error::TwoAccounts { real, effective });
    }
    let accounts = fs::read("/etc/passwd").unwrap_or_default();
    Ok(OsAccount { uid: real, name: name_of(real, &String::from_utf8_lossy(&accounts)) })
}

/// The first name of a user id among the lines of passwd(5), as getpwuid(3) has it.
fn name_of(uid: u32, accounts: &str) -> Option<String> {
    let names = accounts.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let (name, _password, id) = (fields.next()?, fields.next()?, fields.next()?);
        (!name.is_empty() && id.parse() == Ok(uid)).then(|| name.to_owned())
    });
    names.into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_first_line_of_a_user_id() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\n# comment\nshort:x\n:x:7:7::/:\n\
                        seatledger:x:998:998::/var/lib/seatledger:/usr/sbin/nologin\ntoor:x:0:0::/root:/bin/sh\n";
        let cases = [(0, Some("root")), (998, Some("seatledger")), (99, None), (7, None)];
        for (uid, expected) in cases {
            assert_eq!(name_of(uid, accounts).as_deref(), expected, "{uid}");
        }
    }

    #[test]
    fn the_running_account_is_known() {
        let account = current_account().unwrap();
        assert_eq!(account.uid, rustix::process::geteuid().as_raw());
    }
}
