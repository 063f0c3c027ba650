//! Which accounts are one person's: within an org and across orgs, by what the accounts say of themselves.
//!
//! Keys are tried from the strongest to the weakest: employee number, federation identifier, e-mail address, user name.
//! Names are never compared. A key joins accounts only while no stronger key tells them apart; where one does, the
//! accounts stay apart and are listed as a conflict.

use std::borrow::Cow;

use hashbrown::HashMap;

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

impl Conflict {
    /// What contradicts what, for people.
    pub fn words(&self) -> String {
        format!("{} {}", self.accounts.len(), self.kinds())
    }

    /// The same without the number of accounts.
    pub fn kinds(&self) -> String {
        format!("accounts share the {} but not the {}", self.shared.words(), self.different.words())
    }
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
type Values<'a> = (IdentityKey, Vec<Option<Cow<'a, str>>>);

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
    fn join(
        &mut self,
        values: &[Option<Cow<'_, str>>],
        stronger: &[Values<'_>],
    ) -> Vec<(IdentityKey, Vec<usize>)> {
        let links = self.links(values);
        // What the links would make of it, looked at as a whole, so that their order does not matter.
        let mut joined = Self { parents: self.parents.clone(), is_closed: Vec::new() };
        for places in &links {
            places.iter().for_each(|place| joined.unite(places[0], *place));
        }
        let is_joined = joined.roots_of(&links);
        let contradictions = self.contradictions(&mut joined, &is_joined, stronger);
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
    fn links(&mut self, values: &[Option<Cow<'_, str>>]) -> Vec<Vec<usize>> {
        // Most values stand in one place alone, and only the others need a list.
        let mut first: HashMap<&str, usize> = HashMap::with_capacity(values.len());
        let mut several: HashMap<usize, Vec<usize>> = HashMap::new();
        for (place, value) in values.iter().enumerate() {
            let Some(value) = value else { continue };
            let root = self.root(place);
            if self.is_closed[root] {
                continue;
            }
            let first = *first.entry(value).or_insert(place);
            if first != place {
                several.entry(first).or_insert_with(|| vec![first]).push(place);
            }
        }
        let mut links: Vec<_> = several.into_values().collect();
        links.retain(|places| places.iter().any(|place| self.root(*place) != self.root(places[0])));
        links
    }

    /// For each place, whether it is the root of a group that `links` made.
    fn roots_of(&mut self, links: &[Vec<usize>]) -> Vec<bool> {
        let mut is_root = vec![false; self.parents.len()];
        for places in links {
            let root = self.root(places[0]);
            is_root[root] = true;
        }
        is_root
    }

    /// The roots in `joined` under which two groups have the same kind of stronger key: were its values the same, they
    /// would be one group already.
    fn contradictions(
        &mut self,
        joined: &mut Self,
        is_joined: &[bool],
        stronger: &[Values<'_>],
    ) -> HashMap<usize, IdentityKey> {
        let mut contradictions = HashMap::new();
        for (key, values) in stronger {
            let mut holders: HashMap<usize, usize> = HashMap::new();
            for place in (0..values.len()).filter(|place| values[*place].is_some()) {
                let of_joined = joined.root(place);
                if !is_joined[of_joined] {
                    continue;
                }
                let group = self.root(place);
                if *holders.entry(of_joined).or_insert(group) != group {
                    contradictions.entry(of_joined).or_insert(*key);
                }
            }
        }
        contradictions
    }
}

#[cfg(test)]
mod tests;
