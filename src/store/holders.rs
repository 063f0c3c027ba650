//! Who holds which seat. What is known of a user and of a license is read once and shared by all their seats.

use std::collections::HashMap;
use std::rc::Rc;

use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::accounts::{AccountRow, accounts_of_org, instant};
use super::error::Doing as _;
use super::rows::Selection;
use super::{Error, Reader};

/// One seat and its holder.
#[derive(Clone, Debug)]
pub struct HolderRow {
    /// The holder, shared by all seats of the same user.
    pub account: Rc<AccountRow>,
    /// The license that the seat is of, shared by all its seats.
    pub license: Rc<HeldLicense>,
    /// When the seat was assigned; only permission set and package licenses tell.
    pub assigned_at: Option<Timestamp>,
}

/// A license that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLicense {
    /// `user`, `permission_set`, `package` or `feature`.
    pub kind: &'static str,
    /// Salesforce's id; for a feature license its flag.
    pub license_id: String,
    /// Key of the license as the view `licenses` has it; `None` when the license itself was not read.
    pub key: Option<String>,
    /// Label of the license as the view `licenses` has it; `None` when the license itself was not read.
    pub name: Option<String>,
}

/// The kinds in the order of a holder's seats.
const KINDS: [&str; 4] = ["user", "permission_set", "package", "feature"];

/// Where the licenses of a kind stand, as `org_no`, id, key and name.
const LICENSES: [&str; 4] = [
    "SELECT id, license_definition_key, name FROM user_license_now WHERE org_no = ?1",
    "SELECT id, permission_set_license_key, coalesce(label, developer_name)
     FROM permission_set_license_now WHERE org_no = ?1",
    "SELECT id, namespace_prefix, namespace_prefix FROM package_license_now WHERE org_no = ?1",
    "SELECT flag, flag, label FROM feature_license_now WHERE org_no = ?1",
];

/// Where assignments of seats stand: the place of their kind, and the user, the license and the time of each.
const ASSIGNMENTS: [(usize, &str); 2] = [
    (
        1,
        "SELECT assignee_id, permission_set_license_id, created_at
         FROM permission_set_license_assign_now WHERE org_no = ?1",
    ),
    (2, "SELECT user_id, package_license_id, created_at FROM user_package_license_now WHERE org_no = ?1"),
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
        mut each: impl FnMut(HolderRow) -> Result<(), E>,
    ) -> Result<(), E> {
        for (org_no, org) in self.selected_orgs(selection)? {
            let mut seats = Seats::default();
            for account in accounts_of_org(&self.connection, org_no, &org, &selection.companies)? {
                seats.add_account(account.row, account.features.as_deref());
            }
            for (kind, sql) in LICENSES.iter().enumerate() {
                seats.name_licenses(&self.connection, org_no, kind, sql)?;
            }
            let keeps_strangers = selection.companies.is_empty();
            for (kind, sql) in ASSIGNMENTS {
                seats.add_assignments(&self.connection, org_no, &org, kind, sql, keeps_strangers)?;
            }
            seats.into_rows().try_for_each(&mut each)?;
        }
        Ok(())
    }
}

/// The seats of an org while they are gathered.
#[derive(Default)]
struct Seats {
    accounts: Vec<Rc<AccountRow>>,
    account_places: HashMap<String, usize>,
    licenses: Vec<HeldLicense>,
    license_places: [HashMap<String, usize>; KINDS.len()],
    seats: Vec<Seat>,
}

/// A seat by the places of its holder and its license.
struct Seat {
    account: usize,
    license: usize,
    assigned_at: Option<Timestamp>,
}

impl Seats {
    fn add_account(&mut self, account: AccountRow, features: Option<&str>) {
        let place = self.accounts.len();
        if account.is_active == Some(true) {
            if let Some(license_id) = &account.user_license_id {
                self.add(place, 0, license_id, None);
            }
            let features = features.and_then(|features| serde_json::from_str::<Vec<String>>(features).ok());
            for flag in features.unwrap_or_default() {
                self.add(place, 3, &flag, None);
            }
        }
        self.account_places.insert(account.user_id.clone(), place);
        self.accounts.push(Rc::new(account));
    }

    fn add(&mut self, account: usize, kind: usize, license_id: &str, assigned_at: Option<Timestamp>) {
        let license = self.license(kind, license_id);
        self.seats.push(Seat { account, license, assigned_at });
    }

    fn license(&mut self, kind: usize, license_id: &str) -> usize {
        if let Some(place) = self.license_places[kind].get(license_id) {
            return *place;
        }
        let place = self.licenses.len();
        self.license_places[kind].insert(license_id.to_owned(), place);
        let license_id = license_id.to_owned();
        self.licenses.push(HeldLicense { kind: KINDS[kind], license_id, key: None, name: None });
        place
    }

    fn name_licenses(
        &mut self,
        connection: &Connection,
        org_no: i64,
        kind: usize,
        sql: &str,
    ) -> Result<(), Error> {
        let doing = "reading the licenses";
        let mut statement = connection.prepare_cached(sql).doing(doing)?;
        let read = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?));
        for license in statement.query_map([org_no], read).doing(doing)? {
            let (license_id, key, name) = license.doing(doing)?;
            let place = self.license(kind, &license_id);
            self.licenses[place] = HeldLicense { kind: KINDS[kind], license_id, key, name };
        }
        Ok(())
    }

    /// A holder whose record was not read is kept as a stranger: the seat is taken all the same.
    fn add_assignments(
        &mut self,
        connection: &Connection,
        org_no: i64,
        org: &Rc<str>,
        kind: usize,
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
            let account = match self.account_places.get(user_id) {
                Some(place) => *place,
                None if keeps_strangers => {
                    let user_id = user_id.to_owned();
                    self.add_account(
                        AccountRow { org: Rc::clone(org), user_id, ..AccountRow::default() },
                        None,
                    );
                    self.accounts.len() - 1
                }
                None => continue,
            };
            self.add(account, kind, license_id, instant(row.get(2).doing(doing)?));
        }
        Ok(())
    }

    fn into_rows(self) -> impl Iterator<Item = HolderRow> {
        let account_ranks = ranks(&self.accounts, |account| account.user_id.as_str());
        let kind_place = |license: &HeldLicense| KINDS.iter().position(|kind| *kind == license.kind);
        let license_ranks =
            ranks(&self.licenses, |license| (kind_place(license), license.license_id.as_str()));
        let licenses: Vec<_> = self.licenses.into_iter().map(Rc::new).collect();
        let (accounts, mut seats) = (self.accounts, self.seats);
        seats.sort_unstable_by_key(|seat| {
            (account_ranks[seat.account], license_ranks[seat.license], seat.assigned_at)
        });
        seats.into_iter().map(move |seat| HolderRow {
            account: Rc::clone(&accounts[seat.account]),
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
