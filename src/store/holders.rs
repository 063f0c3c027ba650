//! Who holds which seat. What is known of a user and of a license is read once and shared by all their seats.

use std::rc::Rc;

use hashbrown::HashMap;
use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::error::Doing as _;
use super::holder::{HeldLicense, Holder, instant};
use super::rows::Selection;
use super::{Error, Reader};
use crate::catalogue::LicenseKind;

/// One seat and its holder.
#[derive(Clone, Debug)]
pub struct HolderRow {
    /// The holder, shared by all seats of the same user.
    pub holder: Rc<Holder>,
    /// The license that the seat is of, shared by all its seats.
    pub license: Rc<HeldLicense>,
    /// When the seat was assigned; only permission set and package licenses tell.
    pub assigned_at: Option<Timestamp>,
}

impl HolderRow {
    /// The Salesforce object that the license is a record of; of a feature license, the one with its checkbox.
    pub fn object(&self) -> &'static str {
        LicenseKind::from_word(self.license.kind).map_or("User", LicenseKind::license_object)
    }
}

/// Where the licenses of a kind stand, as `org_no`, id, key and name.
const fn licenses_of(kind: LicenseKind) -> &'static str {
    match kind {
        LicenseKind::User => {
            "SELECT id, license_definition_key, name FROM user_license_now WHERE org_no = ?1"
        }
        LicenseKind::PermissionSet => {
            "SELECT id, permission_set_license_key, coalesce(label, developer_name)
             FROM permission_set_license_now WHERE org_no = ?1"
        }
        LicenseKind::Package => {
            "SELECT id, namespace_prefix, namespace_prefix FROM package_license_now WHERE org_no = ?1"
        }
        LicenseKind::Feature => "SELECT flag, flag, label FROM feature_license_now WHERE org_no = ?1",
    }
}

/// Where assignments of seats stand: their kind, and the user, the license and the time of each.
const ASSIGNMENTS: [(LicenseKind, &str); 2] = [
    (
        LicenseKind::PermissionSet,
        "SELECT assignee_id, permission_set_license_id, created_at
         FROM permission_set_license_assign_now WHERE org_no = ?1",
    ),
    (
        LicenseKind::Package,
        "SELECT user_id, package_license_id, created_at FROM user_package_license_now WHERE org_no = ?1",
    ),
];

impl Reader {
    /// Hands each held seat to `each`, by org, user id, kind (user, permission set, package, feature) and license id.
    /// Deactivated users hold no user and feature licenses. With companies selected, only the seats of their users.
    ///
    /// # Errors
    /// Those of `each`, and [`Error::Statement`] when the database refuses.
    pub fn holders<E: From<Error>>(
        &self,
        selection: &Selection,
        each: impl FnMut(&HolderRow) -> Result<(), E>,
    ) -> Result<(), E> {
        self.holdings(selection)?.iter().flat_map(|held| &held.seats).try_for_each(each)
    }

    /// The same seats org by org, with all users, whether they hold a seat or not.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn holdings(&self, selection: &Selection) -> Result<Vec<Rc<Holdings>>, Error> {
        let orgs = self.selected_orgs(selection)?;
        orgs.iter().map(|(org_no, org)| self.holdings_of(*org_no, org, &selection.companies)).collect()
    }

    /// The seats of an org, read once: what a reader shows does not change, and a feed asks for them ten times.
    fn holdings_of(&self, org_no: i64, org: &Rc<str>, companies: &[String]) -> Result<Rc<Holdings>, Error> {
        self.held.get(org_no, companies, || self.read_holdings(org_no, org, companies).map(Rc::new))
    }

    fn read_holdings(&self, org_no: i64, org: &Rc<str>, companies: &[String]) -> Result<Holdings, Error> {
        let mut seats = Seats::default();
        for record in &*self.users_of(org_no, org, companies)? {
            seats.add_holder(Rc::clone(&record.holder), record.features.as_deref());
        }
        let users = seats.holders.clone();
        for kind in LicenseKind::ALL {
            seats.name_licenses(&self.connection, org_no, kind)?;
        }
        for (kind, sql) in ASSIGNMENTS {
            seats.add_assignments(&self.connection, org_no, org, kind, sql, companies.is_empty())?;
        }
        Ok(Holdings { users, seats: seats.into_rows().collect() })
    }
}

/// Who is in an org, and who holds what.
pub struct Holdings {
    /// The users, by id.
    pub users: Vec<Rc<Holder>>,
    /// The seats, by user id, kind and license id; also those of users whose record was not read.
    pub seats: Vec<HolderRow>,
}

impl Holdings {
    /// The seats of each user who holds any.
    pub fn by_holder(&self) -> impl Iterator<Item = &[HolderRow]> {
        self.seats.chunk_by(|one, other| Rc::ptr_eq(&one.holder, &other.holder))
    }
}

/// The seats of an org while they are gathered.
#[derive(Default)]
struct Seats {
    holders: Vec<Rc<Holder>>,
    holder_places: HashMap<String, usize>,
    licenses: Vec<HeldLicense>,
    license_places: [HashMap<String, usize>; LicenseKind::ALL.len()],
    feature_lists: HashMap<String, Vec<usize>>,
    seats: Vec<Seat>,
}

/// A seat by the places of its holder and its license.
struct Seat {
    holder: usize,
    license: usize,
    assigned_at: Option<Timestamp>,
}

impl Seats {
    fn add_holder(&mut self, holder: Rc<Holder>, features: Option<&str>) {
        let place = self.holders.len();
        if holder.is_active == Some(true) {
            if let Some(license) = &holder.user_license {
                self.add(place, LicenseKind::User, &license.license_id, None);
            }
            for license in features.map(|features| self.features(features)).unwrap_or_default() {
                self.seats.push(Seat { holder: place, license, assigned_at: None });
            }
        }
        self.holder_places.insert(holder.user_id.clone(), place);
        self.holders.push(holder);
    }

    /// The feature licenses of a JSON list. Few lists serve many users.
    fn features(&mut self, list: &str) -> Vec<usize> {
        if let Some(places) = self.feature_lists.get(list) {
            return places.clone();
        }
        let flags = serde_json::from_str::<Vec<String>>(list).unwrap_or_default();
        let places: Vec<usize> = flags.iter().map(|flag| self.license(LicenseKind::Feature, flag)).collect();
        self.feature_lists.insert(list.to_owned(), places.clone());
        places
    }

    fn add(&mut self, holder: usize, kind: LicenseKind, license_id: &str, assigned_at: Option<Timestamp>) {
        let license = self.license(kind, license_id);
        self.seats.push(Seat { holder, license, assigned_at });
    }

    fn license(&mut self, kind: LicenseKind, license_id: &str) -> usize {
        if let Some(place) = self.license_places[kind as usize].get(license_id) {
            return *place;
        }
        let place = self.licenses.len();
        self.license_places[kind as usize].insert(license_id.to_owned(), place);
        let license_id = license_id.to_owned();
        self.licenses.push(HeldLicense { kind: kind.word(), license_id, key: None, name: None });
        place
    }

    fn name_licenses(
        &mut self,
        connection: &Connection,
        org_no: i64,
        kind: LicenseKind,
    ) -> Result<(), Error> {
        let doing = "reading the licenses";
        let mut statement = connection.prepare_cached(licenses_of(kind)).doing(doing)?;
        let read = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?));
        for license in statement.query_map([org_no], read).doing(doing)? {
            let (license_id, key, name) = license.doing(doing)?;
            let place = self.license(kind, &license_id);
            self.licenses[place] = HeldLicense { kind: kind.word(), license_id, key, name };
        }
        Ok(())
    }

    /// A holder whose record was not read is kept as a stranger: the seat is taken all the same.
    fn add_assignments(
        &mut self,
        connection: &Connection,
        org_no: i64,
        org: &Rc<str>,
        kind: LicenseKind,
        sql: &str,
        keeps_strangers: bool,
    ) -> Result<(), Error> {
        let doing = "reading the assignments of licenses";
        let mut statement = connection.prepare_cached(sql).doing(doing)?;
        let mut rows = statement.query([org_no]).doing(doing)?;
        while let Some(row) = rows.next().doing(doing)? {
            let text = |place| row.get_ref(place).and_then(|value| Ok(value.as_str_or_null()?));
            let (Some(user_id), Some(license_id)) = (text(0).doing(doing)?, text(1).doing(doing)?) else {
                continue;
            };
            let holder = match self.holder_places.get(user_id) {
                Some(place) => *place,
                None if keeps_strangers => {
                    let user_id = user_id.to_owned();
                    self.add_holder(
                        Rc::new(Holder { org: Rc::clone(org), user_id, ..Holder::default() }),
                        None,
                    );
                    self.holders.len() - 1
                }
                None => continue,
            };
            self.add(holder, kind, license_id, instant(row.get(2).doing(doing)?));
        }
        Ok(())
    }

    fn into_rows(self) -> impl Iterator<Item = HolderRow> {
        let holder_ranks = ranks(&self.holders, |holder| holder.user_id.as_str());
        let license_ranks = ranks(&self.licenses, |license| {
            (LicenseKind::from_word(license.kind), license.license_id.as_str())
        });
        let licenses: Vec<_> = self.licenses.into_iter().map(Rc::new).collect();
        let (holders, mut seats) = (self.holders, self.seats);
        seats.sort_unstable_by_key(|seat| {
            (holder_ranks[seat.holder], license_ranks[seat.license], seat.assigned_at)
        });
        seats.into_iter().map(move |seat| HolderRow {
            holder: Rc::clone(&holders[seat.holder]),
            license: Rc::clone(&licenses[seat.license]),
            assigned_at: seat.assigned_at,
        })
    }
}

/// For each item its place in the order of `key`.
fn ranks<'a, Item, Key: Ord>(items: &'a [Item], key: impl Fn(&'a Item) -> Key) -> Vec<usize> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_unstable_by_key(|place| key(&items[*place]));
    let mut ranks = vec![0; items.len()];
    for (rank, place) in order.into_iter().enumerate() {
        ranks[place] = rank;
    }
    ranks
}
