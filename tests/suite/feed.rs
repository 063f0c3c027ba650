//! The feed as its receivers see it: whole at every instant, the same bytes anywhere, and adding up to the invoice.

mod begin;
mod columns;
mod companies;
mod demo;
mod focus;
mod verify;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::site::Site;
use crate::support::Ran;

/// Bought seats of two licenses, one of them invoiced with tax and a credit.
const CONTRACTS: &str = "\
charge,line_id,org,kind,license_key,sku,quantity,price,price_period,list_price,currency,starts_on,ends_on,billing,amount,invoice_ids,recorded_at
license,L-1,acme,user,SFDC,Sales Cloud,153,100,year,175,EUR,2026-09-01,2027-09-01,once,,INV-1001,2026-08-15
license,L-2,acme,user,AUL,Platform,80,18.75,month,,EUR,2026-10-15,2027-10-15,quarterly,,1|2,2026-08-15
tax,T-1,acme,,,VAT 19%,,,,,EUR,2026-09-01,,,2907.00,INV-1001,2026-08-15
credit,C-1,acme,,,Goodwill,,,,,EUR,2026-10-02,,,-100.00,INV-1002,2026-10-02
";

/// An installation with contracts whose org has been collected once.
pub(super) fn site(users: u64) -> Site {
    let site = Site::new(users);
    site.home.write("contracts.csv", CONTRACTS);
    site.configure("", "[finance]\ncontracts = \"contracts.csv\"");
    site.run(&["collect"]).exits(0);
    site
}

fn export(site: &Site) -> Ran {
    site.run(&["export", "feed", "--identify"]).exits(0)
}

fn manifest(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The names and hashes of a feed's files.
fn hashes(folder: &Path) -> BTreeMap<String, String> {
    let manifest = manifest(folder);
    let files = manifest["files"].as_array().unwrap().iter();
    files
        .map(|file| (file["name"].as_str().unwrap().to_owned(), file["sha256"].as_str().unwrap().to_owned()))
        .collect()
}

/// Reads a feed by its manifest alone and gives the instant that it is of; `None` when it was overtaken.
fn read_whole(folder: &Path) -> Option<String> {
    let found = manifest(folder);
    let as_of = found["as_of"].as_str().unwrap();
    for file in found["files"].as_array().unwrap() {
        let Ok(bytes) = std::fs::read(folder.join(file["path"].as_str().unwrap())) else {
            assert_ne!(
                manifest(folder)["generation"],
                found["generation"],
                "{} is named and not there",
                file["path"]
            );
            return None;
        };
        assert_eq!(file["sha256"], sha256(&bytes), "{}", file["path"]);
        assert_eq!(file["bytes"], bytes.len(), "{}", file["path"]);
        if ["licenses.csv", "users.csv"].contains(&file["name"].as_str().unwrap()) {
            let text = String::from_utf8(bytes).unwrap();
            assert!(
                text.lines().skip(1).all(|line| line.contains(as_of)),
                "{} of another state",
                file["name"]
            );
        }
    }
    Some(as_of.to_owned())
}

#[test]
fn a_reader_beside_a_hundred_exports_never_sees_a_mixed_feed() {
    let site = site(20);
    let first: Timestamp = site.rows("SELECT finished_at FROM runs")[0][0].as_ref().unwrap().parse().unwrap();
    site.later(1);
    site.run(&["collect"]).exits(0);
    let folder = site.home.path("feed");
    let export_at = |number: i64| {
        let as_of = (first + SignedDuration::from_secs(number)).to_string();
        site.run(&["export", "feed", "--identify", "--format", "csv", "--as-of", &as_of]).exits(0);
    };
    export_at(0);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut whole, mut states) = (0, BTreeSet::new());
            while !is_over.load(Ordering::Relaxed) {
                if let Some(as_of) = read_whole(&folder) {
                    whole += 1;
                    states.insert(as_of);
                }
            }
            (whole, states.len())
        });
        (1..=100).for_each(export_at);
        is_over.store(true, Ordering::Relaxed);
        let (whole, states) = reader.join().unwrap();
        assert!(whole > 100 && states > 50, "{whole} reads of {states} states");
    });
    let generations = std::fs::read_dir(folder.join("generations")).unwrap().count();
    assert_eq!(generations, 2, "the state and the one before it are kept");
    assert!(!folder.join(".aside").exists());
}

#[test]
fn stable_names_lead_to_the_newest_state() {
    let site = site(20);
    export(&site);
    let folder = site.home.path("feed");
    let first = manifest(&folder);
    for file in first["files"].as_array().unwrap() {
        let name = file["name"].as_str().unwrap();
        let (linked, stored) = (folder.join(name), folder.join(file["path"].as_str().unwrap()));
        assert_eq!(std::fs::read(linked).unwrap(), std::fs::read(stored).unwrap(), "{name}");
    }
    // The same state again is the same feed.
    let before = std::fs::read(folder.join("manifest.json")).unwrap();
    export(&site);
    assert!(std::fs::read(folder.join("manifest.json")).unwrap() == before);
    assert_eq!(first["previous"], Value::Null);

    site.later(24);
    site.run(&["collect"]).exits(0);
    site.run(&["export", "feed", "--identify", "--format", "csv,focus,parquet,prometheus"]).exits(0);
    let second = manifest(&folder);
    assert_eq!(second["previous"]["generation"], first["generation"]);
    assert_eq!(second["previous"]["manifest_sha256"], sha256(&before));
    assert!(site.home.read("feed/seatledger.prom").contains("seatledger_complete 1\n"));
    assert!(folder.join("users.parquet").exists() && folder.join("focus-cost-and-usage.parquet").exists());
    site.run(&["feed", "verify", "feed"]).exits(0);

    site.later(24);
    site.run(&["collect"]).exits(0);
    export(&site);
    assert!(std::fs::symlink_metadata(folder.join("seatledger.prom")).is_err(), "links to nothing are gone");
}

#[test]
fn an_export_that_was_killed_leaves_the_feed_whole() {
    let site = site(20);
    export(&site);
    let folder = site.home.path("feed");
    let before = manifest(&folder);
    // What a kill between the links and the manifest leaves.
    let other = folder.join("generations/0123456789abcdef");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("users.csv"), "half").unwrap();
    std::fs::create_dir(folder.join(".aside")).unwrap();
    std::fs::write(folder.join(".aside/half"), "").unwrap();
    std::fs::remove_file(folder.join("current")).unwrap();
    std::os::unix::fs::symlink("generations/0123456789abcdef", folder.join("current")).unwrap();
    assert!(read_whole(&folder).is_some());
    site.run(&["feed", "verify", "feed"])
        .exits(1)
        .says(&["lead to generation 0123456789abcdef", "run it again"]);
    export(&site);
    assert_eq!(manifest(&folder), before);
    assert!(!other.exists() && !folder.join(".aside").exists());
    site.run(&["feed", "verify", "feed"]).exits(0).prints(&["is whole"]);
}

#[test]
fn only_one_export_writes_into_a_folder() {
    let site = site(20);
    export(&site);
    let held = std::fs::File::open(site.home.path("feed")).unwrap();
    held.lock().unwrap();
    site.run(&["export", "feed", "--identify"]).exits(9).says(&["another export is writing into"]);
    drop(held);
    export(&site);
}

#[test]
fn damage_is_told() {
    let site = site(20);
    export(&site);
    site.run(&["feed", "verify", "nowhere"]).exits(1).says(&[
        "there is no feed in",
        "nowhere: it has no manifest.json",
        "name the folder that `seatledger export` wrote",
    ]);
    let folder = site.home.path("feed");
    let entry = |name: &str| {
        let manifest = manifest(&folder);
        let files = manifest["files"].as_array().unwrap();
        files.iter().find(|file| file["name"] == name).unwrap().clone()
    };
    let path = |name: &str| folder.join(entry(name)["path"].as_str().unwrap());
    let focus = path("focus-cost-and-usage.csv");
    let good = std::fs::read_to_string(&focus).unwrap();
    let cases: &[(&str, &str, &[&str])] = &[
        ("15300.00", "15301.00", &["has the SHA-256", "BilledCost adds up to"]),
        (
            ",Usage,",
            ",Consumption,",
            &["ChargeCategory is `Consumption`, which is none of Usage", "not of the classes"],
        ),
        ("2026-11-01T00:00:00Z", "2026-11-01", &["is `2026-11-01`, which is not an instant like"]),
        (",EUR,", ",Euro,", &["BillingCurrency is `Euro`, which is not a currency's ISO 4217 code"]),
        ("BilledCost", "CostBilled", &["its columns are not those of datapackage.json"]),
    ];
    for (from, to, sentences) in cases {
        assert!(good.contains(from), "{from}");
        std::fs::write(&focus, good.replacen(from, to, 1)).unwrap();
        site.run(&["feed", "verify", "feed"]).exits(1).says(sentences).says(&["is damaged"]);
    }
    std::fs::write(&focus, &good[..good.len() / 2]).unwrap();
    let json = site.run(&["feed", "verify", "feed", "--json"]).exits(1).stdout;
    let verdict: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(verdict["whole"], false);
    let problems = verdict["problems"].to_string();
    assert!(
        problems.contains("bytes, and the manifest says") && problems.contains("rows cannot be read"),
        "{verdict}"
    );
    site.run(&["export", "feed", "--identify"])
        .exits(1)
        .says(&["which is part of the feed there", "move the folder away and export again"]);

    std::fs::remove_file(&focus).unwrap();
    site.run(&["feed", "verify", "feed"]).exits(1).says(&["focus-cost-and-usage.csv: is not there"]);
    std::fs::write(&focus, &good).unwrap();
    site.run(&["feed", "verify", "feed"]).exits(0);
    let json = site.run(&["feed", "verify", "feed", "--json"]).exits(0).stdout;
    let verdict: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&verdict["whole"], &verdict["complete"]), (&Value::Bool(true), &Value::Bool(true)));
}

#[test]
fn an_incomplete_feed_says_so() {
    let site = site(20);
    site.server.hide_object("UserLicense", true).unwrap();
    site.later(24);
    site.run(&["collect"]).exits(3);
    site.run(&["export", "feed", "--identify"]).exits(3);
    let manifest = manifest(&site.home.path("feed"));
    assert_eq!(manifest["complete"], false);
    assert!(manifest["gaps"][0].as_str().unwrap().contains("UserLicense"), "{}", manifest["gaps"]);
    site.run(&["feed", "verify", "feed"]).exits(3).says(&["data is missing", "UserLicense"]);
}

#[test]
fn contracts_that_fit_no_license_are_told() {
    let site = site(20);
    let good = site.home.read("contracts.csv");
    let line = good.lines().find(|line| line.contains(",SFDC,")).unwrap();
    let misspelled = line.replace(",SFDC,", ",SFDCC,");
    site.home.write("contracts.csv", &format!("{good}{misspelled}\n"));
    let sentence = format!(
        "acme has no user license with the key `SFDCC`, line {} of the contracts; did you mean `SFDC`?",
        good.lines().count() + 1
    );
    site.run(&["export", "feed", "--identify"]).exits(0).says(&[&format!("warning: {sentence}")]);
    let told = manifest(&site.home.path("feed"));
    assert_eq!((&told["warnings"], &told["complete"]), (&serde_json::json!([sentence]), &Value::Bool(true)));
    site.run(&["feed", "verify", "feed"]).exits(0);

    let many: String = (0..25).map(|id| misspelled.replace("SFDCC", &format!("QQ{id}")) + "\n").collect();
    site.home.write("contracts.csv", &format!("{good}{many}"));
    site.run(&["export", "feed", "--identify"])
        .exits(0)
        .says(&["the contracts name 5 more licenses that their org does not have"]);

    site.home.write("contracts.csv", &good);
    site.run(&["export", "feed", "--identify"]).exits(0);
    assert_eq!(manifest(&site.home.path("feed"))["warnings"], serde_json::json!([]));
}

#[test]
fn the_same_state_is_the_same_feed_anywhere_and_at_any_time() {
    let site = site(30);
    let formats = ["export", "feed", "--identify", "--format", "csv,focus,parquet,prometheus"];
    site.run(&formats).exits(0);
    let here = hashes(&site.home.path("feed"));
    assert!(here.len() > 20, "{}", here.len());
    let manifest_here = site.home.read("feed/manifest.json");

    site.run(&["db", "backup", "copy.db"]).exits(0);
    let config = site.home.read("seatledger.toml").replace("seatledger.db", "copy.db");
    site.home.write("copied.toml", &config);
    site.later(365 * 24);
    let mut elsewhere = site.command(&[
        "export",
        "elsewhere",
        "--identify",
        "--format",
        "csv,focus,parquet,prometheus",
        "--config",
        "copied.toml",
    ]);
    elsewhere.env("TZ", "Pacific/Kiritimati").env("LANG", "tr_TR.UTF-8").env("LC_ALL", "tr_TR.UTF-8");
    Ran::of(&["export"], elsewhere.output().unwrap()).exits(0);
    assert_eq!(hashes(&site.home.path("elsewhere")), here);
    assert!(site.home.read("elsewhere/manifest.json") == manifest_here);
}

#[test]
fn the_manifest_is_as_its_schema_says() {
    let site = site(20);
    export(&site);
    let schema: Value = serde_json::from_str(&site.home.read("feed/manifest.schema.json")).unwrap();
    let manifest = manifest(&site.home.path("feed"));
    check_object(&manifest, &schema);
    for (list, schema) in [("files", "files"), ("orgs", "orgs")]
        .map(|(list, name)| (list, &schema["properties"][name]["items"]))
    {
        for object in manifest[list].as_array().unwrap() {
            check_object(object, schema);
        }
    }
    assert_eq!(manifest["orgs"][0]["org"], "acme");
    assert!(manifest["orgs"][0]["organization_id"].as_str().unwrap().starts_with("00D"));
    let version = manifest["schema"]["version"].as_str().unwrap();
    assert!(version.starts_with("1."), "the schema's pattern goes by the major version");
}

/// Checks that an object has every key of its schema and no other.
fn check_object(object: &Value, schema: &Value) {
    let keys: Vec<_> = object.as_object().unwrap().keys().cloned().collect();
    let mut known: Vec<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
    let mut required: Vec<_> =
        schema["required"].as_array().unwrap().iter().map(|key| key.as_str().unwrap().to_owned()).collect();
    known.sort();
    required.sort();
    let mut sorted = keys;
    sorted.sort();
    assert_eq!(sorted, known);
    assert_eq!(sorted, required);
}

#[test]
fn control_totals_and_classes_can_be_counted_again() {
    let site = site(30);
    export(&site);
    let manifest = manifest(&site.home.path("feed"));
    let mut summed = 0;
    for file in manifest["files"].as_array().unwrap() {
        let name = file["name"].as_str().unwrap();
        if !name.ends_with(".csv") {
            continue;
        }
        let text = site.home.read(&format!("feed/{name}"));
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().unwrap().clone();
        let place = |column: &str| header.iter().position(|name| name == column);
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(file["rows"], records.len(), "{name}");
        for total in file["control_totals"].as_array().unwrap() {
            let column = place(total["column"].as_str().unwrap()).unwrap();
            let currency = place("currency").or(place("BillingCurrency")).unwrap();
            let sum: rust_decimal::Decimal = records
                .iter()
                .filter(|record| total["currency"] == record[currency])
                .filter_map(|record| record[column].parse::<rust_decimal::Decimal>().ok())
                .sum();
            assert_eq!(total["amount"].as_str().unwrap().parse(), Ok(sum), "{name} {total}");
            summed += 1;
        }
        if let Some(column) = place("class") {
            let mut classes: BTreeMap<&str, u64> = BTreeMap::new();
            records.iter().for_each(|record| *classes.entry(&record[column]).or_default() += 1);
            assert_eq!(file["classes"], serde_json::json!(classes), "{name}");
        }
    }
    assert!(summed >= 5, "{summed}");
}
