//! License-days: on how many days of a stretch each license was held, and by whom.
//!
//! What a run found holds from its day until the day of the next run; of two runs of one day the later counts. Before
//! the first run nothing is known, and none of those days is counted.

use std::collections::BTreeMap;
use std::ops::Range;

use hashbrown::HashMap;
use jiff::civil::Date;

use super::segments::{Pieces, Segments, filled};
use super::timeline::{Timeline, Versions};
use super::{Error, Reader};
use crate::catalogue::LicenseKind;

/// What holders are grouped by.
#[derive(Clone, Copy, Debug)]
pub enum HolderGroup<'a> {
    /// The configured company.
    Company,
    /// `User.Department`.
    Department,
    /// An extra field of `User`.
    ExtraField(&'a str),
}

/// A group of holders.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupKey {
    /// Those with this value.
    Named(String),
    /// Those without one.
    Blank,
    /// Those outside the configured companies, of whom only the number is known.
    Outside,
}

/// The license-days of an org.
#[derive(Clone, Debug, Default)]
pub struct OrgDays {
    /// For each kind of license, the days of the stretch for which its holders are known.
    pub known: BTreeMap<LicenseKind, Vec<Date>>,
    /// The licenses, by kind and key.
    pub licenses: Vec<LicenseDays>,
}

/// The holders of one license of an org.
#[derive(Clone, Debug)]
pub struct LicenseDays {
    /// Its kind.
    pub kind: LicenseKind,
    /// Key of the license; `None` for licenses that have none.
    pub license_key: Option<String>,
    /// Its newest label.
    pub name: Option<String>,
    /// How many holders it had over the whole org on each known day.
    pub holders: Vec<i64>,
    /// The holders by group, in the order of the groups.
    pub groups: Vec<GroupDays>,
}

/// The holders of a license in one group.
#[derive(Clone, Debug)]
pub struct GroupDays {
    /// The group.
    pub key: GroupKey,
    /// License-days.
    pub days: u64,
    /// Holders on the last known day.
    pub seats: i64,
    /// Who held it, by record id; nobody for [`GroupKey::Outside`].
    pub held: Vec<Held>,
}

/// What one record adds to the license-days of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// The user, or the assignment of a permission set license or package license.
    pub record_id: String,
    /// Who holds the license.
    pub user_id: String,
    /// On how many days.
    pub days: u32,
    /// Whether also on the last known day.
    pub to_the_end: bool,
}

/// Numbers for values that come again and again.
struct Numbered<Value> {
    numbers: HashMap<Value, u32>,
    values: Vec<Value>,
}

impl<Value> Default for Numbered<Value> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), values: Vec::new() }
    }
}

impl<Value: Clone + Eq + std::hash::Hash> Numbered<Value> {
    fn number(&mut self, value: Value) -> u32 {
        let next = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(value).or_insert_with_key(|value| {
            self.values.push(value.clone());
            next
        })
    }
}

/// The objects that the holders of a kind of license are known from.
const fn objects_of_holders(kind: LicenseKind) -> &'static [&'static str] {
    match kind {
        LicenseKind::User => &["User", "Profile"],
        LicenseKind::PermissionSet => &["PermissionSetLicenseAssign", "User"],
        LicenseKind::Package => &["UserPackageLicense", "User"],
        LicenseKind::Feature => &["User"],
    }
}

/// A license by kind and Salesforce's id.
type LicenseId = (LicenseKind, String);

/// What a license is called.
type KeyAndLabel = (Option<String>, Option<String>);

/// A license by kind and key.
type LicenseKey = (LicenseKind, Option<String>);

/// Counts holders while the history goes by.
struct Count {
    segments: Segments,
    licenses: Numbered<LicenseKey>,
    /// The number of each license that the org ever had.
    numbers: HashMap<LicenseId, u32>,
    groups: Numbered<GroupKey>,
    /// The groups that each user was in.
    users: HashMap<String, Pieces<u32>>,
    held: HashMap<(u32, u32), Vec<Held>>,
    /// For each license, holders known in person per segment.
    in_person: Vec<Vec<i64>>,
}

impl Count {
    fn license(&mut self, key: LicenseKey) -> u32 {
        let number = self.licenses.number(key);
        self.in_person.resize(self.licenses.values.len(), vec![0; self.segments.states.len()]);
        number
    }

    /// The number of a license, which the org may never have shown; then `key` is all that is known of it.
    fn license_of(&mut self, id: LicenseId, key: Option<String>) -> u32 {
        let kind = id.0;
        let known = self.numbers.get(&id).copied();
        known.unwrap_or_else(|| self.license((kind, key)))
    }

    fn hold(&mut self, license: u32, piece: &Range<usize>, group: u32, record_id: &str, user_id: &str) {
        let days = self.segments.days_in(piece);
        let to_the_end = piece.end == self.segments.states.len();
        for holders in &mut self.in_person[license as usize][piece.clone()] {
            *holders += 1;
        }
        let (record_id, user_id) = (record_id.to_owned(), user_id.to_owned());
        self.held.entry((license, group)).or_default().push(Held { record_id, user_id, days, to_the_end });
    }
}

impl Reader {
    /// License-days of the org in the days from `from` up to, and without, `until`.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn license_days(
        &self,
        timeline: &Timeline,
        group: HolderGroup<'_>,
        from: Date,
        until: Date,
    ) -> Result<OrgDays, Error> {
        let mut count = Count {
            segments: Segments::of(timeline, from, until),
            licenses: Numbered::default(),
            numbers: HashMap::new(),
            groups: Numbered::default(),
            users: HashMap::new(),
            held: HashMap::new(),
            in_person: Vec::new(),
        };
        let keys = self.license_keys(timeline)?;
        for (id, (key, _)) in &keys {
            let number = count.license((id.0, key.clone()));
            count.numbers.insert(id.clone(), number);
        }
        self.count_users(timeline, group, &mut count)?;
        for (kind, table, columns) in [
            (
                LicenseKind::PermissionSet,
                "permission_set_license_assign",
                "v.id, v.assignee_id, v.permission_set_license_id",
            ),
            (LicenseKind::Package, "user_package_license", "v.id, v.user_id, v.package_license_id"),
        ] {
            self.count_assignments(timeline, kind, (table, columns), &mut count)?;
        }
        let whole = self.holder_counts(timeline, count.segments.wanted())?;
        let mut whole_org: HashMap<u32, Vec<i64>> = HashMap::new();
        for (license, holders) in whole {
            let Some(number) = count.numbers.get(&license) else { continue };
            let sums = whole_org.entry(*number).or_insert_with(|| vec![0; count.segments.states.len()]);
            for (sum, state) in sums.iter_mut().zip(&count.segments.states) {
                *sum += holders[*state];
            }
        }
        let mut known = BTreeMap::new();
        for kind in LicenseKind::ALL {
            known.insert(kind, self.known_states(timeline, objects_of_holders(kind))?);
        }
        let mut names = HashMap::new();
        for ((kind, _), (key, name)) in keys {
            names.entry((kind, key)).or_insert(name);
        }
        Ok(gather(count, &whole_org, &known, &names))
    }

    /// Key and newest label of every license that the org ever had.
    fn license_keys(&self, timeline: &Timeline) -> Result<BTreeMap<LicenseId, KeyAndLabel>, Error> {
        let mut keys = BTreeMap::new();
        for license in self.license_history(timeline)? {
            if let Some(newest) = license.states.into_iter().rev().flatten().next() {
                keys.insert((license.kind, license.license_id), (newest.key, newest.name));
            }
        }
        Ok(keys)
    }

    /// Counts user and feature licenses, and notes the groups that each user was in.
    fn count_users(
        &self,
        timeline: &Timeline,
        group: HolderGroup<'_>,
        count: &mut Count,
    ) -> Result<(), Error> {
        let wanted = count.segments.wanted();
        let mut profiles: HashMap<String, Pieces<u32>> = HashMap::new();
        let versions = Versions { table: "profile", columns: "v.id, v.user_license_id", are_counters: false };
        self.versions(timeline, wanted.clone(), versions, |row, states| {
            if let Some(license) = row.get(1)? {
                let license = count.license_of((LicenseKind::User, license), None);
                profiles.entry(row.get(0)?).or_default().push((count.segments.within(states), license));
            }
            Ok(())
        })?;
        let companies = match group {
            HolderGroup::Company => Some(self.companies_of_spellings(timeline, count)?),
            HolderGroup::Department | HolderGroup::ExtraField(_) => None,
        };
        let value = match group {
            HolderGroup::Company => "v.company_name".to_owned(),
            HolderGroup::Department => "v.department".to_owned(),
            HolderGroup::ExtraField(field) => format!("v.extra ->> '{}'", field.replace('\'', "''")),
        };
        let columns = format!("v.id, v.is_active, v.profile_id, v.feature_licenses, {value}");
        let blank = count.groups.number(GroupKey::Blank);
        let versions = Versions { table: "user", columns: &columns, are_counters: false };
        self.versions(timeline, wanted, versions, |row, states| {
            let segments = count.segments.within(states);
            if segments.is_empty() {
                return Ok(());
            }
            let (id, value): (String, Option<String>) = (row.get(0)?, row.get(4)?);
            let groups = match &companies {
                Some(companies) => {
                    // The empty spelling stands for everybody while the whole org is one company.
                    let spellings = [value.as_deref().unwrap_or_default(), ""];
                    let found = spellings.iter().filter_map(|spelling| companies.get(*spelling)).flatten();
                    filled(&segments, found, blank)
                }
                None => vec![(segments.clone(), count.groups.number(key_of(value)))],
            };
            if row.get::<_, Option<bool>>(1)? == Some(true) {
                let profile = row.get_ref(2)?.as_str_or_null()?.and_then(|profile| profiles.get(profile));
                for (held, license) in profile.into_iter().flatten() {
                    hold_all(count, *license, held, &groups, &id, &id);
                }
                for flag in flags_of(row.get(3)?) {
                    let license = count.license_of((LicenseKind::Feature, flag.clone()), Some(flag));
                    hold_all(count, license, &segments, &groups, &id, &id);
                }
            }
            count.users.entry(id).or_default().extend(groups);
            Ok(())
        })
    }

    fn companies_of_spellings(
        &self,
        timeline: &Timeline,
        count: &mut Count,
    ) -> Result<HashMap<String, Pieces<u32>>, Error> {
        let mut companies: HashMap<String, Pieces<u32>> = HashMap::new();
        let versions =
            Versions { table: "company_spelling", columns: "v.spelling, v.company", are_counters: false };
        self.versions(timeline, count.segments.wanted(), versions, |row, states| {
            let company = count.groups.number(key_of(row.get(1)?));
            companies.entry(row.get(0)?).or_default().push((count.segments.within(states), company));
            Ok(())
        })?;
        Ok(companies)
    }

    /// Counts assignments that are records of their own; `columns` are id, user and license.
    fn count_assignments(
        &self,
        timeline: &Timeline,
        kind: LicenseKind,
        (table, columns): (&str, &str),
        count: &mut Count,
    ) -> Result<(), Error> {
        let blank = count.groups.number(GroupKey::Blank);
        let versions = Versions { table, columns, are_counters: false };
        self.versions(timeline, count.segments.wanted(), versions, |row, states| {
            let (id, user): (String, Option<String>) = (row.get(0)?, row.get(1)?);
            let (Some(user), Some(license)) = (user, row.get(2)?) else { return Ok(()) };
            let license = count.license_of((kind, license), None);
            let segments = count.segments.within(states);
            let groups = filled(&segments, count.users.get(&user).into_iter().flatten(), blank);
            hold_all(count, license, &segments, &groups, &id, &user);
            Ok(())
        })
    }
}

/// Counts a holder for the segments of `held`, in the group of each.
fn hold_all(
    count: &mut Count,
    license: u32,
    held: &Range<usize>,
    groups: &[(Range<usize>, u32)],
    record_id: &str,
    user_id: &str,
) {
    for (segments, group) in groups {
        let both = segments.start.max(held.start)..segments.end.min(held.end);
        if !both.is_empty() {
            count.hold(license, &both, *group, record_id, user_id);
        }
    }
}

fn key_of(value: Option<String>) -> GroupKey {
    match value.as_deref().map(str::trim) {
        None | Some("") => GroupKey::Blank,
        Some(value) => GroupKey::Named(value.to_owned()),
    }
}

/// The names of a JSON list.
fn flags_of(list: Option<String>) -> Vec<String> {
    list.and_then(|list| serde_json::from_str(&list).ok()).unwrap_or_default()
}

fn gather(
    count: Count,
    whole_org: &HashMap<u32, Vec<i64>>,
    known: &BTreeMap<LicenseKind, Vec<bool>>,
    names: &HashMap<LicenseKey, Option<String>>,
) -> OrgDays {
    let Count { segments, licenses, groups, held, in_person, .. } = count;
    let mut by_license: Vec<Vec<GroupDays>> = vec![Vec::new(); licenses.values.len()];
    for ((license, group), mut held) in held {
        held.sort_unstable();
        let days = held.iter().map(|held| u64::from(held.days)).sum();
        let seats = held.iter().filter(|held| held.to_the_end).count();
        by_license[license as usize].push(GroupDays {
            key: groups.values[group as usize].clone(),
            days,
            seats: i64::try_from(seats).unwrap_or(i64::MAX),
            held,
        });
    }
    let mut all = Vec::new();
    for (number, ((kind, license_key), mut groups)) in licenses.values.into_iter().zip(by_license).enumerate()
    {
        let in_person = &in_person[number];
        let counted = u32::try_from(number).ok().and_then(|number| whole_org.get(&number));
        let outside: Vec<i64> = in_person
            .iter()
            .enumerate()
            .map(|(place, holders)| counted.map_or(0, |counted| (counted[place] - holders).max(0)))
            .collect();
        let length = |place: usize| u64::from(segments.days_in(&(place..place + 1)));
        let days = (0..).zip(&outside).map(|(place, holders)| holders.unsigned_abs() * length(place));
        let days: u64 = days.sum();
        if days > 0 {
            let seats = outside.last().copied().unwrap_or_default();
            groups.push(GroupDays { key: GroupKey::Outside, days, seats, held: Vec::new() });
        }
        groups.sort_by(|left, right| left.key.cmp(&right.key));
        let holders = segments.each_known_day(&known[&kind], |place| in_person[place] + outside[place]);
        let name = names.get(&(kind, license_key.clone())).cloned().flatten();
        all.push(LicenseDays { kind, license_key, name, holders, groups });
    }
    all.sort_by(|left, right| (left.kind, &left.license_key).cmp(&(right.kind, &right.license_key)));
    let known = known.iter().map(|(kind, states)| (*kind, segments.known_days(states))).collect();
    OrgDays { known, licenses: all }
}
