use super::*;

const NOBODY: Account<'static> = Account {
    org: "a",
    user_id: "",
    username: None,
    email: None,
    employee_number: None,
    federation_identifier: None,
    user_type: Some("Standard"),
    license_key: Some("SFDC"),
    license_name: None,
    is_sandbox: false,
};

/// An account by org and user id, employee number, federation identifier, e-mail address and user name; empty
/// texts are missing.
fn account(name: &'static str, keys: [&'static str; 4]) -> Account<'static> {
    let (org, user_id) = name.split_once('/').unwrap();
    let [employee_number, federation_identifier, email, username] =
        keys.map(|key| (!key.is_empty()).then_some(key));
    let is_sandbox = org.starts_with("sandbox");
    Account { org, user_id, username, email, employee_number, federation_identifier, is_sandbox, ..NOBODY }
}

/// The persons as lists of their accounts, in order, and the conflicts as lists of theirs.
fn resolved(accounts: &[Account<'_>]) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let persons = Persons::resolve(accounts);
    let mut people = vec![Vec::new(); persons.count() as usize];
    for account in accounts {
        if let Some(PersonNumber(number)) = persons.person_of(account.org, account.user_id) {
            people[number as usize - 1].push(format!("{}/{}", account.org, account.user_id));
        }
    }
    people.iter_mut().for_each(|accounts| accounts.sort());
    let text = |(org, user_id): &(String, String)| format!("{org}/{user_id}");
    let conflicts = persons.conflicts().iter().map(|found| found.accounts.iter().map(text).collect());
    (people, conflicts.collect())
}

fn check(
    what: &str,
    accounts: &[(&'static str, [&'static str; 4])],
    people: &[&[&str]],
    conflicts: &[&[&str]],
) {
    let mut accounts: Vec<_> = accounts.iter().map(|(name, keys)| account(name, *keys)).collect();
    for _ in 0..accounts.len() {
        let (found, contradictions) = resolved(&accounts);
        assert_eq!(found, people, "{what}");
        assert_eq!(contradictions, conflicts, "{what}");
        accounts.rotate_left(1);
    }
    accounts.reverse();
    assert_eq!(resolved(&accounts), resolved(&accounts.iter().rev().copied().collect::<Vec<_>>()), "{what}");
}

#[test]
fn the_same_letters_are_the_same_however_they_are_composed() {
    check(
        "composed and decomposed, upper and lower case",
        &[("a/1", ["", "", "jos\u{e9}@acme.example", ""]), ("a/2", ["", "", "JOSE\u{301}@acme.example", ""])],
        &[&["a/1", "a/2"]],
        &[],
    );
}

#[test]
fn keys_join_accounts_in_their_order() {
    check(
        "employee number",
        &[("a/1", ["7", "", "", ""]), ("b/1", [" 7 ", "", "", ""])],
        &[&["a/1", "b/1"]],
        &[],
    );
    check(
        "federation identifier",
        &[("a/1", ["", "ada@idp", "", ""]), ("b/1", ["", "ADA@idp", "x@y.example", ""])],
        &[&["a/1", "b/1"]],
        &[],
    );
    check(
        "address, in a sandbox with .invalid",
        &[("a/1", ["", "", "Ada@Acme.example", ""]), ("b/1", ["", "", "ada@acme.example.invalid", ""])],
        &[&["a/1", "b/1"]],
        &[],
    );
    check(
        "user name without the sandbox's suffix",
        &[("a/1", ["", "", "", "ada@acme.example"]), ("sandbox/1", ["", "", "", "ada@acme.example.dev"])],
        &[&["a/1", "sandbox/1"]],
        &[],
    );
    check(
        "a suffix is cut off in sandboxes only",
        &[("a/1", ["", "", "", "ada@acme.example"]), ("b/1", ["", "", "", "ada@acme.example.dev"])],
        &[&["a/1"], &["b/1"]],
        &[],
    );
    check(
        "one key here, another there",
        &[
            ("a/1", ["7", "", "", ""]),
            ("b/1", ["7", "ada@idp", "", ""]),
            ("c/1", ["", "ada@idp", "ada@acme.example", ""]),
            ("d/1", ["", "", "ada@acme.example", ""]),
        ],
        &[&["a/1", "b/1", "c/1", "d/1"]],
        &[],
    );
    check(
        "an employee's identifiers may differ from org to org",
        &[("a/1", ["7", "ada@one", "", ""]), ("b/1", ["7", "ada@two", "", ""])],
        &[&["a/1", "b/1"]],
        &[],
    );
    check(
        "nothing in common",
        &[("a/1", ["7", "", "", ""]), ("a/2", ["", "", "", ""])],
        &[&["a/1"], &["a/2"]],
        &[],
    );
}

#[test]
fn contradicting_keys_keep_accounts_apart() {
    check(
        "namesakes share an address",
        &[("a/1", ["7", "", "ada@acme.example", ""]), ("a/2", ["8", "", "ada@acme.example", ""])],
        &[&["a/1"], &["a/2"]],
        &[&["a/1", "a/2"]],
    );
    check(
        "an address of two employees names neither",
        &[
            ("a/1", ["7", "", "ada@acme.example", ""]),
            ("b/1", ["8", "", "ada@acme.example", ""]),
            ("c/1", ["", "", "ada@acme.example", ""]),
        ],
        &[&["a/1"], &["b/1"], &["c/1"]],
        &[&["a/1", "b/1", "c/1"]],
    );
    check(
        "two keys of one account point to two employees",
        &[
            ("a/1", ["7", "", "", "ada@acme.example"]),
            ("b/1", ["8", "", "ada@acme.example", ""]),
            ("sandbox/1", ["", "", "ada@acme.example", "ada@acme.example.dev"]),
        ],
        &[&["a/1"], &["b/1", "sandbox/1"]],
        &[&["a/1", "sandbox/1"]],
    );
    check(
        "an identifier points to one employee, the address to another",
        &[
            ("a/1", ["7", "ada@idp", "", ""]),
            ("b/1", ["8", "", "ada@acme.example", ""]),
            ("c/1", ["", "ada@idp", "ada@acme.example", ""]),
        ],
        &[&["a/1", "c/1"], &["b/1"]],
        &[&["b/1", "c/1"]],
    );
    check(
        "whoever is in a conflict is joined by no weaker key",
        &[
            ("a/1", ["7", "ada@idp", "", ""]),
            ("b/1", ["8", "ada@idp", "", ""]),
            ("c/1", ["", "ada@idp", "ada@acme.example", ""]),
            ("d/1", ["", "", "ada@acme.example", ""]),
        ],
        &[&["a/1"], &["b/1"], &["c/1"], &["d/1"]],
        &[&["a/1", "b/1", "c/1"]],
    );
}

#[test]
fn what_many_share_names_nobody() {
    check(
        "a mailbox for nobody",
        &[("a/1", ["", "", "no-reply@acme.example", ""]), ("b/1", ["", "", "No_Reply@acme.example", ""])],
        &[&["a/1"], &["b/1"]],
        &[],
    );
    let team = ["", "", "team@acme.example", ""];
    check(
        "a mailbox of a team",
        &[("a/1", team), ("a/2", team), ("a/3", team), ("a/4", team), ("b/1", team)],
        &[&["a/1"], &["a/2"], &["a/3"], &["a/4"], &["b/1"]],
        &[],
    );
    check(
        "one person in many orgs",
        &[("a/1", team), ("b/1", team), ("c/1", team), ("d/1", team), ("e/1", team)],
        &[&["a/1", "b/1", "c/1", "d/1", "e/1"]],
        &[],
    );
    check(
        "words and zeros in place of a number",
        &[
            ("a/1", ["N/A", "-", "", ""]),
            ("a/2", ["n/a", "-", "", ""]),
            ("a/3", ["000", "", "", ""]),
            ("b/1", ["000", "", "", ""]),
        ],
        &[&["a/1"], &["a/2"], &["a/3"], &["b/1"]],
        &[],
    );
}

#[test]
fn programs_are_nobody() {
    let human = account("a/1", ["7", "", "", ""]);
    let programs = [
        Account { user_type: Some("AutomatedProcess"), license_key: None, ..human },
        Account { user_type: Some("CloudIntegrationUser"), ..human },
        Account { user_type: Some("Guest"), ..human },
        Account { user_type: None, license_key: None, ..human },
        Account { license_key: Some("SALESFORCE_INTEGRATION_USER"), ..human },
        Account { license_key: Some("PID_Own"), license_name: Some("Salesforce Integration"), ..human },
    ];
    assert!(is_human(&human) && is_human(&Account { license_key: None, ..human }));
    for program in programs {
        assert!(!is_human(&program), "{program:?}");
        let persons = Persons::resolve(&[Account { user_id: "2", ..human }, program]);
        assert_eq!((persons.count(), persons.person_of("a", "1")), (1, None));
    }
}

/// The texts of an account's keys, in the order of [`account`]'s; empty ones are missing.
fn account_of<'a>(user_id: &'a str, keys: &'a [String; 4]) -> Account<'a> {
    let [employee_number, federation_identifier, email, username] =
        keys.each_ref().map(|key| (!key.is_empty()).then_some(key.as_str()));
    Account { user_id, employee_number, federation_identifier, email, username, ..NOBODY }
}

#[test]
fn any_order_gives_the_same_persons() {
    // A small field of keys, so that accounts meet in every way, in a fixed pseudo-random sequence.
    let mut state = 1_u64;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for round in 0..300 {
        let mut key = |kind: &str| match draw(6) {
            0..=2 => String::new(),
            value => format!("{kind}{value}@acme.example"),
        };
        let texts: Vec<_> =
            (0..12).map(|number| (format!("{number:02}"), ["e", "f", "m", "u"].map(&mut key))).collect();
        let mut accounts: Vec<_> = texts.iter().map(|(user_id, keys)| account_of(user_id, keys)).collect();
        let expected = resolved(&accounts);
        for _ in 0..6 {
            for last in (1..accounts.len()).rev() {
                accounts.swap(last, draw(last as u64 + 1) as usize);
            }
            assert_eq!(resolved(&accounts), expected, "round {round}");
        }
        let people: usize = expected.0.iter().map(Vec::len).sum();
        assert_eq!(people, accounts.len(), "everybody is one person");
    }
}
