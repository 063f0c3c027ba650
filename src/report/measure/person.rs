//! Which accounts are one person's: within an org and across orgs, by what the accounts say of themselves.
//!
//! Keys are tried from the strongest to the weakest: employee number, federation identifier, e-mail address, user name.
//! Names are never compared. A key joins accounts only while no stronger key tells them apart; where one does, the
//! accounts stay apart and are listed as a conflict.

use std::collections::HashMap;

use super::identity::{Account, IdentityKey, KEYS, is_human, values};

/// Numbers persons from 1, by the first of their accounts in the order of org and user id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonNumber(pub u32);

/// Accounts that share a key and yet differ in a stronger one. None of them is joined by it, or by a weaker one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conflict {
    /// The key that they share, with each other or through others of them.
    pub shared: IdentityKey,
    /// The strongest key that tells them apart.
    pub different: IdentityKey,
    /// Org and user id of each, in order.
    pub accounts: Vec<(String, String)>,
}

/// The persons behind accounts.
#[derive(Clone, Debug, Default)]
pub struct Persons {
    numbers: HashMap<String, HashMap<String, PersonNumber>>,
    count: u32,
    conflicts: Vec<Conflict>,
}

impl Persons {
    /// Finds the persons behind `accounts`, whatever their order. Accounts of programs are nobody's.
    pub fn resolve(accounts: &[Account<'_>]) -> Self {
        let mut people: Vec<_> = accounts.iter().filter(|account| is_human(account)).copied().collect();
        people.sort_unstable_by_key(|account| (account.org, account.user_id));
        people.dedup_by_key(|account| (account.org, account.user_id));
        let mut groups = Groups::new(people.len());
        let mut conflicts = Vec::new();
        let mut stronger = Vec::new();
        for key in KEYS {
            let values = values(&people, key);
            let found = groups.join(&values, &stronger);
            conflicts.extend(found.into_iter().map(|(different, places)| Conflict {
                shared: key,
                different,
                accounts: places.into_iter().map(|place| name(&people[place])).collect(),
            }));
            stronger.push((key, values));
        }
        conflicts.sort_unstable();
        let mut persons = Self { conflicts, ..Self::default() };
        persons.number(&people, &mut groups);
        persons
    }

    /// The person whose account it is; `None` for programs and for accounts that were not among those resolved.
    pub fn person_of(&self, org: &str, user_id: &str) -> Option<PersonNumber> {
        self.numbers.get(org)?.get(user_id).copied()
    }

    /// How many persons there are; they are numbered from 1 up to this.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The accounts that could not be joined because their keys contradict each other, in a fixed order.
    pub fn conflicts(&self) -> &[Conflict] {
        &self.conflicts
    }

    fn number(&mut self, people: &[Account<'_>], groups: &mut Groups) {
        let mut numbers = vec![None; people.len()];
        for (place, account) in people.iter().enumerate() {
            let root = groups.root(place);
            let number = *numbers[root].get_or_insert_with(|| {
                self.count += 1;
                PersonNumber(self.count)
            });
            // Accounts come org by org.
            if !self.numbers.contains_key(account.org) {
                self.numbers.insert(account.org.to_owned(), HashMap::new());
            }
            if let Some(of_org) = self.numbers.get_mut(account.org) {
                of_org.insert(account.user_id.to_owned(), number);
            }
        }
    }
}

fn name(account: &Account<'_>) -> (String, String) {
    (account.org.to_owned(), account.user_id.to_owned())
}

/// Accounts that belong together, by their places: a forest whose roots are the first place of each group.
struct Groups {
    parents: Vec<usize>,
    /// Roots that a conflict keeps from being joined by weaker keys.
    is_closed: Vec<bool>,
}

/// A key and every account's value of it.
type Values = (IdentityKey, Vec<Option<String>>);

impl Groups {
    fn new(len: usize) -> Self {
        Self { parents: (0..len).collect(), is_closed: vec![false; len] }
    }

    fn root(&mut self, place: usize) -> usize {
        let mut root = place;
        while self.parents[root] != root {
            self.parents[root] = self.parents[self.parents[root]];
            root = self.parents[root];
        }
        root
    }

    fn unite(&mut self, left: usize, right: usize) {
        let (left, right) = (self.root(left), self.root(right));
        self.parents[left.max(right)] = left.min(right);
    }

    /// Joins the groups that share a value, unless a stronger key tells any of them apart: gives these, each with the
    /// strongest such key and the places that carry the values shared.
    fn join(&mut self, values: &[Option<String>], stronger: &[Values]) -> Vec<(IdentityKey, Vec<usize>)> {
        let links = self.links(values);
        // What the links would make of it, looked at as a whole, so that their order does not matter.
        let mut joined = Self { parents: self.parents.clone(), is_closed: Vec::new() };
        for places in &links {
            places.iter().for_each(|place| joined.unite(places[0], *place));
        }
        let contradictions = self.contradictions(&mut joined, stronger);
        let mut conflicts: HashMap<usize, (IdentityKey, Vec<usize>)> = HashMap::new();
        for places in links {
            match contradictions.get(&joined.root(places[0])) {
                None => places.iter().for_each(|place| self.unite(places[0], *place)),
                Some(different) => {
                    let conflict = conflicts.entry(joined.root(places[0]));
                    conflict.or_insert_with(|| (*different, Vec::new())).1.extend(places);
                }
            }
        }
        let mut conflicts: Vec<_> = conflicts.into_values().collect();
        for (_, places) in &mut conflicts {
            places.sort_unstable();
            for place in places.iter() {
                let root = self.root(*place);
                self.is_closed[root] = true;
            }
        }
        conflicts
    }

    /// The places of each value that stands in more than one group, in order.
    fn links(&mut self, values: &[Option<String>]) -> Vec<Vec<usize>> {
        let mut by_value: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, value) in values.iter().enumerate() {
            let root = self.root(place);
            if let (Some(value), false) = (value, self.is_closed[root]) {
                by_value.entry(value).or_default().push(place);
            }
        }
        let mut links: Vec<_> = by_value.into_values().filter(|places| places.len() > 1).collect();
        links.retain(|places| places.iter().any(|place| self.root(*place) != self.root(places[0])));
        links
    }

    /// The roots in `joined` under which two groups have the same kind of stronger key: were its values the same, they
    /// would be one group already.
    fn contradictions(&mut self, joined: &mut Self, stronger: &[Values]) -> HashMap<usize, IdentityKey> {
        let mut contradictions = HashMap::new();
        for (key, values) in stronger {
            let mut holders: HashMap<usize, usize> = HashMap::new();
            for place in (0..values.len()).filter(|place| values[*place].is_some()) {
                let group = self.root(place);
                let of_joined = joined.root(place);
                if *holders.entry(of_joined).or_insert(group) != group {
                    contradictions.entry(of_joined).or_insert(*key);
                }
            }
        }
        contradictions
    }
}

#[cfg(test)]
mod tests {
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
        Account {
            org,
            user_id,
            username,
            email,
            employee_number,
            federation_identifier,
            is_sandbox,
            ..NOBODY
        }
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
        assert_eq!(
            resolved(&accounts),
            resolved(&accounts.iter().rev().copied().collect::<Vec<_>>()),
            "{what}"
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

    #[test]
    fn any_order_gives_the_same_persons() {
        // A small field of keys, so that accounts meet in every way, in a fixed pseudo-random sequence.
        let mut state = 1_u64;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for round in 0..300 {
            let texts: Vec<[String; 5]> = (0..12)
                .map(|number| {
                    let mut key = |kind: &str| match draw(6) {
                        0..=2 => String::new(),
                        value => format!("{kind}{value}@acme.example"),
                    };
                    [format!("{number:02}"), key("e"), key("f"), key("m"), key("u")]
                })
                .collect();
            let mut accounts: Vec<_> = texts
                .iter()
                .map(|[user_id, number, identifier, email, username]| {
                    let some =
                        |text: &'_ String| -> Option<String> { (!text.is_empty()).then(|| text.clone()) };
                    (user_id, some(number), some(identifier), some(email), some(username))
                })
                .collect();
            let resolve =
                |accounts: &[(&String, Option<String>, Option<String>, Option<String>, Option<String>)]| {
                    let accounts: Vec<_> = accounts
                        .iter()
                        .map(|(user_id, number, identifier, email, username)| Account {
                            user_id,
                            employee_number: number.as_deref(),
                            federation_identifier: identifier.as_deref(),
                            email: email.as_deref(),
                            username: username.as_deref(),
                            ..NOBODY
                        })
                        .collect();
                    resolved(&accounts)
                };
            let expected = resolve(&accounts);
            for _ in 0..6 {
                for last in (1..accounts.len()).rev() {
                    accounts.swap(last, draw(last as u64 + 1) as usize);
                }
                assert_eq!(resolve(&accounts), expected, "round {round}");
            }
            let people: usize = expected.0.iter().map(Vec::len).sum();
            assert_eq!(people, accounts.len(), "everybody is one person");
        }
    }
}
