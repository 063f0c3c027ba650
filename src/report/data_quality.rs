//! Report `data-quality`: what keeps the other reports from being whole or right, and what to do about it.

mod books;
mod contract_gaps;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::evidence::Evidence;
use super::measure::activity::Window;
use super::persons::persons_beside;
use super::table::{Cell, Column, Kind};
use super::{Basis, Error, Reach, Report, ReportOption, Sink};
use crate::base::utc_text;
use crate::catalogue::{LicenseKind, Need, Object, license_use, object};
use crate::store::{Gap, OrgState};

/// The report.
pub const DATA_QUALITY: Report = Report {
    id: "data-quality",
    title: "Data quality",
    description: "What keeps the other reports from being whole or right, and what to do; always of the whole org",
    definition: "One row per finding. `count` says how many records it touches: users for companies and licenses, \
                 names for an org that has several, \
                 logins for kinds of login, accounts for contradicting keys and for those who are not on the list of \
                 people, seats between contract and org, and one for an object, an org, a last day or a line of a \
                 file. Contract lines that have ended are not looked at. The quantity of a contract is what its lines \
                 in force have together, its end the end of the last line that follows them without a gap; Salesforce \
                 tells the last day of permission set and package licenses only. A list of people that is declared complete is short when it has fewer than half of the \
                 active accounts of employees. An org is old when its state is more than 48 hours older than as_of. A blocking finding \
                 is one that makes reports about it incomplete, wrong or blind, as such a list does; the others leave a number unknown or unexplained.",
    reach: Reach::WholeOrgs,
    options: &[ReportOption::Window, ReportOption::KnownOn],
    columns: &[
        Column::new(
            "finding",
            Kind::Text,
            "same_org, unmapped_license, license_without_key, unmatched_company, ambiguous_company, stale_org, missing_object, \
             stale_object, short_login_history, unknown_login_type, contradicting_keys, expired_exemption, \
             exemption_without_seat, contract_without_license, contract_quantity_gap, contract_end_gap or \
             short_people_list",
        )
        .shown(),
        Column::new("org", Kind::Text, "Short name of the org; empty when it is about every org").shown(),
        Column::new("subject", Kind::Text, "The license, object, company or line of a file").shown(),
        Column::new("is_blocking", Kind::Boolean, "Whether it makes reports incomplete").shown(),
        Column::new("count", Kind::Integer, "Records it touches").sum().shown(),
        Column::new("touches", Kind::Text, "What cannot be told, or not rightly"),
        Column::new("what_to_do", Kind::Text, "What mends it").shown(),
    ],
    totals: &[
        Column::new("findings", Kind::Integer, "Findings").sum(),
        Column::new("blocking_findings", Kind::Integer, "Of these, blocking").sum(),
    ],
    sources: &[],
    key: &["finding", "org", "subject"],
    label: &["finding", "org", "subject"],
    about: &["count", "what_to_do"],
    write,
};

/// Collected nightly, an org that is older than this has missed a night.
const OLDEST_STATE: SignedDuration = SignedDuration::from_hours(48);

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let mut findings = Findings::default();
    for state in basis.reader.org_states(&basis.selection.orgs)? {
        add_age(&mut findings, &state, basis.selection.as_of);
        state.gaps.iter().for_each(|gap| add_gap(&mut findings, &state, gap));
    }
    add_same_orgs(&mut findings, basis)?;
    add_licenses(&mut findings, basis)?;
    add_companies(&mut findings, basis)?;
    add_logins(&mut findings, basis)?;
    add_persons(&mut findings, basis)?;
    books::add_exemptions(&mut findings, basis)?;
    books::add_contracts(&mut findings, basis)?;
    contract_gaps::add(&mut findings, basis)?;
    findings.write(sink)
}

/// The kinds of findings, in the order of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Finding {
    SameOrg,
    StaleOrg,
    MissingObject,
    StaleObject,
    UnmappedLicense,
    LicenseWithoutKey,
    UnmatchedCompany,
    AmbiguousCompany,
    ShortLoginHistory,
    UnknownLoginType,
    ContradictingKeys,
    ExpiredExemption,
    ExemptionWithoutSeat,
    ContractWithoutLicense,
    ContractQuantityGap,
    ContractEndGap,
    ShortPeopleList,
}

impl Finding {
    /// Its word in the column `finding`.
    const fn word(self) -> &'static str {
        match self {
            Self::SameOrg => "same_org",
            Self::StaleOrg => "stale_org",
            Self::MissingObject => "missing_object",
            Self::StaleObject => "stale_object",
            Self::UnmappedLicense => "unmapped_license",
            Self::LicenseWithoutKey => "license_without_key",
            Self::UnmatchedCompany => "unmatched_company",
            Self::AmbiguousCompany => "ambiguous_company",
            Self::ShortLoginHistory => "short_login_history",
            Self::UnknownLoginType => "unknown_login_type",
            Self::ContradictingKeys => "contradicting_keys",
            Self::ExpiredExemption => "expired_exemption",
            Self::ExemptionWithoutSeat => "exemption_without_seat",
            Self::ContractWithoutLicense => "contract_without_license",
            Self::ContractQuantityGap => "contract_quantity_gap",
            Self::ContractEndGap => "contract_end_gap",
            Self::ShortPeopleList => "short_people_list",
        }
    }

    /// What cannot be told because of it, or not rightly.
    const fn touches(self) -> &'static str {
        match self {
            Self::SameOrg => "every number of the org, which is counted once for each name",
            Self::StaleOrg => "every number of the org",
            Self::MissingObject | Self::StaleObject => "",
            Self::UnmappedLicense => {
                "whether people or programs hold it, and whether users or logins are paid for"
            }
            Self::LicenseWithoutKey => "its price, and the same license in other orgs",
            Self::UnmatchedCompany | Self::AmbiguousCompany => {
                "the numbers of companies, which lack these users"
            }
            Self::ShortLoginHistory => "whether those without a later login were active in the window",
            Self::UnknownLoginType => "whether these logins are a person's or a program's",
            Self::ContradictingKeys => "whether these accounts are one person's",
            Self::ExpiredExemption => "the seat, which counts as reclaimable again",
            Self::ExemptionWithoutSeat => "the seat that was meant, which nothing protects",
            Self::ContractWithoutLicense => {
                "what the license costs: its seats are unpriced, and the line's costs are nobody's"
            }
            Self::ContractQuantityGap => {
                "whether seats are paid that nobody can use, or used that nobody pays"
            }
            Self::ContractEndGap => "until when the seats can be used and are paid",
            Self::ShortPeopleList => "who has left: nobody counts as gone for being absent from the list",
        }
    }

    /// What mends it.
    const fn what_to_do(self) -> &'static str {
        match self {
            Self::SameOrg => {
                "keep one [[org]] table with the company_names of all, and collect into a new database; ask with \
                 --org for one of them until then"
            }
            Self::StaleOrg => {
                "run `seatledger collect` for this org, and see in `seatledger runs` why it did not"
            }
            Self::MissingObject => "",
            Self::StaleObject => "see in `seatledger runs` why it was not read, and collect again",
            Self::UnmappedLicense => "treat its numbers as of unknown use until a version that knows the key",
            Self::LicenseWithoutKey => "let the collecting user read the license's key",
            Self::UnmatchedCompany => {
                "correct the users' company name, or configure an alias or another company"
            }
            Self::AmbiguousCompany => "leave the spelling in the aliases of one company only",
            Self::ShortLoginHistory => "collect every night, or ask with a shorter --window",
            Self::UnknownLoginType => "treat them as a sign of life only until a version that knows the type",
            Self::ContradictingKeys => "correct the employee numbers, federation identifiers or addresses",
            Self::ExpiredExemption => "renew it in the file of exemptions, or take it out",
            Self::ExemptionWithoutSeat => {
                "correct its user, org or license_key, or take it out; users who are not collected need none"
            }
            Self::ContractWithoutLicense => {
                "write the key as `seatledger report licenses` has it, in the column key"
            }
            Self::ContractQuantityGap => {
                "correct the contract file, or have Salesforce provision what was bought"
            }
            Self::ContractEndGap => "correct the contract file, or have Salesforce correct the last day",
            Self::ShortPeopleList => "ask for the whole list, or set people_complete = false",
        }
    }
}

/// Everything found, by kind, org and subject.
#[derive(Default)]
struct Findings(BTreeMap<(Finding, String, String), Found>);

/// What is behind one finding.
#[derive(Default)]
struct Found {
    is_blocking: bool,
    touches: String,
    what_to_do: String,
    records: Vec<Record>,
}

/// A record that a finding counts.
struct Record {
    object: &'static str,
    id: String,
    user_id: Option<String>,
    amount: i64,
    because: String,
}

impl Record {
    fn new(object: &'static str, id: &str, amount: i64, because: impl Into<String>) -> Self {
        Self { object, id: id.to_owned(), user_id: None, amount, because: because.into() }
    }

    fn of_user(self) -> Self {
        Self { user_id: Some(self.id.clone()), ..self }
    }
}

impl Findings {
    fn add(&mut self, finding: Finding, org: &str, subject: &str, record: Record) -> &mut Found {
        let found = self.0.entry((finding, org.to_owned(), subject.to_owned())).or_insert_with(|| Found {
            touches: finding.touches().to_owned(),
            what_to_do: finding.what_to_do().to_owned(),
            ..Found::default()
        });
        found.records.push(record);
        found
    }

    fn write(&self, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
        let mut blocking = 0;
        for ((finding, org, subject), found) in &self.0 {
            let count: i64 = found.records.iter().map(|record| record.amount).sum();
            let cells: [Cell<'_>; 7] = [
                finding.word().into(),
                org.into(),
                subject.into(),
                found.is_blocking.into(),
                count.into(),
                (&found.touches).into(),
                (&found.what_to_do).into(),
            ];
            sink.row(&cells).map_err(Error::Write)?;
            for Record { object, id, user_id, amount, because } in &found.records {
                let one = Evidence::one("count", org, object, id, because);
                let (row, user_id) = (&cells[..3], user_id.as_deref());
                let evidence = Evidence { row, user_id, amount: (*amount).into(), ..one };
                sink.evidence(&evidence).map_err(Error::Write)?;
            }
            let object = found.records.first().map_or("run_objects", |record| record.object);
            let because = format!("{}: {subject}", finding.word());
            sink.evidence(&Evidence::one("findings", org, object, subject, &because))
                .map_err(Error::Write)?;
            if found.is_blocking {
                blocking += 1;
                let one = Evidence::one("blocking_findings", org, object, subject, &because);
                sink.evidence(&one).map_err(Error::Write)?;
            }
        }
        Ok(vec![Cell::Integer(self.0.len() as i64), Cell::Integer(blocking)])
    }
}

/// Orgs of several names that are one to Salesforce.
fn add_same_orgs(findings: &mut Findings, basis: &Basis<'_>) -> Result<(), Error> {
    let mut names: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for identity in basis.reader.org_identities(basis.selection)? {
        names.entry(identity.organization_id).or_default().push(identity.org);
    }
    for (organization_id, names) in names.iter().filter(|(_, names)| names.len() > 1) {
        let subject = names.join(", ");
        for name in names {
            let record = Record::new("Organization", organization_id, 1, format!("collected as {name}"));
            findings.add(Finding::SameOrg, &names[0], &subject, record).is_blocking = true;
        }
    }
    Ok(())
}

fn add_age(findings: &mut Findings, state: &OrgState, as_of: Timestamp) {
    let collected_at = state.collected_at.parse::<Timestamp>();
    if collected_at.is_ok_and(|collected_at| as_of.duration_since(collected_at) > OLDEST_STATE) {
        let because = format!("its state was collected at {}", state.collected_at);
        let record = Record::new("Organization", &state.org, 1, because);
        findings.add(Finding::StaleOrg, &state.org, "the org's state", record);
    }
}

/// An object that a run did not read whole: its rows are old, or there are none.
fn add_gap(findings: &mut Findings, state: &OrgState, gap: &Gap) {
    let Some(Object { name, need, permission, lost_without, .. }) = object(&gap.object) else { return };
    let finding = if gap.kept_from.is_some() { Finding::StaleObject } else { Finding::MissingObject };
    let because = gap.reason.clone().unwrap_or_else(|| format!("it is {}", gap.status));
    let found = findings.add(finding, &state.org, name, Record::new(name, name, 1, because));
    found.is_blocking = *need == Need::Required || gap.kept_from.is_some();
    found.touches = (*lost_without).to_owned();
    if finding == Finding::MissingObject {
        found.what_to_do = match (gap.status.as_str(), need) {
            ("skipped", _) => "take it out of `exclude`, or into `include`, and collect again".to_owned(),
            (_, Need::Optional(reason)) => format!("nothing if {reason}; else grant {permission}"),
            (_, Need::Required) => format!("grant {permission}, and collect again"),
        };
    }
}

/// Licenses in use that no table or no price can know.
fn add_licenses(findings: &mut Findings, basis: &Basis<'_>) -> Result<(), Error> {
    basis.reader.licenses(basis.selection, |license| {
        let Some(users) = license.used_counted.filter(|used| *used > 0) else { return Ok(()) };
        let kind = match LicenseKind::from_word(&license.kind) {
            None | Some(LicenseKind::Feature) => return Ok(()),
            Some(kind) => kind,
        };
        let key = license.key.as_deref();
        let name = license.name.as_deref().unwrap_or(&license.license_id);
        let because = format!("{name} has {users} holders");
        let record = Record::new(kind.license_object(), &license.license_id, users, because);
        if key.is_none() {
            findings.add(Finding::LicenseWithoutKey, &license.org, name, record);
        } else if kind == LicenseKind::User && license_use(key, license.name.as_deref()).is_none() {
            findings.add(Finding::UnmappedLicense, &license.org, key.unwrap_or(name), record);
        }
        Ok(())
    })
}

fn add_companies(findings: &mut Findings, basis: &Basis<'_>) -> Result<(), Error> {
    basis.reader.stray_users(basis.selection, |row| {
        let (finding, company) = match row.company.as_str() {
            "(ambiguous)" => (Finding::AmbiguousCompany, "several configured companies"),
            _ => (Finding::UnmatchedCompany, "no configured company"),
        };
        let (activity, license) =
            (if row.is_active { "active" } else { "deactivated" }, row.license.as_deref());
        let because = format!("{activity} users on {} match {company}", license.unwrap_or("no license"));
        let record =
            Record::new("User", row.license_id.as_deref().unwrap_or(&row.company), row.users, because);
        findings.add(finding, &row.org, &row.company, record);
        Ok(())
    })
}

/// Logins that no kind is known of, and a history that is too short for the window.
fn add_logins(findings: &mut Findings, basis: &Basis<'_>) -> Result<(), Error> {
    let Basis { reader, selection, rules, .. } = *basis;
    reader.stray_logins(selection, |row| -> Result<(), Error> {
        let record =
            Record::new("LoginHistory", &row.user_id, row.logins, "logins of a type that is in no list");
        findings.add(Finding::UnknownLoginType, &row.org, "LoginHistory", record.of_user());
        Ok(())
    })?;
    let window = Window::before(selection.as_of, rules.window_days);
    for (org, since) in reader.login_history_since(selection)? {
        if since > window.from {
            let because = format!("known since {}, asked from {}", utc_text(since), utc_text(window.from));
            let record = Record::new("LoginHistory", &org, 1, because);
            findings.add(Finding::ShortLoginHistory, &org, "LoginHistory", record);
        }
    }
    Ok(())
}

fn add_persons(findings: &mut Findings, basis: &Basis<'_>) -> Result<(), Error> {
    let users = basis.reader.users_with_logins(basis.selection)?;
    let (persons, ()) = persons_beside(basis, || books::add_people(findings, basis, &users))?;
    for conflict in persons.conflicts() {
        let because = conflict.words();
        for (org, user_id) in &conflict.accounts {
            let record = Record::new("User", user_id, 1, because.clone()).of_user();
            findings.add(Finding::ContradictingKeys, org, conflict.shared.words(), record);
        }
    }
    Ok(())
}
