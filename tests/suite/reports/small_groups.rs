//! Counts of people in small groups stay here, in every report, while seats and money leave.

use std::collections::{BTreeMap, BTreeSet};

use seatledger::export::{Document, Format, People, Redactions, write_report};
use seatledger::report::{Basis, Column, Completeness, Kind, REPORTS, Report, Rules};
use seatledger::store::{Reader, Selection};
use serde_json::Value;

use super::demo;
use super::explained::books;

/// What the numbers of a report count. Money says so itself.
struct Numbers {
    report: &'static str,
    /// People in a group, or made from such counts.
    people: &'static str,
    /// Seats, assignments, and shares of them.
    seats: &'static str,
    /// Records, days, lines of a file; or something of the one person of the row.
    other: &'static str,
}

const NUMBERS: &[Numbers] = &[
    Numbers {
        report: "licenses",
        people: "",
        seats: "total used_reported used_counted drift utilization_percent available shortfall over_assigned \
                used_by_company user_seats user_used user_utilization_percent permission_set_seats permission_set_used \
                permission_set_utilization_percent package_seats package_used package_utilization_percent feature_seats \
                feature_used feature_utilization_percent total_shortfall",
        other: "expires_in_days licenses_left_out",
    },
    Numbers {
        report: "users",
        people: "users active_users frozen_users active_without_license",
        seats: "",
        other: "",
    },
    Numbers {
        report: "subscriptions",
        people: "",
        seats: "quantity used utilization_percent",
        other: "ends_in_days subscriptions exceeded_subscriptions",
    },
    Numbers {
        report: "utilization",
        people: "active unknown activity_percent effective_percent user_active user_activity_percent \
                 user_effective_percent permission_set_active permission_set_activity_percent \
                 permission_set_effective_percent package_active package_activity_percent package_effective_percent \
                 feature_active feature_activity_percent feature_effective_percent",
        seats: "contracted provisioned assigned_reported assigned_counted drift holders utilization_percent available \
                shortfall over_assigned user_provisioned user_assigned user_holders user_utilization_percent \
                permission_set_provisioned permission_set_assigned permission_set_holders \
                permission_set_utilization_percent package_provisioned package_assigned package_holders \
                package_utilization_percent feature_provisioned feature_assigned feature_holders \
                feature_utilization_percent",
        other: "unlimited_licenses unknown_licenses ended_licenses",
    },
    Numbers {
        report: "inactive",
        people: "active_users up_to_thirty_days thirty_to_sixty_days sixty_to_ninety_days \
                 ninety_to_hundred_eighty_days over_hundred_eighty_days never_logged_in unknown_activity new_users",
        seats: "",
        other: "days_since_login",
    },
    Numbers {
        report: "reclaimable",
        people: "",
        seats: "assigned_seats held_by_deactivated_seats leaver_seats frozen_seats duplicate_seats never_seats \
                inactive_seats psl_unused_seats downgrade_seats reclaimable_seats kept_seats new_seats exempt_seats \
                unknown_seats unassigned_seats unpriced_seats estimated_seats ended_seats",
        other: "",
    },
    Numbers {
        report: "deactivated-holders",
        people: "deactivated_users",
        seats: "seats permission_set_seats package_seats unpriced_seats estimated_seats",
        other: "",
    },
    Numbers {
        report: "frozen",
        people: "frozen_users",
        seats: "user_seats permission_set_seats package_seats feature_seats all_user_seats all_permission_set_seats \
                all_package_seats all_feature_seats",
        other: "",
    },
    Numbers {
        report: "integration-users",
        people: "api_only_users on_full_seats users_without_evidence",
        seats: "",
        other: "",
    },
    Numbers { report: "duplicates", people: "persons_with_duplicates", seats: "surplus_seats", other: "" },
    Numbers {
        report: "people",
        people: "persons persons_in_several_orgs persons_with_conflicts accounts_of_persons",
        seats: "licenses",
        other: "orgs accounts active_accounts conflicts accounts_of_programs",
    },
    Numbers {
        report: "orphans",
        people: "accounts people_listed left not_listed conflicts without_account",
        seats: "",
        other: "",
    },
    Numbers { report: "access-review", people: "users", seats: "accesses", other: "days_since_use" },
    Numbers {
        report: "entitlements",
        people: "",
        seats: "allowed used consumed_percent projected_percent",
        other: "window_ends_in_days elapsed_percent entitlements metered_entitlements exceeded_entitlements \
                projected_to_exceed",
    },
    Numbers {
        report: "login-based",
        people: "users",
        seats: "daily_logins monthly_logins consumed_percent used_reported drift",
        other: "login_based_licenses exceeded_months",
    },
    Numbers {
        report: "expiring",
        people: "",
        seats: "seats used_counted",
        other: "days_left ends_within_a_month ends_within_a_quarter ended_with_holders",
    },
    Numbers {
        report: "renewals",
        people: "",
        seats: "seats",
        other: "days_until_end days_until_notice uplift_percent lines notices_due notices_missed",
    },
    Numbers {
        report: "true-up",
        people: "",
        seats: "contracted provisioned used_counted shortfall unused unpriced_seats all_missing_seats \
                all_unpriced_seats",
        other: "licenses_short",
    },
    Numbers {
        report: "savings",
        people: "",
        seats: "seats contracted assigned unassigned reusable_now avoidable_seats realized_seats",
        other: "",
    },
    Numbers {
        report: "chargeback",
        people: "",
        seats: "seats license_days unpriced_seats all_unpriced_seats",
        other: "known_days unknown_days month_days licenses_unpriced",
    },
    Numbers {
        report: "trend",
        people: "",
        seats: "total used_reported used_counted utilization_percent",
        other: "days",
    },
    Numbers {
        report: "diff",
        people: "users_before users_added users_removed users_after",
        seats: "seats assignments seats_before seats_change seats_after assignments_before assignments_added \
                assignments_removed assignments_after",
        other: "users",
    },
    Numbers {
        report: "forecast",
        people: "",
        seats: "total used_counted holders_per_week holders_per_week_low holders_per_week_high",
        other: "weeks",
    },
    Numbers { report: "data-quality", people: "", seats: "", other: "count findings blocking_findings" },
    Numbers {
        report: "native-check",
        people: "assigned_reported assigned_counted assigned_difference active_reported active_counted \
                 active_difference",
        seats: "",
        other: "metrics compared_metrics differing_metrics",
    },
];

/// More than there are people in these tests: every group is small.
const EVERYBODY: i64 = 1000;

/// The counts of people that are zero or unknown in these tests.
const BARE_HERE: &[&str] = &[
    "diff users_added",
    "diff users_removed",
    "inactive unknown_activity",
    "integration-users api_only_users",
    "integration-users on_full_seats",
    "integration-users users_without_evidence",
    "native-check active_counted",
    "native-check active_difference",
    "native-check assigned_counted",
    "native-check assigned_difference",
    "people persons_in_several_orgs",
    "users active_without_license",
    "utilization feature_effective_percent",
    "utilization package_effective_percent",
    "utilization permission_set_effective_percent",
    "utilization unknown",
    "utilization user_effective_percent",
];

fn words(text: &'static str) -> BTreeSet<&'static str> {
    text.split_whitespace().collect()
}

fn speaks_of_people(column: &Column, columns: &[Column]) -> bool {
    column.counts_people || column.is_made_from(columns, &|source| source.counts_people)
}

#[test]
fn every_number_is_known_to_count_people_or_not() {
    for report in REPORTS {
        let numbers = NUMBERS.iter().find(|numbers| numbers.report == report.id).expect(report.id);
        let mut found: BTreeMap<bool, BTreeSet<&str>> = BTreeMap::new();
        for columns in [report.columns, report.totals] {
            for column in columns.iter().filter(|one| one.kind.is_number() && one.kind != Kind::Money) {
                found.entry(speaks_of_people(column, columns)).or_default().insert(column.name);
            }
        }
        let others = words(numbers.seats).union(&words(numbers.other)).copied().collect();
        assert_eq!(found.remove(&true).unwrap_or_default(), words(numbers.people), "{}: people", report.id);
        assert_eq!(found.remove(&false).unwrap_or_default(), others, "{}: seats and others", report.id);
    }
}

/// The report as JSON.
fn written(report: &'static Report, people: &People, smallest_group: i64) -> Value {
    let reader = Reader::open(&demo().path("seatledger-demo/seatledger.db")).unwrap();
    let as_of = reader.as_of(&[]).unwrap();
    let selection = Selection { orgs: Vec::new(), companies: Vec::new(), hides_rest: false, as_of };
    let rules = Rules { smallest_group, ..Rules::default() };
    let books = books();
    let basis = Basis { reader: &reader, selection: &selection, books: &books, rules: &rules };
    let completeness = Completeness::of_all_reports(as_of, Vec::new(), Vec::new());
    let document = Document {
        report,
        selection: &selection,
        completeness: &completeness,
        people,
        redactions: Redactions::default(),
        books: &books,
    };
    let mut out = Vec::new();
    write_report(&document, &basis, Format::Json, None, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

/// The rows and the totals, each with its columns.
fn parts<'a>(report: &'static Report, document: &'a Value) -> Vec<(&'static [Column], &'a Value)> {
    let rows = document["rows"].as_array().unwrap().iter();
    rows.map(|row| (report.columns, row)).chain([(report.totals, &document["totals"])]).collect()
}

#[test]
fn no_count_of_people_in_a_small_group_leaves_and_every_other_number_does() {
    let mut bare = BTreeSet::new();
    for report in REPORTS {
        let shown = written(report, &People::Shown, 5);
        let mut counted = BTreeSet::new();
        for smallest in [5, EVERYBODY] {
            let hidden = written(report, &People::Withheld, smallest);
            let (shown, hidden) = (parts(report, &shown), parts(report, &hidden));
            assert_eq!(shown.len(), hidden.len(), "{}", report.id);
            for ((columns, was), (_, is)) in shown.into_iter().zip(hidden) {
                for column in columns.iter().filter(|column| column.kind.is_number()) {
                    let (was, is) = (&was[column.name], &is[column.name]);
                    let place = format!("{} {}: {was} in clear", report.id, column.name);
                    if !speaks_of_people(column, columns) {
                        assert_eq!(was, is, "{place}");
                        continue;
                    }
                    if was.as_f64().is_some_and(|number| number != 0.0) {
                        counted.insert(column.name);
                    }
                    assert!(is.is_null() || is == was, "{place}, and {is} to others");
                    let number = is.as_f64().unwrap_or_default();
                    let is_large = column.counts_people && number >= smallest as f64;
                    let is_of_large = !column.counts_people && smallest < EVERYBODY;
                    assert!(
                        number == 0.0 || is_large || is_of_large,
                        "{place}, and {is} to others, for groups of {smallest}"
                    );
                }
            }
        }
        let people = NUMBERS.iter().find(|numbers| numbers.report == report.id).unwrap().people;
        bare.extend(words(people).difference(&counted).map(|name| format!("{} {name}", report.id)));
    }
    assert_eq!(bare.into_iter().collect::<Vec<_>>(), BARE_HERE);
}
