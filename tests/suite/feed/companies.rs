//! A feed of one company holds nothing of the others.

use serde_json::{Value, json};

use super::{CONTRACTS, manifest};
use crate::site::Site;

/// Keeps a user of the other company on purpose.
fn exemption_of(username: &str) -> String {
    format!(
        "user,org,license_key,reason,owner,expires_on\n{username},,,Interface,it@acme.example,2099-01-01\n"
    )
}

fn site_of_two_companies() -> Site {
    let site = Site::with_org_keys(150, "company_names = [\"Acme GmbH\", \"Acme UK Ltd\"]");
    site.run(&["collect"]).exits(0);
    let other = "SELECT min(username) FROM users WHERE company = 'Acme UK Ltd'";
    let username = site.rows(other).remove(0).remove(0).unwrap();
    site.home.write("contracts.csv", CONTRACTS);
    site.home.write("exemptions.csv", &exemption_of(&username));
    site.configure(
        "",
        "company_names = [\"Acme GmbH\", \"Acme UK Ltd\"]\n\
         [finance]\ncontracts = \"contracts.csv\"\nexemptions = \"exemptions.csv\"",
    );
    site
}

/// The fields of a file but for who manages a user, which is what Salesforce says of the user.
fn without_managers(text: &str) -> String {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let Some(managers) = header.iter().position(|column| column == "manager_id") else {
        return text.to_owned();
    };
    let rows = reader.records().map(Result::unwrap);
    let fields = rows.flat_map(|row| {
        let fields = row.iter().enumerate().filter(|(place, _)| *place != managers);
        fields.map(|(_, field)| format!("{field}\n")).collect::<Vec<_>>()
    });
    fields.collect()
}

#[test]
fn a_feed_of_one_company_names_no_user_of_another() {
    let site = site_of_two_companies();
    let of = |condition: &str| {
        let rows = site.rows(&format!("SELECT user_id FROM users WHERE {condition}"));
        rows.into_iter().map(|row| row[0].clone().unwrap()).collect::<Vec<_>>()
    };
    let (own, others) = (of("company = 'Acme GmbH'"), of("company IS NOT 'Acme GmbH'"));
    assert!(own.len() > 10 && others.len() > 10, "{} and {}", own.len(), others.len());

    let export = ["export", "feed", "--identify", "--company", "Acme GmbH"];
    let formats = ["--format", "csv,parquet,prometheus"];
    let ran = site.run(&[&export[..], &formats].concat()).exits(0);
    let told = manifest(&site.home.path("feed"));
    let warning = told["warnings"][0].as_str().unwrap();
    ran.says(&[&format!("warning: {warning}")]);
    for left_out in ["about Acme GmbH only", "data-quality", "diff", "trend", "chargeback", "FOCUS"] {
        assert!(warning.contains(left_out), "{left_out}: {warning}");
    }
    assert_eq!(told["companies"], json!(["Acme GmbH"]));
    let mut names = Vec::new();
    for file in told["files"].as_array().unwrap() {
        let name = file["name"].as_str().unwrap().to_owned();
        // A Parquet file is packed, and has the rows of the CSV file.
        let text = match name.ends_with(".parquet") {
            true => String::new(),
            false => without_managers(&site.home.read(&format!("feed/{name}"))),
        };
        let found = others.iter().find(|id| text.contains(id.as_str()));
        assert_eq!(found, None, "{name} names a user of another company");
        names.push(name);
    }
    for name in ["users.csv", "users.parquet", "licenses.csv", "seatledger.prom"] {
        assert!(names.iter().any(|found| found == name), "{name} of {names:?}");
    }
    for name in ["diff.csv", "data-quality.csv", "trend.parquet", "focus-cost-and-usage.csv"] {
        assert!(!names.iter().any(|found| found == name), "{name}");
    }
    let figures = site.home.read("feed/seatledger.prom");
    assert!(figures.contains("seatledger_complete 1") && !figures.contains("seats"), "{figures}");
    site.run(&["feed", "verify", "feed"]).exits(0);

    // With contracts, FOCUS is in a feed of whole orgs unless asked otherwise.
    site.run(&["export", "unasked", "--identify", "--company", "Acme GmbH"]).exits(0);
    assert!(!site.home.path("unasked/focus-cost-and-usage.csv").exists());
    site.run(&[&export[..], &["--format", "csv,focus"]].concat())
        .exits(2)
        .says(&["FOCUS files tie to whole invoices", "leave focus out of --format"]);
    site.run(&["export", "whole", "--identify"]).exits(0);
    let told: Value = manifest(&site.home.path("whole"));
    assert_eq!((&told["companies"], &told["warnings"]), (&json!([]), &json!([])));
}
