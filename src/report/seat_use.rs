//! How many holders of each license use it, and the evidence for it.

use std::rc::Rc;

use hashbrown::HashMap;

use super::evidence::Evidence;
use super::login_evidence::LoginEvidence;
use super::measure::activity::Activity;
use super::measure::basis_points;
use super::table::Cell;
use super::{Basis, Error, Sink};
use crate::store::{HeldLicense, HolderRow};

/// The holders of a license who are known in person.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Holders {
    /// All of them.
    pub(super) all: i64,
    /// Those with a login during the window.
    pub(super) active: i64,
    /// Those whose logins are not known.
    pub(super) unknown: i64,
}

impl Holders {
    /// The share of the holders that is active, in basis points; `None` while some are not known.
    pub(super) fn activity(self) -> Option<i64> {
        basis_points(self.active, self.all).filter(|_| self.unknown == 0)
    }

    /// The share of the seats that is active; `None` while some holders are not known, as active or in person.
    pub(super) fn effective(self, assigned: Option<i64>, provisioned: Option<i64>) -> Option<i64> {
        let is_whole = self.unknown == 0 && assigned == Some(self.all);
        basis_points(self.active, provisioned?).filter(|_| is_whole)
    }
}

/// The holders of every license of a selection.
pub(super) struct SeatUse {
    /// By org, kind and license id.
    by_license: HashMap<(String, String, String), Holders>,
}

impl SeatUse {
    /// Counts the holders, and gives the evidence for the columns `holders`, `active` and `unknown` of rows whose key is
    /// org, kind and license id.
    pub(super) fn count(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Self, Error> {
        let logins = LoginEvidence::read(basis)?;
        // Seats share their license, which is kept here so that no other takes its address.
        let mut counts: HashMap<*const HeldLicense, (HolderRow, Holders)> = HashMap::new();
        basis.reader.holders(basis.selection, |seat| {
            let activity = match seat.holder.is_active {
                Some(_) => logins.logins(&seat.holder).activity(logins.window),
                None => Activity::Unknown,
            };
            let (_, holders) =
                counts.entry(Rc::as_ptr(&seat.license)).or_insert_with(|| (seat.clone(), Holders::default()));
            holders.all += 1;
            give_evidence(sink, seat, "holders", "holds a seat")?;
            match activity {
                Activity::Active(_) => {
                    holders.active += 1;
                    give_evidence(sink, seat, "active", "a login during the window")
                }
                Activity::Unknown => {
                    holders.unknown += 1;
                    give_evidence(sink, seat, "unknown", "the logins are not known")
                }
                Activity::Inactive(_) | Activity::Never => Ok(()),
            }
        })?;
        let named = |(seat, holders): (HolderRow, Holders)| {
            let HolderRow { holder, license, .. } = seat;
            ((holder.org.to_string(), license.kind.to_owned(), license.license_id.clone()), holders)
        };
        Ok(Self { by_license: counts.into_values().map(named).collect() })
    }

    /// The holders of a license; none for one that nobody in the selection holds.
    pub(super) fn holders(&self, org: &str, kind: &str, license_id: &str) -> Holders {
        let license = (org.to_owned(), kind.to_owned(), license_id.to_owned());
        self.by_license.get(&license).copied().unwrap_or_default()
    }
}

fn give_evidence(
    sink: &mut dyn Sink,
    seat: &HolderRow,
    measure: &'static str,
    because: &str,
) -> Result<(), Error> {
    let HolderRow { holder, license, .. } = seat;
    let evidence = Evidence {
        row: &[Cell::from(&*holder.org), license.kind.into(), (&license.license_id).into()],
        measure,
        amount: Cell::Integer(1),
        org: &holder.org,
        object: "User",
        record_id: &holder.user_id,
        user_id: Some(&holder.user_id),
        because,
    };
    sink.evidence(&evidence).map_err(Error::Write)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_active_holders_needs_all_of_them() {
        let cases = [
            // holders, active, unknown, assigned, provisioned: activity, effective
            ((4, 3, 0, Some(4), Some(10)), (Some(7500), Some(3000))),
            ((4, 3, 1, Some(4), Some(10)), (None, None)),
            ((4, 3, 0, Some(9), Some(10)), (Some(7500), None)),
            ((4, 3, 0, None, Some(10)), (Some(7500), None)),
            ((4, 3, 0, Some(4), None), (Some(7500), None)),
            ((4, 3, 0, Some(4), Some(0)), (Some(7500), None)),
            ((0, 0, 0, Some(0), Some(10)), (None, Some(0))),
        ];
        for ((all, active, unknown, assigned, provisioned), expected) in cases {
            let holders = Holders { all, active, unknown };
            assert_eq!(
                (holders.activity(), holders.effective(assigned, provisioned)),
                expected,
                "{holders:?}"
            );
        }
    }
}
