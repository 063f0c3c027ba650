//! Report `orphans` against lists of people written by hand.

use super::document::{Document, collected, found};
use crate::site::Site;

/// The employees with an active account and an employee number, as SQL.
const NUMBERED: &str = "FROM users WHERE is_active = 1 AND user_type IN ('Standard', 'CsnOnly')
    AND employee_number IS NOT NULL AND license <> 'Salesforce Integration'";

fn with_list(list: &str) -> Site {
    let site = Site::new(60);
    site.write_private("people.csv", list);
    site.configure("", "[finance]\npeople = \"people.csv\"\npeople_complete = true");
    site.run(&["collect"]).exits(0);
    site
}

#[test]
fn without_a_list_nothing_is_said_about_it() {
    let report = Document::of(collected(), &["orphans"]);
    assert_eq!(report.texts(&["finding", "org", "user_id"]), [["no_list", "acme", ""].map(str::to_owned)]);
    for unknown in ["people_listed", "left", "not_listed", "conflicts", "without_account"] {
        assert!(report.totals[unknown].is_null(), "{unknown}");
    }
    assert!(report.total("accounts") > 0);
}

#[test]
fn a_list_that_names_nobody_is_like_none() {
    let site = with_list("employee_number,federation_identifier,email,has_left,left_on\n");
    let report = Document::of(&site, &["orphans"]);
    assert_eq!(report.texts(&["finding"]), [["no_list"].map(str::to_owned)]);
    assert_eq!(report.total("people_listed"), 0);
    assert!(report.totals["not_listed"].is_null());
    assert!(Document::of(&site, &["reclaimable"]).totals["leaver_seats"].is_null());
}

#[test]
fn both_directions_are_compared() {
    let site = Site::new(60);
    site.run(&["collect"]).exits(0);
    let numbers = found(&site, &format!("SELECT employee_number, user_id {NUMBERED} ORDER BY 1"));
    assert!(numbers.len() > 5);
    let mut list = "employee_number,federation_identifier,email,has_left,left_on\n".to_owned();
    for (place, row) in numbers.iter().enumerate() {
        match place {
            // Left yesterday; leaves today, which is still a day at work; is not on the list.
            0 => list += &format!("{},,,yes,2026-11-20\n", row[0]),
            1 => list += &format!("{},,,yes,2026-11-21\n", row[0]),
            2 => {}
            _ => list += &format!("{},,,,\n", row[0]),
        }
    }
    list += "NEW-1,,new@acme.example,,\nGONE-1,,gone@acme.example,yes,2020-01-31\n";
    let site = with_list(&list);
    let report = Document::of(&site, &["orphans"]);
    let rows = report.texts(&["finding", "user_id", "employee_number", "left_on"]);
    let with = |finding: &str| rows.iter().filter(|row| row[0] == finding).collect::<Vec<_>>();
    assert_eq!(
        with("left"),
        [&["left", &numbers[0][1], &numbers[0][0], "2026-11-20"].map(str::to_owned).to_vec()]
    );
    assert_eq!(with("without_account"), [&["without_account", "", "NEW-1", ""].map(str::to_owned).to_vec()]);
    let unnumbered = found(
        &site,
        "SELECT user_id FROM users WHERE is_active = 1 AND user_type IN ('Standard', 'CsnOnly')
         AND employee_number IS NULL
         AND license NOT IN ('Salesforce Integration', 'Analytics Cloud Integration User')",
    );
    let mut expected: Vec<_> = unnumbered.into_iter().map(|mut row| row.remove(0)).collect();
    expected.push(numbers[2][1].clone());
    expected.sort();
    let not_listed: Vec<_> = with("not_listed").into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(not_listed, expected);

    let totals = ["people_listed", "left", "not_listed", "conflicts", "without_account"]
        .map(|name| report.total(name));
    let listed = i64::try_from(numbers.len()).unwrap() - 1 + 2;
    assert_eq!(totals, [listed, 1, i64::try_from(expected.len()).unwrap(), 0, 1]);
    let company = Document::of(&site, &["orphans", "--company", site_company(&site).as_str()]);
    assert!(company.totals["without_account"].is_null(), "the list knows no companies");
}

fn site_company(site: &Site) -> String {
    found(site, "SELECT DISTINCT company FROM users")[0][0].clone()
}

#[test]
fn keys_of_two_lines_are_a_contradiction() {
    let site = Site::new(60);
    site.run(&["collect"]).exits(0);
    let row =
        found(&site, &format!("SELECT employee_number, email, user_id {NUMBERED} ORDER BY 1"))[0].clone();
    let site = with_list(&format!("employee_number,email\nOTHER-{},{}\n", row[0], row[1]));
    let report = Document::of(&site, &["orphans"]);
    let of_user = report.rows.iter().find(|found| found["user_id"] == row[2]).unwrap();
    assert_eq!(of_user["finding"], "conflict");
    assert!(report.total("conflicts") > 0);
}
