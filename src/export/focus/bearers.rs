//! Who bears the months of contract lines, as the chargeback has it, or as a closed month was published.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use super::charges::{Bearing, SubAccount, UNASSIGNED};
use super::data_set::FocusRow;
use super::holding::Holding;
use crate::export::Redactions;
use crate::report::books::ContractLine;
use crate::report::measure::allocation::allocate;
use crate::report::measure::{ChargeBy, CostKey, Month};
use crate::report::{self, Basis, charges_of};

/// What each line's months are borne by, read from the history when first asked for.
pub(super) struct Bearers<'a> {
    basis: Basis<'a>,
    /// Before this day no holder of any org is known.
    first_day: Option<Date>,
    /// Whether names of companies, departments or cost centers may leave.
    shows_names: bool,
    months: BTreeMap<Month, BTreeMap<u64, Vec<Bearing>>>,
}

impl<'a> Bearers<'a> {
    pub(super) fn new(basis: Basis<'a>, redactions: Redactions<'_>) -> Result<Self, report::Error> {
        let timelines = basis.reader.timelines_of_people(basis.selection)?;
        let first = timelines
            .iter()
            .filter_map(|timeline| timeline.states.first())
            .map(|state| state.collected_at)
            .min();
        let field = match basis.rules.charge_by {
            ChargeBy::Company => "CompanyName",
            ChargeBy::Department => "Department",
            ChargeBy::CostCenter => basis.rules.cost_center_field.as_deref().unwrap_or("CompanyName"),
        };
        let hides = redactions.fields.fields.iter().any(|redaction| {
            redaction.object.eq_ignore_ascii_case("User") && redaction.field.eq_ignore_ascii_case(field)
        });
        Ok(Self {
            basis,
            first_day: first.map(|first| first.to_zoned(TimeZone::UTC).date()),
            shows_names: !hides,
            months: BTreeMap::new(),
        })
    }

    /// Who bears `amount` of the line in the month.
    pub(super) fn of(
        &mut self,
        line: &ContractLine,
        month: Month,
        amount: i128,
    ) -> Result<Vec<Bearing>, report::Error> {
        if self.first_day.is_some_and(|first| first < month.end()) && !self.months.contains_key(&month) {
            let bearings = self.read(month)?;
            self.months.insert(month, bearings);
        }
        let found = self.months.get(&month).and_then(|lines| lines.get(&line.file_line));
        Ok(match found {
            Some(bearings) => bearings.clone(),
            None => vec![Bearing { account: SubAccount::unknown(), weight: 1, amount }],
        })
    }

    /// The bearers of a month by the lines of the contract file.
    fn read(&self, month: Month) -> Result<BTreeMap<u64, Vec<Bearing>>, report::Error> {
        let mut lines: BTreeMap<u64, Vec<Bearing>> = BTreeMap::new();
        for charge in charges_of(&self.basis, month)? {
            let (account, weight) = match charge.license_days.filter(|_| charge.has_known_holders()) {
                Some(days) => (self.account(&charge.bearer), days),
                None => (SubAccount::unknown(), 1),
            };
            for part in &charge.parts {
                let bearings = lines.entry(part.line.file_line).or_default();
                match bearings.iter_mut().find(|bearing| bearing.account == account) {
                    Some(bearing) => {
                        bearing.weight += weight;
                        bearing.amount += part.minor;
                    }
                    None => bearings.push(Bearing { account: account.clone(), weight, amount: part.minor }),
                }
            }
        }
        for bearings in lines.values_mut() {
            bearings.sort_by(|one, other| one.account.id.cmp(&other.account.id));
        }
        Ok(lines)
    }

    fn account(&self, bearer: &CostKey) -> SubAccount {
        match bearer {
            CostKey::Named(_) if !self.shows_names => SubAccount::pool("WITHHELD", "Withheld"),
            CostKey::Named(name) => named(name, self.basis.rules.charge_by),
            CostKey::Unmatched => SubAccount::pool("UNMATCHED", "Unmatched"),
            CostKey::Unassigned => SubAccount::pool(UNASSIGNED, "Unassigned"),
            CostKey::Unallocated => SubAccount::unallocated(),
        }
    }
}

/// The prefix keeps a company that is called UNASSIGNED apart from the pool, and one called 4711 from a number.
fn named(name: &str, by: ChargeBy) -> SubAccount {
    let (prefix, kind) = match by {
        ChargeBy::Company => ("LE", "Legal Entity"),
        ChargeBy::Department => ("DEP", "Department"),
        ChargeBy::CostCenter => ("CC", "Cost Center"),
    };
    let id = format!("{prefix}:{name}");
    let (name, tags) = match by {
        ChargeBy::CostCenter => (format!("Cost Center {name}"), json!({"cost_center": name})),
        _ if name.bytes().all(|byte| byte.is_ascii_digit()) => (format!("{kind} {name}"), json!({})),
        _ => (name.to_owned(), json!({})),
    };
    SubAccount { id, name, kind: kind.to_owned(), tags: tags.to_string(), holding: Holding::Held }
}

/// Who bears `amount` of a closed month: those who were published, in the proportions that were.
pub(super) fn as_published(rows: &[&FocusRow], amount: i128) -> Vec<Bearing> {
    let weight = |row: &FocusRow| {
        let mut quantity = row.number("PricingQuantity").abs();
        quantity.rescale(4);
        u64::try_from(quantity.mantissa()).unwrap_or_default()
    };
    let mut weights: Vec<_> = rows.iter().map(|row| (row.get("SubAccountId"), weight(row))).collect();
    if weights.iter().all(|(_, weight)| *weight == 0) {
        weights.iter_mut().for_each(|(_, weight)| *weight = 1);
    }
    let shares = allocate(amount, &weights);
    let bearings = rows.iter().zip(weights.iter().zip(shares));
    bearings
        .map(|(row, ((_, weight), amount))| Bearing {
            account: SubAccount {
                id: row.get("SubAccountId").to_owned(),
                name: row.get("SubAccountName").to_owned(),
                kind: row.get("SubAccountType").to_owned(),
                tags: row.get("Tags").to_owned(),
                holding: Holding::of_row(row),
            },
            weight: *weight,
            amount,
        })
        .collect()
}
