//! A small org with three collected states, and its reports checked against what each state said when it was new.

use std::collections::BTreeMap;
use std::io;
use std::sync::OnceLock;

use seatledger::report::books::{Books, Contracts};
use seatledger::report::{Basis, Cell, Evidence, Made, Report, Rules, Sink};
use seatledger::store::{Reader, Selection};
use serde_json::Value;

use crate::site::Site;

/// The days that the three states were collected on; the last is more than a week after the first.
pub(super) const DAYS: [&str; 3] = ["2026-11-21", "2026-11-23", "2026-11-28"];

/// The columns of a contract file that are filled in here.
pub(super) const CONTRACT_HEADER: &str = "line_id,org,kind,license_key,quantity,price,price_period,uplift_percent,\
                                          currency,starts_on,ends_on,recorded_at\n";

/// Holders by kind, license key, company, department and cost center, as the views showed them when a state was new.
pub(super) type Holders = BTreeMap<[String; 5], i64>;

/// What is known of the site.
pub(super) struct Told {
    pub(super) site: Site,
    /// One for each state.
    pub(super) holders: Vec<Holders>,
    /// Holders over the whole org by kind and key, one for each state.
    pub(super) counted: Vec<BTreeMap<[String; 2], i64>>,
}

/// The site. The tests only read it.
pub(super) fn told() -> &'static Told {
    static TOLD: OnceLock<Told> = OnceLock::new();
    TOLD.get_or_init(|| {
        let site = Site::with_org_keys(
            300,
            "company_names = [\"Acme GmbH\", \"O'Brien & Söhne\"]\n\
             extra_fields = { User = [\"CostCenter__c\"] }\n\
             [finance]\ncontracts = \"contracts.csv\"",
        );
        site.home.write("contracts.csv", CONTRACT_HEADER);
        let (mut holders, mut counted) = (Vec::new(), Vec::new());
        let mut collect = || {
            site.run(&["collect"]).exits(0);
            holders.push(holders_of(&site));
            let rows = site.rows("SELECT kind, \"key\", sum(used_counted) FROM licenses GROUP BY 1, 2");
            counted.push(rows.into_iter().map(|row| (text_of(&row), number_of(&row[2]))).collect());
        };
        collect();
        site.later(48);
        change_people(&site);
        collect();
        site.later(126);
        change_people_back(&site);
        collect();
        let keys: Vec<_> =
            site.rows("SELECT kind, \"key\" FROM licenses WHERE used_counted > 3 ORDER BY 1, 2");
        assert!(keys.iter().any(|key| key[0].as_deref() == Some("user")), "{keys:?}");
        Told { site, holders, counted }
    })
}

fn text_of<const COLUMNS: usize>(row: &[Option<String>]) -> [String; COLUMNS] {
    std::array::from_fn(|column| row[column].clone().unwrap_or_default())
}

fn number_of(cell: &Option<String>) -> i64 {
    cell.as_ref().unwrap().parse().unwrap()
}

fn holders_of(site: &Site) -> Holders {
    let rows = site.rows(
        "SELECT a.kind, l.\"key\", u.company, u.department,
             json_extract(u.extra, '$.CostCenter__c'), count(*) FROM license_assignments AS a
         JOIN users AS u ON u.org = a.org AND u.user_id = a.user_id
         JOIN licenses AS l ON l.org = a.org AND l.kind = a.kind AND l.license_id = a.license_id
         GROUP BY 1, 2, 3, 4, 5",
    );
    rows.into_iter().map(|row| (text_of(&row), number_of(&row[5]))).collect()
}

/// Ids of active users with a seat of the org's own user license.
pub(super) fn some_users(site: &Site) -> Vec<String> {
    let rows = site.rows(
        "SELECT u.user_id FROM users AS u JOIN licenses AS l ON l.license_id = u.license_id
         WHERE u.is_active = 1 AND l.\"key\" = 'SFDC' AND u.user_type = 'Standard' ORDER BY 1 LIMIT 6",
    );
    let users: Vec<_> = rows.into_iter().map(|row| row[0].clone().unwrap()).collect();
    assert_eq!(users.len(), 6);
    users
}

fn set(site: &Site, user: &str, field: &str, value: impl Into<Value>) {
    site.server.set_field("User", user, field, &value.into()).unwrap();
}

/// One moves to another company, one to another department, one to none, one leaves, one loses a license.
fn change_people(site: &Site) {
    let users = some_users(site);
    let company = &site.rows(&format!("SELECT company FROM users WHERE user_id = '{}'", users[0]))[0][0];
    let other = if company.as_deref() == Some("Acme GmbH") { "O'Brien & Söhne" } else { "Acme GmbH" };
    set(site, &users[0], "CompanyName", other);
    set(site, &users[1], "Department", "Moved");
    set(site, &users[2], "Department", Value::Null);
    set(site, &users[3], "IsActive", false);
    set(site, &users[4], "Title", "Head of Nothing");
    let held = site.rows("SELECT id FROM permission_set_license_assign_now ORDER BY 1 LIMIT 2");
    for assignment in held {
        site.server.delete("PermissionSetLicenseAssign", assignment[0].as_ref().unwrap()).unwrap();
    }
}

/// One comes back, one who moved goes, and one who had moved is where they were.
fn change_people_back(site: &Site) {
    let gone = site.rows(
        "SELECT p.id FROM user_past AS p JOIN user_now AS n ON n.id = p.id
         WHERE p.is_active = 1 AND n.is_active = 0",
    );
    set(site, gone[0][0].as_ref().unwrap(), "IsActive", true);
    let moved = site.rows("SELECT user_id FROM users WHERE department = 'Moved'");
    site.server.delete("User", moved[0][0].as_ref().unwrap()).unwrap();
}

/// What a report gave to its reader, checked: every sum is the sum of its evidence.
pub(super) struct Given {
    rows: Vec<Vec<Cell<'static>>>,
    sums: BTreeMap<(Vec<String>, &'static str), i128>,
    pub(super) totals: Vec<Cell<'static>>,
    report: &'static Report,
}

/// Makes a report of the site's newest state.
pub(super) fn given(report: &'static Report, contracts: Option<&str>, rules: &Rules) -> Given {
    let reader = Reader::open(&told().site.home.path("seatledger.db")).unwrap();
    given_of(&reader, report, contracts, rules)
}

/// The site's database at its second state.
pub(super) fn second_state() -> Reader {
    let as_of = format!("{}T23:00:00Z", DAYS[1]).parse().unwrap();
    Reader::open_as_of(&told().site.home.path("seatledger.db"), as_of).unwrap()
}

/// The usual rules, and a time to compare with.
pub(super) fn since(time: &str) -> Rules {
    Rules { since: Some(time.parse().unwrap()), ..Rules::default() }
}

/// Makes a report of the state that the reader stands at.
pub(super) fn given_of(
    reader: &Reader,
    report: &'static Report,
    contracts: Option<&str>,
    rules: &Rules,
) -> Given {
    let as_of = reader.as_of(&[]).unwrap();
    let selection = Selection { orgs: Vec::new(), companies: Vec::new(), hides_rest: false, as_of };
    let contracts = contracts.map(|text| Contracts::parse(text, &["acme"]).unwrap());
    let books = Books { contracts, ..Books::default() };
    let mut given = Given { rows: Vec::new(), sums: BTreeMap::new(), totals: Vec::new(), report };
    let basis = Basis { reader, selection: &selection, books: &books, rules };
    given.totals = (report.write)(&basis, &mut given).unwrap();
    given.check();
    given
}

impl Sink for Given {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        assert_eq!(cells.len(), self.report.columns.len());
        self.rows.push(cells.iter().map(owned).collect());
        Ok(())
    }

    fn wants_evidence(&self) -> bool {
        true
    }

    fn evidence(&mut self, evidence: &Evidence<'_>) -> io::Result<()> {
        assert!(!evidence.because.is_empty() && !evidence.object.is_empty());
        let row = evidence.row.iter().map(|cell| cell.text().into_owned()).collect();
        *self.sums.entry((row, evidence.measure)).or_default() += whole(&evidence.amount).unwrap();
        Ok(())
    }
}

impl Given {
    /// The cells of each row by column.
    pub(super) fn rows(&self) -> impl Iterator<Item = BTreeMap<&'static str, Cell<'static>>> {
        let columns = self.report.columns.iter().map(|column| column.name);
        self.rows.iter().map(move |row| columns.clone().zip(row.iter().cloned()).collect())
    }

    /// A total by its name.
    pub(super) fn total(&self, name: &str) -> Option<i64> {
        let place = self.report.totals.iter().position(|total| total.name == name).unwrap();
        whole(&self.totals[place]).map(|number| number.try_into().unwrap())
    }

    fn check(&self) {
        let place = |name: &&str| self.report.columns.iter().position(|column| column.name == *name).unwrap();
        let mut keys = std::collections::BTreeSet::new();
        for row in &self.rows {
            let key: Vec<_> =
                self.report.key.iter().map(|name| row[place(name)].text().into_owned()).collect();
            for (column, cell) in self.report.columns.iter().zip(row) {
                let sum = self.sums.get(&(key.clone(), column.name)).copied();
                if column.made == Made::Sum {
                    let context = format!("{} {} {key:?}", self.report.id, column.name);
                    assert_eq!(whole(cell).unwrap_or_default(), sum.unwrap_or_default(), "{context}");
                } else {
                    assert_eq!(sum, None, "{} explains what is no sum", column.name);
                }
            }
            assert!(keys.insert(key.clone()), "{}: two rows are called {key:?}", self.report.id);
        }
        for (total, cell) in
            self.report.totals.iter().zip(&self.totals).filter(|(total, _)| total.made == Made::Sum)
        {
            let sum = self.sums.get(&(Vec::new(), total.name)).copied();
            assert_eq!(whole(cell).unwrap_or_default(), sum.unwrap_or_default(), "{}", total.name);
        }
        let stray = self.sums.keys().find(|(row, _)| !row.is_empty() && !keys.contains(row));
        assert_eq!(stray, None);
    }
}

fn owned(cell: &Cell<'_>) -> Cell<'static> {
    match cell {
        Cell::Null => Cell::Null,
        Cell::Text(text) => Cell::Text(text.clone().into_owned().into()),
        Cell::Integer(number) => Cell::Integer(*number),
        Cell::Number(number) => Cell::Number(*number),
        Cell::BasisPoints(points) => Cell::BasisPoints(*points),
        Cell::Money(money) => Cell::Money(*money),
        Cell::Boolean(yes) => Cell::Boolean(*yes),
    }
}

/// A number in its smallest unit.
pub(super) fn whole(cell: &Cell<'_>) -> Option<i128> {
    match cell {
        Cell::Integer(number) => Some(i128::from(*number)),
        Cell::Money(money) => Some(money.minor),
        _ => None,
    }
}
