//! Contract lines: what was bought, for how long, at what price, and when that became known.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::base::{Currency, Money};

/// The contract lines of all orgs, as they were known at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contracts {
    /// The lines that hold, in the order of org, kind, license, start and line id.
    pub lines: Vec<ContractLine>,
    /// Versions of lines that a later version replaced, and lines that were taken back.
    pub superseded: Vec<ContractLine>,
    /// What invoices hold beside licenses, in the order of org, day and line id.
    pub charges: Vec<InvoiceCharge>,
    /// Versions of charges that a later version replaced, and charges that were taken back.
    pub superseded_charges: Vec<InvoiceCharge>,
}

impl Contracts {
    /// What was known at this time: later versions are not yet there, and what they replaced still holds.
    #[must_use]
    pub fn known_on(&self, time: Timestamp) -> Self {
        let versions = self.superseded.iter().chain(&self.lines).filter(|line| line.recorded_at <= time);
        let charges = self.superseded_charges.iter().chain(&self.charges);
        let charges = charges.filter(|charge| charge.recorded_at <= time);
        Self::of_versions(versions.cloned().collect(), charges.cloned().collect())
    }

    /// Settles which version of each line and each charge holds: the one recorded last. One without seats takes the line
    /// back, one of no amount the charge.
    pub(super) fn of_versions(mut versions: Vec<ContractLine>, mut charges: Vec<InvoiceCharge>) -> Self {
        versions.sort_by_key(|version| version.recorded_at);
        let mut newest: BTreeMap<_, ContractLine> = BTreeMap::new();
        let mut superseded = Vec::new();
        for version in versions {
            superseded.extend(newest.insert(version.identity(), version));
        }
        let (lines, taken_back): (Vec<_>, Vec<_>) =
            newest.into_values().partition(|version| version.quantity > 0);
        superseded.extend(taken_back);
        charges.sort_by_key(|version| version.recorded_at);
        let mut newest: BTreeMap<_, InvoiceCharge> = BTreeMap::new();
        let mut superseded_charges = Vec::new();
        for version in charges {
            superseded_charges.extend(newest.insert((version.org.clone(), version.line_id.clone()), version));
        }
        let (mut charges, taken_back): (Vec<_>, Vec<_>) =
            newest.into_values().partition(|version| version.amount.minor != 0);
        superseded_charges.extend(taken_back);
        charges.sort_by(|one, other| one.place().cmp(&other.place()));
        Self { lines, superseded, charges, superseded_charges }
    }

    /// How many versions do not hold.
    pub fn superseded_versions(&self) -> usize {
        self.superseded.len() + self.superseded_charges.len()
    }

    /// Whether the file has no row under its header.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
            && self.superseded.is_empty()
            && self.charges.is_empty()
            && self.superseded_charges.is_empty()
    }

    /// The lines of a license whose term holds this day, in the order of their starts.
    pub fn in_force<'a>(
        &'a self,
        org: &str,
        kind: &str,
        license_key: &str,
        day: Date,
    ) -> impl Iterator<Item = &'a ContractLine> {
        self.of_license(org, kind, license_key).iter().filter(move |line| line.holds_on(day))
    }

    /// Whether a term of the license starts this day.
    pub fn starts(&self, org: &str, kind: &str, license_key: &str, day: Date) -> bool {
        let lines = self.of_license(org, kind, license_key);
        lines.binary_search_by_key(&day, |line| line.starts_on).is_ok()
    }

    /// The lines of each license together, by org, kind and license.
    pub fn by_license(&self) -> impl Iterator<Item = &[ContractLine]> {
        self.lines.chunk_by(|one, other| one.license() == other.license())
    }

    /// The lines of a license: neighbors, because they are sorted.
    fn of_license(&self, org: &str, kind: &str, license_key: &str) -> &[ContractLine] {
        let license = (org, kind, license_key);
        let begin = self.lines.partition_point(|line| line.license() < license);
        let count = self.lines[begin..].partition_point(|line| line.license() == license);
        &self.lines[begin..begin + count]
    }

    /// The seats of a license that are under contract this day; `None` without any line.
    pub fn contracted(&self, org: &str, kind: &str, license_key: &str, day: Date) -> Option<i64> {
        self.in_force(org, kind, license_key, day).map(|line| line.quantity).reduce(|sum, seats| sum + seats)
    }

    /// The line whose price a further seat of the license has this day: of several, the one that began last. `None` when
    /// the seat is unpriced.
    pub fn price(&self, org: &str, kind: &str, license_key: &str, day: Date) -> Option<&ContractLine> {
        self.in_force(org, kind, license_key, day)
            .max_by(|one, other| (one.starts_on, &one.line_id).cmp(&(other.starts_on, &other.line_id)))
    }

    /// The line whose price any seat of the license has this day: of several, the one with most seats, and of equals the
    /// one that began first. `None` when the seat is unpriced.
    pub fn price_of_seat(
        &self,
        org: &str,
        kind: &str,
        license_key: &str,
        day: Date,
    ) -> Option<&ContractLine> {
        self.in_force(org, kind, license_key, day)
            .max_by_key(|line| (line.quantity, Reverse((line.starts_on, &line.line_id))))
    }

    /// Whether the next term of a line is known: a line of the same license begins on the day this one ends.
    pub fn is_renewed(&self, line: &ContractLine) -> bool {
        self.starts(&line.org, &line.kind, &line.license_key, line.ends_on)
    }

    /// Whether the renewal of a line can still be another one on this day: it is not renewed, and will not be by itself.
    pub fn is_renewal_open(&self, line: &ContractLine, day: Date) -> bool {
        !self.is_renewed(line) && !line.has_missed_notice(day)
    }

    /// The line whose price holds nearest to a day on which the license has none: the last price before it, else the
    /// first one after it. `None` when the license has no line at all.
    pub fn nearest_price(
        &self,
        org: &str,
        kind: &str,
        license_key: &str,
        day: Date,
    ) -> Option<&ContractLine> {
        let lines = self.of_license(org, kind, license_key);
        let last_end = lines.iter().map(|line| line.ends_on).filter(|ends_on| *ends_on <= day).max();
        let last_day = last_end.and_then(|ends_on| ends_on.yesterday().ok());
        let next_start = lines.iter().map(|line| line.starts_on).filter(|starts_on| *starts_on > day).min();
        self.price(org, kind, license_key, last_day.or(next_start)?)
    }
}

/// The key of `known` that was probably meant by `wanted`, whatever its case.
pub fn nearest_key<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// Names that share fewer letters are another license, not a slip of the hand.
    const LEAST_LIKENESS: f64 = 0.8;
    let wanted = wanted.to_lowercase();
    let likeness = |name: &str| strsim::jaro_winkler(&name.to_lowercase(), &wanted);
    let like = known.filter(|name| likeness(name) >= LEAST_LIKENESS);
    like.max_by(|left, right| likeness(left).total_cmp(&likeness(right)))
}

/// One order line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractLine {
    /// Its line in the file, counted from 1.
    pub file_line: u64,
    /// What names it in the contract. Lines of one org and license may share it when their terms do not overlap.
    pub line_id: String,
    /// Short name of the org.
    pub org: String,
    /// `user`, `permission_set`, `package` or `feature`.
    pub kind: String,
    /// Key of the license as the view `licenses` has it.
    pub license_key: String,
    /// What the seller calls it.
    pub sku: String,
    /// Seats.
    pub quantity: i64,
    /// For one seat and one period, in units of the currency.
    pub price: Decimal,
    /// The period that the price is for.
    pub price_period: PricePeriod,
    /// The price of a further seat during the term, for the same period, when it is another one.
    pub add_on_price: Option<Decimal>,
    /// The seller's list price for the same period.
    pub list_price: Option<Decimal>,
    /// What prices are counted in.
    pub currency: Currency,
    /// First day of the term.
    pub starts_on: Date,
    /// First day after the term.
    pub ends_on: Date,
    /// How often it is invoiced.
    pub billing: Billing,
    /// Days before the end by which notice must be given.
    pub notice_days: Option<i64>,
    /// Whether it renews by itself.
    pub auto_renew: bool,
    /// What a renewal adds to the price.
    pub uplift_percent: Option<Decimal>,
    /// The invoices that bill it, in order.
    pub invoice_ids: Vec<String>,
    /// Who invoices it.
    pub invoice_issuer: String,
    /// When this became known; a later version of the line with the same start replaces an earlier one from then on.
    pub recorded_at: Timestamp,
}

impl ContractLine {
    /// Whether its term holds this day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.starts_on <= day && day < self.ends_on
    }

    /// The price of a further seat during the term.
    pub fn price_of_add_on(&self) -> Decimal {
        self.add_on_price.unwrap_or(self.price)
    }

    /// The last day on which notice can be given.
    pub fn notice_on(&self) -> Option<Date> {
        self.ends_on.checked_sub(jiff::Span::new().try_days(self.notice_days?).ok()?).ok()
    }

    /// Whether it renews by itself and notice can no longer be given on this day.
    pub fn has_missed_notice(&self, day: Date) -> bool {
        self.auto_renew && self.notice_on().is_some_and(|last_day| last_day < day)
    }

    /// The org, the kind and the key of its license, by which the lines are sorted first.
    pub(super) fn license(&self) -> (&str, &str, &str) {
        (&self.org, &self.kind, &self.license_key)
    }

    /// What versions of one line share, in the order of the lines.
    fn identity(&self) -> (String, String, String, Date, String) {
        (self.org.clone(), self.kind.clone(), self.license_key.clone(), self.starts_on, self.line_id.clone())
    }
}

/// Something on an invoice that is no license: its amount counts once, on its day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceCharge {
    /// Its line in the file, counted from 1.
    pub file_line: u64,
    /// What names it within the org; a later version of it replaces an earlier one.
    pub line_id: String,
    /// Short name of the org.
    pub org: String,
    /// What it is.
    pub charge: Charge,
    /// What the seller calls it; may be empty.
    pub sku: String,
    /// Below zero for a credit.
    pub amount: Money,
    /// The day it is invoiced.
    pub charged_on: Date,
    /// The invoice that it stands on.
    pub invoice_id: String,
    /// Who invoices it.
    pub invoice_issuer: String,
    /// When it became known.
    pub recorded_at: Timestamp,
}

impl InvoiceCharge {
    fn place(&self) -> (&str, Date, &str) {
        (&self.org, self.charged_on, &self.line_id)
    }
}

/// What a charge is that buys no license.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// A tax.
    Tax,
    /// Money that the seller gives back.
    Credit,
}

/// The period that a price is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PricePeriod {
    /// A month.
    Month,
    /// A year.
    Year,
    /// The whole term.
    Term,
}

impl PricePeriod {
    /// Its word in a contract file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Year => "year",
            Self::Term => "term",
        }
    }
}

/// How often a line is invoiced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Billing {
    /// Once, for the whole term.
    Once,
    /// Every month.
    Monthly,
    /// Every three months.
    Quarterly,
    /// Every six months.
    SemiAnnually,
    /// Every year.
    Annually,
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
line_id,org,kind,license_key,quantity,price,price_period,add_on_price,currency,starts_on,ends_on,notice_days,recorded_at
0001,acme,user,SFDC,100,131.25,month,,EUR,2025-10-01,2026-10-01,60,2025-09-15
0001,acme,user,SFDC,110,131.25,month,,EUR,2025-10-01,2026-10-01,60,2025-12-01T12:00:00Z
0001,acme,user,SFDC,120,140,month,150,EUR,2026-10-01,2027-10-01,60,2026-09-15
0002,acme,user,SFDC,20,145,month,,EUR,2026-01-01,2027-01-01,,2026-01-01
0003,acme,user,AUL,10,25,month,,EUR,2026-01-01,2027-01-01,,2026-01-01
0003,acme,user,AUL,0,25,month,,EUR,2026-01-01,2027-01-01,,2026-02-01
";

    fn contracts() -> Contracts {
        Contracts::parse(FILE, &["acme"]).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_license_is_priced_by_the_term_that_holds() {
        let contracts = contracts();
        let cases = [
            ("SFDC", "2025-09-30", None, None),
            ("SFDC", "2025-10-01", Some(110), Some(2)),
            ("SFDC", "2026-02-01", Some(130), Some(4)),
            ("SFDC", "2026-09-30", Some(130), Some(4)),
            ("SFDC", "2026-10-01", Some(140), Some(3)),
            ("SFDC", "2027-01-01", Some(120), Some(3)),
            ("SFDC", "2027-10-01", None, None),
            ("AUL", "2026-02-01", None, None),
        ];
        for (key, on, seats, line) in cases {
            assert_eq!(contracts.contracted("acme", "user", key, day(on)), seats, "{key} {on}");
            let price = contracts.price("acme", "user", key, day(on));
            assert_eq!(price.map(|line| line.file_line - 1), line, "{key} {on}");
        }
        assert_eq!(contracts.contracted("acme", "package", "SFDC", day("2026-10-01")), None);
        assert_eq!(contracts.contracted("labs", "user", "SFDC", day("2026-10-01")), None);
    }

    #[test]
    fn a_seat_has_the_price_of_the_line_with_most_seats() {
        let contracts = contracts();
        for (on, line) in [
            ("2025-09-30", None),
            ("2026-02-01", Some("0001")),
            ("2026-12-31", Some("0001")),
            ("2027-10-01", None),
        ] {
            let found = contracts.price_of_seat("acme", "user", "SFDC", day(on));
            assert_eq!(found.map(|line| line.line_id.as_str()), line, "{on}");
        }
        let equals = FILE.replace("user,SFDC,20,", "user,SFDC,110,");
        let equals = Contracts::parse(&equals, &["acme"]).unwrap();
        let found = equals.price_of_seat("acme", "user", "SFDC", day("2026-02-01")).unwrap();
        assert_eq!(found.line_id, "0001", "it began first");
    }

    #[test]
    fn a_renewal_is_open_until_it_is_agreed_or_notice_is_over() {
        let header = FILE.lines().next().unwrap_or_default().replace("notice_days", "notice_days,auto_renew");
        let line = |cells: &str| format!("\n{cells},2026-01-01");
        let text = [
            line("1,acme,user,A,1,1,month,,EUR,2026-01-01,2027-01-01,60,yes"),
            line("1,acme,user,B,1,1,month,,EUR,2026-01-01,2027-01-01,60,no"),
            line("1,acme,user,C,1,1,month,,EUR,2026-01-01,2027-01-01,,yes"),
            line("1,acme,user,D,1,1,month,,EUR,2026-01-01,2027-01-01,,no"),
            line("2,acme,user,D,1,1,month,,EUR,2027-01-01,2028-01-01,,no"),
        ];
        let contracts = Contracts::parse(&(header + &text.concat()), &["acme"]).unwrap();
        for (key, on, is_open) in [
            ("A", "2026-11-02", true),
            ("A", "2026-11-03", false),
            ("B", "2026-11-03", true),
            ("C", "2026-12-31", true),
            ("D", "2026-02-01", false),
            ("D", "2027-02-01", true),
        ] {
            let line = contracts.price("acme", "user", key, day(on)).unwrap();
            assert_eq!(contracts.is_renewal_open(line, day(on)), is_open, "{key} {on}");
        }
    }

    #[test]
    fn the_lines_of_a_license_are_found_among_those_of_others() {
        let licenses = [
            "labs,user,AUL",
            "acme,user,SFDC",
            "acme,package,SFDC",
            "acme,user,SFD",
            "acme,user,SFDC",
            "labs,package,B",
        ];
        let mut file = FILE.lines().next().unwrap_or_default().to_owned();
        for (month, license) in (1..).zip(licenses) {
            file += &format!("\n{month},{license},1,1,year,,EUR,2026-0{month}-01,2027-01-01,,2026-01-01");
        }
        let contracts = Contracts::parse(&file, &["acme", "labs"]).unwrap();
        for org in ["aaa", "acme", "labs", "zzz"] {
            for kind in ["feature", "package", "user"] {
                for key in ["A", "AUL", "B", "SFD", "SFDC", "SFDCC"] {
                    for month in 1..=12 {
                        let day = Date::constant(2026, month, 1);
                        let is_meant = |line: &&ContractLine| line.license() == (org, kind, key);
                        let meant = || contracts.lines.iter().filter(is_meant);
                        let holding: Vec<_> = meant().filter(|line| line.holds_on(day)).collect();
                        let found: Vec<_> = contracts.in_force(org, kind, key, day).collect();
                        assert_eq!(found, holding, "{org} {kind} {key} {day}");
                        let starts = meant().any(|line| line.starts_on == day);
                        assert_eq!(contracts.starts(org, kind, key, day), starts, "{org} {kind} {key} {day}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_was_known_earlier_can_be_had_again() {
        let contracts = contracts();
        let known = |time: &str| contracts.known_on(time.parse().unwrap());
        let seats = |time: &str, key, on| known(time).contracted("acme", "user", key, day(on));
        assert_eq!(seats("2025-09-14T23:59:59Z", "SFDC", "2025-10-01"), None);
        assert_eq!(seats("2025-09-15T00:00:00Z", "SFDC", "2025-10-01"), Some(100));
        assert_eq!(seats("2025-12-01T11:59:59Z", "SFDC", "2025-10-01"), Some(100));
        assert_eq!(seats("2025-12-01T12:00:00Z", "SFDC", "2025-10-01"), Some(110));
        assert_eq!(seats("2026-01-15T00:00:00Z", "AUL", "2026-03-01"), Some(10));
        assert_eq!(seats("2026-02-01T00:00:00Z", "AUL", "2026-03-01"), None);
        assert_eq!(known("2030-01-01T00:00:00Z"), contracts);
        let then = known("2026-01-15T00:00:00Z");
        assert_eq!(then.known_on("2026-01-15T00:00:00Z".parse().unwrap()), then);
    }

    #[test]
    fn a_later_version_of_a_charge_replaces_it() {
        let text = "charge,line_id,org,kind,license_key,quantity,price,price_period,currency,starts_on,ends_on,amount,\
                    invoice_ids,recorded_at\n\
                    credit,C-1,acme,,,,,,EUR,2026-10-02,,-100,I-1,2026-10-02\n\
                    tax,T-1,acme,,,,,,EUR,2026-10-01,,19.00,I-1,2026-10-01\n\
                    credit,C-1,acme,,,,,,EUR,2026-10-02,,-60,I-1,2026-10-05\n\
                    tax,T-1,acme,,,,,,EUR,2026-10-01,,0,I-1,2026-10-07\n";
        let contracts = Contracts::parse(text, &["acme"]).unwrap_or_else(|problems| panic!("{problems:?}"));
        let known = |time: &str| -> Vec<_> {
            let known = contracts.known_on(time.parse().unwrap());
            assert_eq!(known.known_on("2030-01-01T00:00:00Z".parse().unwrap()), known);
            known.charges.iter().map(|charge| charge.amount.amount_text()).collect()
        };
        assert_eq!(known("2026-10-01T00:00:00Z"), ["19.00"]);
        assert_eq!(known("2026-10-02T00:00:00Z"), ["19.00", "-100.00"]);
        assert_eq!(known("2026-10-05T00:00:00Z"), ["19.00", "-60.00"]);
        assert_eq!(known("2026-10-07T00:00:00Z"), ["-60.00"]);
        assert_eq!((contracts.charges.len(), contracts.superseded_versions()), (1, 3));

        let twice = text.replace("2026-10-05", "2026-10-02");
        let problems = Contracts::parse(&twice, &["acme"]).unwrap_err();
        assert!(problems[0].message.contains("in line 2 with the same recorded_at"), "{problems:?}");
    }

    #[test]
    fn notice_is_given_days_before_the_end() {
        let contracts = contracts();
        let renewed = contracts.price("acme", "user", "SFDC", day("2026-10-01")).unwrap();
        assert_eq!(renewed.notice_on(), Some(day("2027-08-02")));
        assert_eq!(renewed.price_of_add_on().to_string(), "150");
        let without = contracts.price("acme", "user", "SFDC", day("2026-02-01")).unwrap();
        assert_eq!((without.notice_on(), without.price_of_add_on().to_string()), (None, "145".to_owned()));
    }
}
