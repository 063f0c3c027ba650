//! The trend against what each state said when it was new.

use std::collections::{BTreeMap, BTreeSet};

use seatledger::report::{Cell, Rules, TREND};

use super::history_site::{DAYS, Told, given, since, told, whole};

#[test]
fn a_trend_shows_every_state_as_it_was() {
    let Told { counted, .. } = told();
    let all = given(&TREND, None, &Rules::default());
    assert_eq!(all.total("days"), Some(3));
    for (day, counted) in DAYS.iter().zip(counted) {
        for ([kind, key], used) in counted {
            let of_license = |row: &BTreeMap<_, Cell<'_>>| {
                row["day"].text() == *day && row["kind"].text() == *kind && row["key"].text() == *key
            };
            let found: i128 =
                all.rows().filter(of_license).filter_map(|row| whole(&row["used_counted"])).sum();
            assert_eq!(found, i128::from(*used), "{kind} {key} on {day}");
        }
    }
    let marks: BTreeSet<_> = all
        .rows()
        .map(|row| ["day", "week", "is_last_of_week"].map(|column| row[column].text().into_owned()))
        .collect();
    let expected = [
        ["2026-11-21", "2026-11-16", "true"],
        ["2026-11-23", "2026-11-23", "false"],
        ["2026-11-28", "2026-11-23", "true"],
    ];
    assert_eq!(marks, expected.map(|mark| mark.map(str::to_owned)).into());
    let later = given(&TREND, None, &since("2026-11-22T00:00:00Z"));
    assert_eq!(later.total("days"), Some(2));
}
