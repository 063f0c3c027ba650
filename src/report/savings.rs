//! Report `savings`: seats to use again now, costs to avoid at the renewal, and what was saved since an earlier state.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::books::{Book, ContractLine};
use super::charges::{holding_object, license_object};
use super::counted_holders::CountedHolders;
use super::diff::earlier_states;
use super::evidence::prove_by_line;
use super::licenses::license_state;
use super::measure::amortization::seat_year;
use super::measure::reclaim::Verdict;
use super::measure::{Avoided, LicenseState, Seats, avoid_at_renewal, avoidable_seats};
use super::seat_judge::{JudgedSeat, judge_seats};
use super::table::{Cell, Column, Kind};
use super::user_columns::LICENSE_STATE;
use super::{
    Basis, Error, Evidence, Formula, Reach, Report, ReportOption, Sink, USERS_THEN_LICENSES, all_names,
    knows_all,
};
use crate::base::{Currency, Money, utc_text};
use crate::catalogue::LicenseKind;
use crate::store::{AssignmentChange, LicenseRow};

/// The report.
pub const SAVINGS: Report = Report {
    id: "savings",
    title: "Savings",
    description: "Seats to use again, costs to avoid at the renewal, and what was saved since an earlier state",
    definition: "Three numbers that are never added, because they speak of the same seats at different times. \
                 `reusable_now` counts the reclaimable seats, which save nothing until the next purchase: a term \
                 that runs is paid. `avoidable_at_renewal` is what the seats beyond those that people need, less \
                 `--buffer`, would cost for the next term of the contract lines in force whose renewal is open, \
                 at their price with uplift. A renewal is open unless `renewals` says that the line is renewed or that its \
                 notice was missed: what is committed cannot be avoided. `avoidable_seats` are the smaller of `seats` and `contracted`, less the holders that are not \
                 reclaimable, less the buffer: a seat beyond the contract is not renewed, and where more people need \
                 seats than are under contract (`true-up` counts them) nothing can be avoided. No line is reduced by more \
                 than its seats, nor all together by more than the seats of those with an open renewal, and the one that ends first comes first. `realized` counts assignments that were there at `--since` (else thirty days before as_of, or at the \
                 oldest state) and are gone, each with the price of a seat for twelve months (of several lines in force, that of the line with most seats; of \
                 equals the one that began first); they were removed in \
                 fact, whatever was planned. Where no state is earlier than the newest there is nothing to compare \
                 with, and `since_at`, `realized_seats` and `realized` are empty. A license without a contract line in \
                 force is unpriced: its amounts are empty, and all its seats count as if they were renewed. Of a \
                 license that is expired or disabled no seat is spare: none can be used again, and none was to be \
                 renewed. Where lines are in several currencies, the seats stand in the row of the line with most. \
                 Reclaimable are only users of the configured companies; the seats are those of the whole org.",
    reach: Reach::WholeOrgs,
    options: &[ReportOption::Window, ReportOption::KnownOn, ReportOption::Since, ReportOption::Buffer],
    columns: &[
        Column::new("org", Kind::Text, "Short name of the org").shown(),
        Column::new("kind", Kind::Text, "user, permission_set, package or feature").shown(),
        Column::new("license_id", Kind::Text, "Salesforce's id of the license"),
        Column::new("license_key", Kind::Text, "Key of the license, the same in every org"),
        Column::new("license", Kind::Text, "Label of the license; not unique").shown(),
        LICENSE_STATE,
        Column::new("seats", Kind::Integer, "Seats; empty when unlimited or unknown").of(&[
            "UserLicense.TotalLicenses",
            "PermissionSetLicense.TotalLicenses",
            "PackageLicense.AllowedLicenses",
        ]),
        Column::new("contracted", Kind::Integer, "Seats under contract; empty without a line")
            .asks(Book::Contracts)
            .sum(),
        Column::new("assigned", Kind::Integer, "Holders counted over the whole org").sum(),
        Column::new("unassigned", Kind::Integer, "Seats that nobody holds and somebody could be given")
            .from(Formula::Rule, &["seats", "assigned", "state"])
            .shown(),
        Column::new("reusable_now", Kind::Integer, "Reclaimable seats, to use instead of the next purchase")
            .sum()
            .shown(),
        Column::new(
            "avoidable_seats",
            Kind::Integer,
            "Seats, at most those under contract, beyond those of people who need one, less those kept free",
        )
        .from(Formula::Rule, &["seats", "contracted", "assigned", "reusable_now", "state"]),
        Column::new(
            "avoidable_at_renewal",
            Kind::Money,
            "What they would cost for the next term; empty when unpriced",
        )
        .asks(Book::Contracts)
        .sum()
        .shown(),
        Column::new(
            "renews_on",
            Kind::Date,
            "First day after the term that ends first of the lines whose renewal is open; empty without one",
        )
        .asks(Book::Contracts)
        .shown(),
        Column::new("since_at", Kind::DateTime, "When the earlier state was collected; empty without one"),
        Column::new(
            "realized_seats",
            Kind::Integer,
            "Assignments that are gone since then; empty without an earlier state",
        )
        .sum()
        .shown(),
        Column::new(
            "realized",
            Kind::Money,
            "Their price for twelve months; empty when unpriced or without an earlier state",
        )
        .asks(Book::Contracts)
        .sum()
        .shown(),
        Column::new("currency", Kind::Text, "ISO 4217 code; empty when unpriced")
            .asks(Book::Contracts)
            .shown(),
    ],
    totals: &[],
    sources: &all_names::<8>(&[USERS_THEN_LICENSES, &["LoginHistory"]]),
    key: &["org", "kind", "license_id", "currency"],
    label: &["org", "license", "currency"],
    about: &["reusable_now", "avoidable_at_renewal"],
    write,
};

/// What the rows are made from, by org, kind and license.
struct Found<'a> {
    today: Date,
    lines: Vec<&'a ContractLine>,
    reclaimable: HashMap<(String, &'static str, String), Vec<JudgedSeat>>,
    knows_seats: bool,
    holders: CountedHolders,
    removed: HashMap<(String, &'static str, String), Vec<AssignmentChange>>,
    /// The time of the earlier state of each org that has one and whose assignments are known then and now.
    since: HashMap<String, String>,
}

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let found = Found::read(basis, sink)?;
    basis.reader.licenses(basis.selection, |license| found.license(basis, &license, sink))?;
    Ok(Vec::new())
}

impl<'a> Found<'a> {
    fn read(basis: &Basis<'a>, sink: &dyn Sink) -> Result<Self, Error> {
        let today = basis.selection.as_of.to_zoned(TimeZone::UTC).date();
        let lines = basis.books.contracts.iter().flat_map(|contracts| &contracts.lines);
        let mut reclaimable: HashMap<_, Vec<_>> = HashMap::new();
        for judged in judge_seats(basis)? {
            if let Verdict::Reclaimable(_) = judged.verdict {
                let license = &judged.seat.license;
                let key = (judged.seat.holder.org.to_string(), license.kind, license.license_id.clone());
                reclaimable.entry(key).or_default().push(judged);
            }
        }
        let (mut removed, mut since) = (HashMap::<_, Vec<_>>::new(), HashMap::new());
        for (timeline, from) in earlier_states(basis)? {
            if timeline.is_newest(from) {
                continue;
            }
            let Some(assignments) = basis.reader.assignment_changes(&timeline, from)? else { continue };
            since.insert(timeline.org.clone(), utc_text(timeline.states[from].collected_at));
            for change in assignments.into_iter().filter(|change| change.change < 0) {
                let key = (timeline.org.clone(), change.kind, change.license_id.clone());
                removed.entry(key).or_default().push(change);
            }
        }
        let objects = ["User", "Profile", "PermissionSetLicenseAssign", "UserPackageLicense"];
        Ok(Self {
            today,
            lines: lines.filter(|line| line.holds_on(today)).collect(),
            reclaimable,
            knows_seats: knows_all(basis.reader, basis.selection, &objects)?,
            holders: CountedHolders::read(basis, sink)?,
            removed,
            since,
        })
    }

    fn license(&self, basis: &Basis<'_>, license: &LicenseRow, sink: &mut dyn Sink) -> Result<(), Error> {
        let lines: Vec<_> = self
            .lines
            .iter()
            .copied()
            .filter(|line| {
                line.org == license.org
                    && line.kind == license.kind
                    && Some(&line.license_key) == license.key.as_ref()
            })
            .collect();
        let price = basis.books.contracts.as_ref().and_then(|contracts| {
            contracts.price_of_seat(&license.org, &license.kind, license.key.as_deref()?, self.today)
        });
        let main = price.map(|line| line.currency);
        let others: BTreeSet<_> = lines.iter().map(|line| Some(line.currency)).collect();
        let others = others.into_iter().filter(|currency| *currency != main);
        for currency in std::iter::once(main).chain(others) {
            let is_main = currency == main;
            Row { found: self, license, currency, is_main, lines: &lines, price }.write(basis, sink)?;
        }
        Ok(())
    }

    /// The lines whose next term is not committed.
    fn open_renewals(&self, basis: &Basis<'_>, lines: &[&'a ContractLine]) -> Vec<&'a ContractLine> {
        let contracts = basis.books.contracts.as_ref();
        let is_open = |line: &&&ContractLine| {
            contracts.is_some_and(|contracts| contracts.is_renewal_open(line, self.today))
        };
        lines.iter().filter(is_open).copied().collect()
    }

    fn of<'b, Value>(
        map: &'b HashMap<(String, &'static str, String), Vec<Value>>,
        license: &LicenseRow,
    ) -> &'b [Value] {
        LicenseKind::from_word(&license.kind)
            .and_then(|kind| map.get(&(license.org.clone(), kind.word(), license.license_id.clone())))
            .map_or(&[], Vec::as_slice)
    }
}

/// One license in one currency.
struct Row<'a> {
    found: &'a Found<'a>,
    license: &'a LicenseRow,
    currency: Option<Currency>,
    /// Whether the license's seats stand in this row.
    is_main: bool,
    lines: &'a [&'a ContractLine],
    price: Option<&'a ContractLine>,
}

/// The numbers of a row.
struct Measures<'a> {
    state: LicenseState,
    contracted: Option<i64>,
    unassigned: Option<i64>,
    reusable: Option<i64>,
    avoidable: Option<i64>,
    /// What the row's currency has of the renewals that can be avoided.
    avoided: Vec<Avoided<'a>>,
    avoided_cost: Option<Money>,
    /// When the first of these renewals is.
    renews_on: Option<Date>,
    since: Option<&'a String>,
    realized_seats: Option<i64>,
    /// What a seat costs in twelve months.
    seat_year: Option<Money>,
}

impl<'a> Row<'a> {
    fn write(&self, basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        let measures = self.measures(basis)?;
        let key = [
            (&self.license.org).into(),
            (&self.license.kind).into(),
            (&self.license.license_id).into(),
            self.currency.map(Currency::code).into(),
        ];
        self.tell_row(&measures, &key, sink)?;
        self.tell_evidence(&measures, &key, sink)
    }

    fn measures(&self, basis: &Basis<'_>) -> Result<Measures<'a>, Error> {
        let Self { found, license, currency, lines, price, .. } = *self;
        let too_large = |line: &ContractLine| {
            let file_line = line.file_line;
            move |source| Error::TooLarge { file_line, source }
        };
        let seats = Seats::of(license.total, license.unlimited == Some(true));
        let state = license_state(license, basis.selection);
        let available = seats.used_by(license.used_counted).available;
        let reusable = found.knows_seats.then_some(count(Found::of(&found.reclaimable, license)));
        let total = available.and(license.total);
        let contracted = lines.iter().map(|line| line.quantity).reduce(|sum, seats| sum + seats);
        let buffer = basis.rules.buffer_seats;
        let avoidable = avoidable_seats(total, contracted, license.used_counted, reusable, buffer);
        let open = found.open_renewals(basis, lines);
        let renewable = if lines.is_empty() { i64::MAX } else { open.iter().map(|line| line.quantity).sum() };
        let avoidable = state.assignable(avoidable).map(|seats| seats.min(renewable));
        let mut avoided = match (avoidable, open.first()) {
            (Some(seats), Some(line)) => avoid_at_renewal(&open, seats).map_err(too_large(line))?,
            _ => Vec::new(),
        };
        avoided.retain(|of| Some(of.line.currency) == currency);
        let avoided_minor = avoided.iter().map(|avoided| avoided.cost.minor).sum();
        let avoided_cost = avoidable.and(currency).map(|currency| Money { minor: avoided_minor, currency });
        let since = found.since.get(&license.org);
        let removed = Found::of(&found.removed, license);
        Ok(Measures {
            state,
            contracted,
            unassigned: state.assignable(available),
            reusable,
            avoidable,
            avoided,
            avoided_cost,
            renews_on: open
                .iter()
                .filter(|line| Some(line.currency) == currency)
                .map(|line| line.ends_on)
                .min(),
            since,
            realized_seats: since.map(|_| removed.iter().map(|change| -change.change).sum()),
            seat_year: price.map(|line| seat_year(line).map_err(too_large(line))).transpose()?,
        })
    }

    fn tell_row(
        &self,
        measures: &Measures<'_>,
        key: &[Cell<'_>; 4],
        sink: &mut dyn Sink,
    ) -> Result<(), Error> {
        let license = self.license;
        let main = |number: Option<i64>| Cell::from(number.filter(|_| self.is_main));
        let realized = measures.seat_year.zip(measures.realized_seats).filter(|_| self.is_main);
        let renews_on = measures.renews_on.map(|day| day.to_string());
        sink.row(&[
            key[0].clone(),
            key[1].clone(),
            key[2].clone(),
            license.key.as_ref().into(),
            license.name.as_ref().into(),
            measures.state.word().into(),
            main(license.total),
            main(measures.contracted),
            main(license.used_counted),
            main(measures.unassigned),
            main(measures.reusable),
            main(measures.avoidable),
            measures.avoided_cost.into(),
            renews_on.as_ref().into(),
            measures.since.into(),
            main(measures.realized_seats),
            realized.map(|(year, seats)| of_seats(year, seats)).into(),
            key[3].clone(),
        ])
        .map_err(Error::Write)
    }

    fn tell_evidence(
        &self,
        measures: &Measures<'_>,
        key: &[Cell<'_>],
        sink: &mut dyn Sink,
    ) -> Result<(), Error> {
        let Self { found, license, is_main, lines, .. } = *self;
        for Avoided { line, seats, cost } in &measures.avoided {
            let because = format!("{seats} seats of line {} for its next term", line.line_id);
            prove_by_line(sink, key, "avoidable_at_renewal", (*cost).into(), line, &because)?;
        }
        if !is_main {
            return Ok(());
        }
        for line in lines {
            let because = format!("line {} holds until before {}", line.line_id, line.ends_on);
            prove_by_line(sink, key, "contracted", line.quantity.into(), line, &because)?;
        }
        let name = (license.org.as_str(), license.kind.as_str(), license.license_id.as_str());
        found.holders.tell(sink, "assigned", key, name, license.used_counted)?;
        let mut tell = |measure, amount: Cell<'_>, object, user: &str, because: &str| {
            let one = Evidence::one(measure, &license.org, object, &license.license_id, because);
            sink.evidence(&Evidence { row: key, amount, user_id: Some(user), ..one }).map_err(Error::Write)
        };
        let object = license_object(&license.kind);
        for judged in Found::of(&found.reclaimable, license).iter().filter(|_| found.knows_seats) {
            tell("reusable_now", 1.into(), object, &judged.seat.holder.user_id, judged.reason())?;
        }
        let object = holding_object(&license.kind);
        let because = format!("held at {} and no longer", measures.since.map_or("", String::as_str));
        for change in Found::of(&found.removed, license) {
            let seats = -change.change;
            tell("realized_seats", seats.into(), object, &change.user_id, &because)?;
            if let Some(year) = measures.seat_year {
                tell("realized", of_seats(year, seats).into(), object, &change.user_id, &because)?;
            }
        }
        Ok(())
    }
}

fn of_seats(seat_year: Money, seats: i64) -> Money {
    Money { minor: seat_year.minor * i128::from(seats), ..seat_year }
}

fn count<Value>(list: &[Value]) -> i64 {
    i64::try_from(list.len()).unwrap_or(i64::MAX)
}
