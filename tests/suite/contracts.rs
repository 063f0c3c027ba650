//! `contracts check` and `contracts template`, as those who keep the contract file use them.

use serde_json::Value;

use crate::site::Site;
use crate::support::Home;

const HEADER: &str =
    "line_id,org,kind,license_key,quantity,price,price_period,currency,starts_on,ends_on,recorded_at\n";

/// A collected org whose configuration names a contract file of these rows.
fn site_with(rows: &str) -> Site {
    let site = Site::new(60);
    site.run(&["collect"]).exits(0);
    site.home.write("contracts.csv", &format!("{HEADER}{rows}"));
    site.configure("", "[finance]\ncontracts = \"contracts.csv\"");
    site
}

#[test]
fn what_was_understood_is_told() {
    let site = site_with(
        "1,acme,user,SFDC,10,131.25,month,EUR,2026-01-01,2026-10-01,2026-01-01\n\
         1,acme,user,SFDC,12,131.25,month,EUR,2026-01-01,2026-10-01,2026-02-01\n\
         1,acme,user,SFDC,12,140,month,EUR,2026-11-01,2027-11-01,2026-10-01\n\
         2,acme,user,SFDC,3,150,month,EUR,2026-12-01,2027-11-01,2026-10-01\n\
         3,acme,user,SFDCC,5,1,year,USD,2027-01-01,2028-01-01,2026-10-01\n",
    );
    let ran = site.run(&["contracts", "check"]).exits(0);
    ran.prints(&["in force", "ended", "to come", "131.25"]).says(&[
        "Lines: 4, licenses: 2, superseded versions: 1, taxes and credits: 0.",
        "acme: user license SFDC has no line from 2026-10-01 until before 2026-11-01, and is unpriced meanwhile",
        "acme: user license SFDC: the seats of lines 1, 2 add up from 2026-12-01 until before 2027-11-01.",
        "acme has no user license with the key `SFDCC`, line 6 of the contracts; did you mean `SFDC`?",
    ]);
    let text = site.run(&["contracts", "check", "--json"]).exits(0).stdout;
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["lines"].as_array().unwrap().len(), 4);
    assert_eq!(document["lines"][0]["quantity"], 12);
    assert_eq!(document["licenses"][0]["gaps"][0]["from"], "2026-10-01");
    assert_eq!(document["licenses"][0]["overlaps"][0]["line_ids"], serde_json::json!(["1", "2"]));
    assert_eq!(document["unmatched"][0]["nearest"], "SFDC");
}

#[test]
fn every_mistake_is_listed_by_line_and_column() {
    let site = site_with(
        "1,acne,user,SFDC,10,\"131,25\",month,EUR,2026-01-01,2026-10-01,2026-01-01\n\
         1,acme,user,SFDC,10,131.25,month,EUR,01.01.2026,2026-10-01,2026-01-01\n",
    );
    for command in [&["contracts", "check"][..], &["report", "true-up"]] {
        let ran = site.run(command).exits(2);
        ran.says(&[
            "contracts.csv cannot be used: 3 mistakes to mend",
            "line 2, org: `acne` is not known; write `acme`, or another of: acme",
            "line 2, price: `131,25` is no number; write 131.25",
            "line 3, starts_on: `01.01.2026` is no date; write 2026-01-01",
        ]);
    }
    site.run(&["contracts", "check", "none.csv"]).exits(2).says(&["cannot read", "none.csv"]);
    site.run(&["report", "renewals", "--known-on", "soon"]).exits(2).says(&["write a date like 2026-11-21"]);
}

#[test]
fn without_a_database_keys_are_not_compared() {
    let site = Site::new(60);
    site.home.write("mine.csv", HEADER);
    site.run(&["contracts", "check", "mine.csv"]).exits(0).says(&[
        "mine.csv holds no lines under its header",
        "Lines: 0,",
        "License keys were not compared",
    ]);
    site.run(&["contracts", "check"]).exits(2).says(&["no contracts are configured", "under [finance]"]);
}

#[test]
fn the_template_needs_nothing_and_passes_the_check() {
    let home = Home::new();
    let template = home.run(&["contracts", "template"]).exits(0).stdout;
    assert!(template.contains("\n# quantity: "), "{template}");
    let columns: Value =
        serde_json::from_str(&home.run(&["contracts", "template", "--json"]).exits(0).stdout).unwrap();
    assert!(columns["columns"].as_array().unwrap().iter().any(|column| column["name"] == "price"));

    let site = Site::new(60);
    site.home.write("contracts.csv", &template);
    site.run(&["contracts", "check", "contracts.csv"]).exits(0).says(&["Lines: 1, licenses: 1,"]);
}

#[test]
fn a_template_of_the_database_lacks_only_what_no_one_can_know() {
    let site = Site::new(60);
    site.run(&["contracts", "template", "--from-database"]).exits(2).says(&["seatledger collect"]);
    site.run(&["collect"]).exits(0);
    let template = site.run(&["contracts", "template", "--from-database"]).exits(0).stdout;
    let seats = site.number("SELECT count(*) FROM licenses WHERE total > 0 AND key IS NOT NULL");
    let rows = template.lines().filter(|line| line.contains(",acme,")).count();
    assert_eq!(i64::try_from(rows).unwrap(), seats);
    site.home.write("contracts.csv", &template);
    let said = site.run(&["contracts", "check", "contracts.csv"]).exits(2).stderr;
    let mut missing = 0;
    for (_, after) in said.lines().filter_map(|line| line.split_once("line ")?.1.split_once(", ")) {
        let column = after.split(':').next().unwrap_or_default();
        let unknown = ["price", "price_period", "currency", "starts_on", "ends_on"];
        assert!(unknown.contains(&column), "{after}");
        missing += 1;
    }
    assert!(missing >= 4 * rows, "{said}");
}

#[test]
fn a_book_without_lines_is_used_with_a_warning() {
    let site = Site::new(60);
    site.run(&["collect"]).exits(0);
    site.home.write("contracts.csv", HEADER);
    site.home.write("exemptions.csv", "user,reason,owner,expires_on\n");
    site.home.write("people.csv", "\u{feff}email\r\n");
    let books = "contracts = \"contracts.csv\"\nexemptions = \"exemptions.csv\"\npeople = \"people.csv\"";
    site.configure("", &format!("[finance]\n{books}"));
    site.run(&["report", "reclaimable"]).exits(0).says(&[
        "contracts.csv holds no lines under its header, so it tells nothing",
        "exemptions.csv holds no lines under its header, so it tells nothing",
        "people.csv holds no lines under its header, so it tells nothing",
    ]);
}

#[test]
fn every_book_has_a_template_that_it_reads() {
    let home = Home::new();
    for (book, header) in [
        ("exemptions", "\nuser,org,license_key,reason,owner,expires_on\n"),
        ("people", "\nemployee_number,federation_identifier,email,has_left,left_on\n"),
    ] {
        let text = home.run(&["contracts", "template", "--of", book]).exits(0).stdout;
        assert!(text.starts_with("# ") && text.ends_with(header), "{text}");
    }
    home.run(&["contracts", "template", "--of", "wishes"])
        .exits(2)
        .says(&["contracts, exemptions or people"]);
    home.run(&["contracts", "template", "--of", "people", "--from-database"]).exits(2);
}
