//! Every license at every state of an org: seats, and how many were used.

use std::collections::BTreeMap;
use std::ops::Range;

use super::timeline::{Timeline, Versions};
use super::{Error, Reader};
use crate::catalogue::{FEATURE_FLAG_PREFIX, LicenseKind};

/// A license through the states of a [`Timeline`].
#[derive(Clone, Debug)]
pub struct LicensePast {
    /// Its kind.
    pub kind: LicenseKind,
    /// Salesforce's id of the license.
    pub license_id: String,
    /// One for each state of the timeline; `None` where the org did not have the license.
    pub states: Vec<Option<LicenseState>>,
}

/// A license at one state; the fields are those of the view `licenses`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LicenseState {
    /// Key of the license.
    pub key: Option<String>,
    /// Its label.
    pub name: Option<String>,
    /// Seats; `None` when unlimited or unknown.
    pub total: Option<i64>,
    /// Whether there is no limit.
    pub is_unlimited: bool,
    /// Salesforce's count of holders.
    pub used_reported: Option<i64>,
    /// Our count over the whole org; `None` when what it is made from was never read.
    pub used_counted: Option<i64>,
}

/// Where licenses of a kind and the count of their holders are kept.
struct Kind {
    kind: LicenseKind,
    table: &'static str,
    /// Id, key, label and total of `v`.
    attributes: &'static str,
    /// The objects without which holders are unknown.
    needs: &'static [&'static str],
}

const KINDS: &[Kind] = &[
    Kind {
        kind: LicenseKind::User,
        table: "user_license",
        attributes: "v.id, v.license_definition_key, v.name, v.total",
        needs: &["User", "Profile"],
    },
    Kind {
        kind: LicenseKind::PermissionSet,
        table: "permission_set_license",
        attributes: "v.id, v.permission_set_license_key, coalesce(v.label, v.developer_name), v.total",
        needs: &["PermissionSetLicenseAssign"],
    },
    Kind {
        kind: LicenseKind::Package,
        table: "package_license",
        attributes: "v.id, v.namespace_prefix, v.namespace_prefix, v.allowed",
        needs: &["UserPackageLicense"],
    },
];

/// Licenses by kind and id while they are being read.
type Licenses = BTreeMap<(LicenseKind, String), Vec<Option<LicenseState>>>;

impl Reader {
    /// Every license that the org had at any state of the timeline, by kind and id.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn license_history(&self, timeline: &Timeline) -> Result<Vec<LicensePast>, Error> {
        let all = 0..timeline.states.len();
        let mut licenses = Licenses::new();
        for Kind { kind, table, attributes, .. } in KINDS {
            let versions = Versions { table, columns: attributes, are_counters: false };
            self.versions(timeline, all.clone(), versions, |row, states| {
                let total: Option<i64> = row.get(3)?;
                let license = LicenseState {
                    key: row.get(1)?,
                    name: row.get(2)?,
                    total: total.filter(|total| *total >= 0),
                    is_unlimited: total == Some(-1),
                    ..LicenseState::default()
                };
                let past =
                    licenses.entry((*kind, row.get(0)?)).or_insert_with(|| vec![None; timeline.states.len()]);
                past[states].fill(Some(license));
                Ok(())
            })?;
            let versions = Versions { table, columns: "v.id, v.used", are_counters: true };
            self.versions(timeline, all.clone(), versions, |row, states| {
                let used: Option<i64> = row.get(1)?;
                change(&mut licenses, *kind, row.get(0)?, states, |license| license.used_reported = used);
                Ok(())
            })?;
        }
        self.count_holders(timeline, &mut licenses)?;
        self.feature_licenses(timeline, &mut licenses)?;
        let past = |((kind, license_id), states)| LicensePast { kind, license_id, states };
        Ok(licenses.into_iter().map(past).collect())
    }

    fn count_holders(&self, timeline: &Timeline, licenses: &mut Licenses) -> Result<(), Error> {
        let counts = self.holder_counts(timeline, 0..timeline.states.len())?;
        for ((kind, license_id), past) in licenses.iter_mut() {
            let counted = counts.get(&(*kind, license_id.clone()));
            for (place, license) in past.iter_mut().enumerate() {
                let Some(license) = license else { continue };
                license.used_counted = Some(counted.map_or(0, |counted| counted[place]));
            }
        }
        for Kind { kind, needs, .. } in KINDS {
            let known = self.known_states(timeline, needs)?;
            for (_, past) in licenses.iter_mut().filter(|((of, _), _)| of == kind) {
                for (license, _) in past.iter_mut().zip(&known).filter(|(_, known)| !**known) {
                    license.iter_mut().for_each(|license| license.used_counted = None);
                }
            }
        }
        Ok(())
    }

    /// Our counts of holders over the whole org, by kind and license, at each state of the timeline; zero outside the
    /// `wanted` states and where nothing was counted.
    pub(super) fn holder_counts(
        &self,
        timeline: &Timeline,
        wanted: Range<usize>,
    ) -> Result<BTreeMap<(LicenseKind, String), Vec<i64>>, Error> {
        let mut changes: BTreeMap<(LicenseKind, String), Vec<i64>> = BTreeMap::new();
        let mut add = |kind, license_id, states: Range<usize>, holders: i64| {
            // Each version is a step up and a step down, which are added up at the end: companies count every night.
            let steps =
                changes.entry((kind, license_id)).or_insert_with(|| vec![0; timeline.states.len() + 1]);
            steps[states.start] += holders;
            steps[states.end] -= holders;
        };
        let versions = Versions {
            table: "company_count",
            columns: "v.license_id, v.is_active * v.users",
            are_counters: false,
        };
        self.versions(timeline, wanted.clone(), versions, |row, states| {
            add(LicenseKind::User, row.get(0)?, states, row.get::<_, Option<i64>>(1)?.unwrap_or_default());
            Ok(())
        })?;
        let versions = Versions {
            table: "assignment_count",
            columns: "v.kind, v.license_id, v.holders",
            are_counters: true,
        };
        self.versions(timeline, wanted.clone(), versions, |row, states| {
            let of_package = row.get_ref(0)?.as_str()? == LicenseKind::Package.word();
            let kind = if of_package { LicenseKind::Package } else { LicenseKind::PermissionSet };
            add(kind, row.get(1)?, states, row.get::<_, Option<i64>>(2)?.unwrap_or_default());
            Ok(())
        })?;
        let versions =
            Versions { table: "feature_license", columns: "v.flag, v.holders", are_counters: true };
        self.versions(timeline, wanted, versions, |row, states| {
            add(LicenseKind::Feature, row.get(0)?, states, row.get::<_, Option<i64>>(1)?.unwrap_or_default());
            Ok(())
        })?;
        for steps in changes.values_mut() {
            let mut holders = 0;
            steps.iter_mut().for_each(|step| {
                holders += *step;
                *step = holders;
            });
        }
        Ok(changes)
    }

    /// Adds feature licenses, whose seats only a metric tells.
    fn feature_licenses(&self, timeline: &Timeline, licenses: &mut Licenses) -> Result<(), Error> {
        let all = 0..timeline.states.len();
        let kind = LicenseKind::Feature;
        let versions = Versions { table: "feature_license", columns: "v.flag, v.label", are_counters: false };
        self.versions(timeline, all.clone(), versions, |row, states| {
            let flag: String = row.get(0)?;
            let license =
                LicenseState { key: Some(flag.clone()), name: row.get(1)?, ..LicenseState::default() };
            let past = licenses.entry((kind, flag)).or_insert_with(|| vec![None; timeline.states.len()]);
            past[states].fill(Some(license));
            Ok(())
        })?;
        let versions =
            Versions { table: "feature_license", columns: "v.flag, v.holders", are_counters: true };
        self.versions(timeline, all.clone(), versions, |row, states| {
            let holders: Option<i64> = row.get(1)?;
            change(licenses, kind, row.get(0)?, states, |license| license.used_counted = holders);
            Ok(())
        })?;
        let columns = "v.feature_type, v.total, v.assigned";
        let versions = Versions { table: "active_feature_license_metric", columns, are_counters: true };
        self.versions(timeline, all, versions, |row, states| {
            let (feature, total): (String, Option<i64>) = (row.get(0)?, row.get(1)?);
            let assigned: Option<i64> = row.get(2)?;
            for flag in [format!("{FEATURE_FLAG_PREFIX}{feature}"), feature] {
                change(licenses, kind, flag, states.clone(), |license| {
                    license.total = total.filter(|total| *total >= 0);
                    license.is_unlimited = total == Some(-1);
                    license.used_reported = assigned;
                });
            }
            Ok(())
        })
    }
}

fn change(
    licenses: &mut Licenses,
    kind: LicenseKind,
    license_id: String,
    states: Range<usize>,
    mut each: impl FnMut(&mut LicenseState),
) {
    if let Some(past) = licenses.get_mut(&(kind, license_id)) {
        past[states].iter_mut().flatten().for_each(&mut each);
    }
}
