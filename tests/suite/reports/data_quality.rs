//! Report `data-quality`: every kind of finding, made by hand.

use serde_json::json;

use super::document::{Document, found};
use crate::site::Site;

#[test]
fn every_finding_is_counted_and_says_what_to_do() {
    let site = Site::with_org_keys(
        300,
        "company_names = [\"Acme GmbH\"]\n[finance]\nexemptions = \"exemptions.csv\"",
    );
    site.write_private(
        "exemptions.csv",
        "user,reason,owner,expires_on\nada.admin@emulated.example,audit,ada,2026-11-20\n\
         erp.sync@emulated.example,audit,ada,2026-11-21\n",
    );
    site.server.hide_object("UserLogin", true).unwrap();
    let platform = site.server.truth().used.keys().find(|id| id.starts_with("100")).unwrap().clone();
    for field in ["LicenseDefinitionKey", "Name"] {
        site.server.set_field("UserLicense", &platform, field, &json!("PID_Telepathy")).unwrap();
    }
    site.run(&["collect"]).exits(0);
    let report = Document::of(&site, &["data-quality", "--window", "180"]);
    let columns = ["finding", "subject", "is_blocking", "count"];
    let rows = report.texts(&columns);
    let expected = |finding: &str, subject: &str, is_blocking: &str, count: i64| {
        let count = count.to_string();
        let row = [finding, subject, is_blocking, count.as_str()].map(str::to_owned).to_vec();
        assert!(rows.contains(&row), "{row:?} in {rows:?}");
    };
    expected("missing_object", "UserLogin", "0", 1);
    expected("expired_exemption", "line 2 of the exemptions", "0", 1);
    expected("short_login_history", "LoginHistory", "0", 1);
    let unmatched = site.number("SELECT sum(users) FROM company_counts WHERE company = '(unmatched)'");
    assert!(unmatched > 0);
    expected("unmatched_company", "(unmatched)", "0", unmatched);
    let used = format!("SELECT used_counted FROM licenses WHERE license_id = '{platform}'");
    expected("unmapped_license", "PID_Telepathy", "0", site.number(&used));
    let is_expired = |row: &&Vec<String>| row[0] == "expired_exemption";
    assert_eq!(rows.iter().filter(is_expired).count(), 1, "the last day is still exempt");
    expected("exemption_without_seat", "line 3 of the exemptions", "0", 1);
    assert_eq!(report.total("findings"), i64::try_from(rows.len()).unwrap());
    assert_eq!(report.total("blocking_findings"), 0);
    for row in &report.rows {
        assert!(
            !row["what_to_do"].as_str().unwrap().is_empty() && !row["touches"].as_str().unwrap().is_empty(),
            "{row}"
        );
    }
}

#[test]
fn what_was_not_read_blocks() {
    let site = Site::new(50);
    site.server.hide_object("UserLicense", true).unwrap();
    site.run(&["collect"]).exits(3);
    let report = Document::ending_with(3, &site, &["data-quality"]);
    let missing = report.rows.iter().find(|row| row["subject"] == "UserLicense").unwrap();
    assert_eq!((&missing["finding"], &missing["is_blocking"]), (&json!("missing_object"), &json!(true)));
    assert!(missing["what_to_do"].as_str().unwrap().contains("View Setup and Configuration"), "{missing}");

    site.server.hide_object("UserLicense", false).unwrap();
    site.later(24);
    site.run(&["collect"]).exits(0);
    site.server.hide_object("Profile", true).unwrap();
    site.later(24);
    site.run(&["collect"]).exits(3);
    let report = Document::ending_with(3, &site, &["data-quality"]);
    let stale = report.rows.iter().find(|row| row["subject"] == "Profile").unwrap();
    assert_eq!((&stale["finding"], &stale["is_blocking"]), (&json!("stale_object"), &json!(true)));
}

#[test]
fn contradicting_keys_are_listed_by_the_key_they_share() {
    let site = super::people::with_shared_accounts().0;
    let rows = Document::of(&site, &["data-quality"]).texts(&["finding", "subject"]);
    assert!(rows.contains(&["contradicting_keys", "e-mail address"].map(str::to_owned).to_vec()), "{rows:?}");
    assert!(found(&site, "SELECT email FROM users WHERE email = 'c@acme.example'").len() == 2);
}

/// The rows of these findings: finding, org, subject and count.
fn findings_of(report: &Document, wanted: &[&str]) -> Vec<Vec<String>> {
    let mut rows = report.texts(&["finding", "org", "subject", "count"]);
    rows.retain(|row| wanted.contains(&row[0].as_str()));
    rows
}

#[test]
fn lines_of_files_that_fit_nothing_are_findings() {
    let site =
        Site::with_org_keys(300, "[finance]\nexemptions = \"exemptions.csv\"\ncontracts = \"contracts.csv\"");
    site.write_private("exemptions.csv", "user,reason,owner,expires_on\n");
    site.write_private("contracts.csv", CONTRACT_HEADER);
    site.run(&["collect"]).exits(0);
    let holder = &found(
        &site,
        "SELECT username FROM users WHERE is_active = 1 AND license = 'Salesforce' ORDER BY 1 LIMIT 1",
    )[0][0];
    site.write_private(
        "exemptions.csv",
        &format!(
            "user,org,license_key,reason,owner,expires_on\n\
             {holder},acme,SFDC,leave,ada,2027-03-31\n\
             {holder},,sfdc,leave,ada,2027-03-31\n\
             nobody@x.example,,,leave,ada,2027-03-31\n\
             {holder},,NOSUCH,over,ada,2026-11-20\n"
        ),
    );
    let line = |id: u8, key: &str, ends_on: &str| {
        format!("{id},acme,user,{key},5,1,month,EUR,2025-01-01,{ends_on},2025-01-01\n")
    };
    let lines = [
        line(1, "SFDC", "2027-01-01"),
        line(2, "sfdc", "2027-01-01"),
        line(3, "Salesforce", "2027-01-01"),
        line(4, "Telepathy", "2027-01-01"),
        line(5, "Telepathy", "2026-11-21"),
    ];
    site.write_private("contracts.csv", &(CONTRACT_HEADER.to_owned() + &lines.concat()));
    let report = Document::of(&site, &["data-quality"]);
    let wanted = ["exemption_without_seat", "contract_without_license"];
    let expected = [
        ["contract_without_license", "acme", "line 3 of the contracts", "1"],
        ["contract_without_license", "acme", "line 4 of the contracts", "1"],
        ["contract_without_license", "acme", "line 5 of the contracts", "1"],
        ["exemption_without_seat", "", "line 3 of the exemptions", "1"],
        ["exemption_without_seat", "", "line 4 of the exemptions", "1"],
    ];
    assert_eq!(findings_of(&report, &wanted), expected);
    let advice = |subject: &str| {
        let row = report.rows.iter().find(|row| row["subject"] == subject).unwrap();
        row["what_to_do"].as_str().unwrap().ends_with("the nearest is `SFDC`")
    };
    let is_told = [3, 4, 5].map(|line| advice(&format!("line {line} of the contracts")));
    assert_eq!(is_told, [true, true, false]);
}

#[test]
fn contracts_that_say_another_number_or_day_than_the_org_are_findings() {
    let site = Site::with_org_keys(60, "[finance]\ncontracts = \"contracts.csv\"");
    site.write_private("contracts.csv", CONTRACT_HEADER);
    site.run(&["collect"]).exits(0);
    let gaps = ["contract_quantity_gap", "contract_end_gap"];
    assert!(
        findings_of(&Document::of(&site, &["data-quality"]), &gaps).is_empty(),
        "nothing is under contract"
    );
    let license = |sql: &str| found(&site, sql).remove(0);
    let user = license("SELECT total FROM licenses WHERE kind = 'user' AND \"key\" = 'SFDC'");
    let timed = license(
        "SELECT \"key\", total, expires_on FROM licenses
         WHERE kind = 'permission_set' AND expires_on > '2026-11-21' AND total > 0 ORDER BY 1 LIMIT 1",
    );
    let unlimited =
        license("SELECT kind, \"key\" FROM licenses WHERE unlimited = 1 AND \"key\" IS NOT NULL LIMIT 1");
    let (seats, other): (i64, i64) = (user[0].parse().unwrap(), timed[1].parse().unwrap());
    let last_day: jiff::civil::Date = timed[2].parse().unwrap();
    let end = last_day.tomorrow().unwrap();
    let line = |id: &str, kind: &str, key: &str, seats: i64, starts_on: &str, ends_on: &str| {
        format!("{id},acme,{kind},{key},{seats},1,month,EUR,{starts_on},{ends_on},2025-01-01\n")
    };
    let contracts = |lines: &[String]| {
        site.write_private("contracts.csv", &(CONTRACT_HEADER.to_owned() + &lines.concat()));
        Document::of(&site, &["data-quality"])
    };
    // The lines add up, and what has ended or begins later does not count.
    let agreed = contracts(&[
        line("1", "user", "SFDC", seats - 3, "2026-01-01", "2027-01-01"),
        line("2", "user", "SFDC", 3, "2026-11-01", "2027-01-01"),
        line("3", "user", "SFDC", 9, "2025-01-01", "2026-11-21"),
        line("4", "user", "SFDC", 9, "2026-12-01", "2027-12-01"),
        line("5", "permission_set", &timed[0], other, "2026-01-01", "2026-12-01"),
        line("6", "permission_set", &timed[0], other, "2026-12-01", &end.to_string()),
        line("7", &unlimited[0], &unlimited[1], 5, "2026-01-01", "2027-01-01"),
    ]);
    assert!(findings_of(&agreed, &gaps).is_empty(), "{:?}", agreed.rows);
    let report = contracts(&[
        line("1", "user", "SFDC", seats + 7, "2026-01-01", "2027-01-01"),
        line("5", "permission_set", &timed[0], other - 1, "2026-01-01", "2027-12-01"),
    ]);
    let subject = format!("permission_set {}", timed[0]);
    let expected = [
        ["contract_end_gap", "acme", &subject, "1"],
        ["contract_quantity_gap", "acme", &subject, "1"],
        ["contract_quantity_gap", "acme", "user SFDC", "7"],
    ];
    assert_eq!(findings_of(&report, &gaps), expected);
    let told = |finding: &str, text: &str| {
        let mut rows = report.rows.iter().filter(|row| row["finding"] == finding);
        rows.any(|row| row["what_to_do"].as_str().unwrap().starts_with(text))
    };
    let numbers = format!("{} seats under contract, {seats} provisioned: ", seats + 7);
    assert!(told("contract_quantity_gap", &numbers), "{:?}", report.rows);
    let days = format!("under contract until 2027-11-30, usable until {last_day}, ");
    assert!(told("contract_end_gap", &days), "{:?}", report.rows);
}

const CONTRACT_HEADER: &str = "line_id,org,kind,license_key,quantity,price,price_period,currency,starts_on,ends_on,\
    recorded_at\n";

#[test]
fn a_complete_list_of_people_that_lacks_most_of_them_is_a_finding() {
    let site = Site::new(60);
    site.configure("", "[finance]\npeople = \"people.csv\"\npeople_complete = true");
    let header = "employee_number,federation_identifier,email,has_left,left_on\n";
    site.write_private("people.csv", header);
    site.run(&["collect"]).exits(0);
    let accounts = Document::of(&site, &["orphans"]).total("accounts");
    let short = |list: &str| {
        site.write_private("people.csv", list);
        let report = Document::of(&site, &["data-quality"]);
        let mut rows = report.rows.iter().filter(|row| row["finding"] == "short_people_list");
        assert!(rows.all(|row| row["is_blocking"] == true), "{:?}", report.rows);
        findings_of(&report, &["short_people_list"])
    };
    let finding = |absent: i64| {
        [["short_people_list", "", "the list of people", absent.to_string().as_str()]
            .map(str::to_owned)
            .to_vec()]
    };
    assert_eq!(short(header), finding(accounts));
    let stranger = format!("{header}NEW-1,,new@acme.example,,\n");
    assert_eq!(short(&stranger), finding(accounts));
    let emails = found(&site, "SELECT DISTINCT email FROM users WHERE is_active = 1");
    let everybody = emails.iter().fold(header.to_owned(), |list, row| list + &format!(",,{},,\n", row[0]));
    assert!(short(&everybody).is_empty());
}
