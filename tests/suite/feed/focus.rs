//! FOCUS files of an emulated org with contracts: they add up to the invoices, and closed months stay as they were.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::Value;

use super::{CONTRACTS, export, manifest, site};
use crate::site::Site;

type Row = BTreeMap<String, String>;

fn rows(site: &Site, file: &str) -> Vec<Row> {
    let text = site.home.read(&format!("feed/{file}"));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows = reader.records().map(|record| {
        header.iter().map(str::to_owned).zip(record.unwrap().iter().map(str::to_owned)).collect()
    });
    rows.collect()
}

fn charges(site: &Site) -> Vec<Row> {
    rows(site, "focus-cost-and-usage.csv")
}

fn sum<'a>(rows: impl IntoIterator<Item = &'a Row>, column: &str) -> Decimal {
    rows.into_iter().map(|row| row[column].parse::<Decimal>().unwrap()).sum()
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn rows_follow_the_model() {
    let site = site(50);
    export(&site);
    let charges = charges(&site);
    let of = |category: &'static str, line: &'static str| {
        charges
            .iter()
            .filter(move |row| row["ChargeCategory"] == category && row["x_LedgerKey"].contains(line))
    };
    let org = site.rows("SELECT organization_id FROM orgs")[0][0].clone().unwrap();
    assert!(charges.iter().all(|row| row["BillingAccountId"] == org && row["BillingCurrency"] == "EUR"));

    let whole: Vec<_> = of("Purchase", "/L-1/").collect();
    assert_eq!(whole.len(), 1);
    let expected = [
        ("BilledCost", "15300.00"),
        ("EffectiveCost", "0.00"),
        ("ContractedUnitPrice", "8.3333333333"),
        ("PricingQuantity", "1836.00"),
        ("ContractedCost", "15299.9999999388"),
        ("ListUnitPrice", "14.5833333333"),
        ("ChargePeriodStart", "2026-09-01T00:00:00Z"),
        ("ChargePeriodEnd", "2027-09-01T00:00:00Z"),
        ("InvoiceId", "INV-1001"),
        ("SubAccountId", ""),
        ("ConsumedQuantity", ""),
    ];
    for (column, text) in expected {
        assert_eq!(whole[0][column], text, "{column}");
    }
    // Three of four quarters of the second line have not begun.
    let quarter: Vec<_> = of("Purchase", "/L-2/").collect();
    assert_eq!(quarter.len(), 1);
    assert_eq!((quarter[0]["BilledCost"].as_str(), quarter[0]["InvoiceId"].as_str()), ("4500.00", "ID-1"));
    assert_eq!(quarter[0]["ChargePeriodEnd"], "2027-01-15T00:00:00Z");

    // September was over before the first collection.
    let september: Vec<_> =
        of("Usage", "/L-1/").filter(|row| row["BillingPeriodStart"].starts_with("2026-09")).collect();
    assert_eq!(september.len(), 1);
    assert_eq!(
        (september[0]["SubAccountId"].as_str(), september[0]["EffectiveCost"].as_str()),
        ("UNALLOCATED", "1275.00")
    );
    let description =
        "Sales Cloud: 153.00 license-months under contract in 2026-09; who held them is not known";
    assert_eq!(
        (september[0]["ChargeDescription"].as_str(), september[0]["ConsumedQuantity"].as_str()),
        (description, "153.00")
    );
    let november: Vec<_> =
        of("Usage", "/L-1/").filter(|row| row["BillingPeriodStart"].starts_with("2026-11")).collect();
    assert_eq!(sum(november.iter().copied(), "EffectiveCost"), number("1275.00"));
    assert_eq!(sum(november.iter().copied(), "PricingQuantity"), number("153"));
    let accounts: BTreeSet<_> = november.iter().map(|row| row["SubAccountId"].as_str()).collect();
    assert!(
        accounts.contains("UNASSIGNED") && accounts.iter().any(|account| account.starts_with("LE:")),
        "{accounts:?}"
    );
    for row in &november {
        let is_pool = row["SubAccountId"] == "UNASSIGNED";
        assert_eq!(row["ConsumedQuantity"] == "0.00", is_pool, "{row:?}");
        let words =
            if is_pool { " license-months not held in 2026-11" } else { " license-months held in 2026-11" };
        assert!(row["ChargeDescription"].ends_with(words), "{row:?}");
        assert_eq!(row["BilledCost"], "0.00");
        assert_eq!(row["InvoiceId"], "INV-1001");
        let applied: Value = serde_json::from_str(&row["ContractApplied"]).unwrap();
        assert_eq!(applied["Elements"][0]["ContractCommitmentId"], "acme/user/SFDC/L-1/2026-09-01");
        let product = number(&row["ContractedUnitPrice"]) * number(&row["PricingQuantity"]);
        assert_eq!(number(&row["ContractedCost"]), product);
    }

    let tax: Vec<_> = of("Tax", "").collect();
    assert_eq!((tax.len(), tax[0]["BilledCost"].as_str(), tax[0]["SkuId"].as_str()), (1, "2907.00", ""));
    let credit: Vec<_> = of("Credit", "").collect();
    assert_eq!((credit.len(), credit[0]["EffectiveCost"].as_str()), (1, "-100.00"));
}

#[test]
fn commitments_are_what_was_bought() {
    let site = site(20);
    export(&site);
    let commitments = rows(&site, "focus-contract-commitment.csv");
    assert_eq!(commitments.len(), 2);
    let line = commitments.iter().find(|row| row["ContractId"] == "acme/L-2").unwrap();
    for (column, text) in [
        ("ContractCommitmentQuantity", "960.00"),
        ("ContractCommitmentCost", "18000.00"),
        ("ContractCommitmentDurationType", "1 Year"),
        ("ContractCommitmentLifecycleStatus", "Active"),
        ("ContractCommitmentPaymentModel", "Partial Upfront"),
        ("ContractCommitmentPaymentInterval", "Quarterly"),
        ("ContractCommitmentPaymentUpfrontPercentage", "0.25"),
        ("ContractCommitmentCreated", "2026-08-15T00:00:00Z"),
    ] {
        assert_eq!(line[column], text, "{column}");
    }
    let metadata: Value = serde_json::from_str(&site.home.read("feed/focus-metadata.json")).unwrap();
    assert_eq!(metadata["Schema"][0]["FocusVersion"], "1.4");
    let described: Vec<_> = metadata["Schema"][0]["ColumnDefinition"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["ColumnName"].as_str().unwrap())
        .collect();
    let header = site.home.read("feed/focus-cost-and-usage.csv");
    assert_eq!(header.lines().next().unwrap(), described.join(","));
}

#[test]
fn over_a_whole_term_the_shares_are_the_invoice() {
    let site = site(40);
    for _ in 0..12 {
        site.later(31 * 24);
        site.run(&["collect"]).exits(0);
        export(&site);
    }
    let charges = charges(&site);
    let line: Vec<_> = charges.iter().filter(|row| row["x_LedgerKey"].contains("/L-1/")).collect();
    assert_eq!(sum(line.iter().copied(), "EffectiveCost"), number("15300.00"));
    assert_eq!(sum(line.iter().copied(), "BilledCost"), number("15300.00"));
    let shares = line.iter().filter(|row| row["ChargeCategory"] == "Usage").copied();
    assert_eq!(sum(shares, "PricingQuantity"), number("1836"));
    assert!(line.iter().all(|row| row["ChargeClass"].is_empty()), "nothing was corrected");
    let manifest = manifest(&site.home.path("feed"));
    assert_eq!(manifest["period"]["start"], "2026-09-01");
}

#[test]
fn closed_months_only_change_through_corrections() {
    let site = site(40);
    site.later(24 * 12);
    site.run(&["collect"]).exits(0);
    export(&site);
    let before = site.home.read("feed/focus-cost-and-usage.csv");
    let closed = |text: &str| -> Vec<String> {
        let is_closed = |line: &&str| {
            line.contains("2026-12-01T00:00:00Z,2026-11-01T00:00:00Z")
                || line.contains("2026-11-01T00:00:00Z,2026-10-01T00:00:00Z")
        };
        text.lines().filter(is_closed).map(str::to_owned).collect()
    };
    assert!(closed(&before).len() > 3, "{before}");

    // A cheaper price becomes known, for the whole term.
    let contracts = format!(
        "{CONTRACTS}license,L-1,acme,user,SFDC,Sales Cloud,153,90,year,175,EUR,2026-09-01,2027-09-01,once,,INV-1001,2026-12-10\n"
    );
    site.home.write("contracts.csv", &contracts);
    site.later(24 * 10);
    site.run(&["collect"]).exits(0);
    export(&site);
    let after = site.home.read("feed/focus-cost-and-usage.csv");
    for line in closed(&before) {
        assert!(after.contains(&line), "{line}");
    }
    let charges = charges(&site);
    let november = |row: &&Row| row["x_LedgerKey"].ends_with("/L-1/2026-09-01/Usage/2026-11-01");
    let corrections: Vec<_> =
        charges.iter().filter(november).filter(|row| row["ChargeClass"] == "Correction").collect();
    let of_entry = |entry: &str| {
        corrections.iter().filter(|row| row["x_LedgerEntry"] == *entry).copied().collect::<Vec<_>>()
    };
    assert_eq!(sum(of_entry("e1"), "EffectiveCost"), number("-1275.00"));
    assert_eq!(sum(of_entry("e1"), "PricingQuantity"), number("-153"));
    assert_eq!(sum(of_entry("e2"), "EffectiveCost"), number("1147.50"));
    assert_eq!(of_entry("e1").len(), of_entry("e2").len());
    assert_eq!(sum(charges.iter().filter(november), "EffectiveCost"), number("1147.50"));
    // What nobody knew of October is not known of its correction.
    let october =
        charges.iter().filter(|row| row["x_LedgerKey"].ends_with("/L-1/2026-09-01/Usage/2026-10-01"));
    let october: Vec<_> = october.collect();
    assert_eq!(october.len(), 3);
    assert!(october.iter().all(|row| row["ChargeDescription"].ends_with("; who held them is not known")));
    let purchase = charges.iter().filter(|row| row["x_LedgerKey"].contains("/L-1/2026-09-01/Purchase"));
    assert_eq!(sum(purchase, "BilledCost"), number("13770.00"));
    let second: Vec<_> = charges.iter().filter(|row| row["x_LedgerKey"].contains("/L-2/")).collect();
    assert!(second.iter().all(|row| row["ChargeClass"].is_empty()), "the other line is as it was");

    // The same knowledge a month later corrects nothing more.
    site.later(24 * 31);
    site.run(&["collect"]).exits(0);
    export(&site);
    let later = self::charges(&site);
    let corrected = |rows: &[Row]| rows.iter().filter(|row| row["ChargeClass"] == "Correction").count();
    assert_eq!(corrected(&later), corrected(&charges));

    // A line that is taken back, and one that becomes known late.
    let late = "license,L-9,acme,user,SFDC,Sales Cloud,10,90,year,,EUR,2026-11-01,2027-09-01,once,,INV-9,2027-01-20\n";
    let gone = "license,L-2,acme,user,AUL,Platform,0,18.75,month,,EUR,2026-10-15,2027-10-15,quarterly,,1|2,2027-01-20\n";
    site.home.write("contracts.csv", &format!("{contracts}{late}{gone}"));
    site.later(24 * 10);
    site.run(&["collect"]).exits(0);
    export(&site);
    let charges = self::charges(&site);
    let of_line = |line: &'static str| charges.iter().filter(move |row| row["x_LedgerKey"].contains(line));
    assert_eq!(sum(of_line("/L-2/"), "EffectiveCost"), Decimal::ZERO);
    assert_eq!(sum(of_line("/L-2/"), "BilledCost"), Decimal::ZERO);
    assert!(of_line("/L-9/").any(|row| row["BillingPeriodStart"].starts_with("2026-11") && row["ChargeClass"] == "Correction"));
    site.run(&["feed", "verify", "feed"]).exits(0);
}

/// What the running month costs by license key, as FOCUS and as the chargeback say it.
fn month_costs(site: &Site) -> [BTreeMap<String, Decimal>; 2] {
    let mut costs = [BTreeMap::<String, Decimal>::new(), BTreeMap::new()];
    for row in charges(site) {
        let key: Vec<_> = row["x_LedgerKey"].split('/').collect();
        if row["ChargeCategory"] == "Usage" && row["BillingPeriodStart"].starts_with("2026-11") {
            *costs[0].entry(key[2].to_owned()).or_default() += number(&row["EffectiveCost"]);
        }
    }
    for row in rows(site, "chargeback.csv").iter().filter(|row| !row["amount"].is_empty()) {
        *costs[1].entry(row["license_key"].clone()).or_default() += number(&row["amount"]);
    }
    costs
}

#[test]
fn all_files_of_a_feed_have_the_same_knowledge_of_contracts() {
    let site = site(20);
    let late = "license,L-3,acme,user,SFDC,Sales Cloud,7,100,year,,EUR,2026-11-01,2027-09-01,once,,INV-3,2026-11-23\n";
    site.home.write("contracts.csv", &format!("{CONTRACTS}{late}"));
    site.later(24);
    site.run(&["collect"]).exits(0);
    let with_late = [("AUL", "1500.00"), ("SFDC", "1333.33")];
    let without = [("AUL", "1500.00"), ("SFDC", "1275.00")];
    for (options, known_on, costs) in [
        (&["--as-of", "2026-11-22"][..], Value::Null, with_late),
        (&[], Value::Null, with_late),
        (&["--known-on", "2026-11-22"], "2026-11-22T00:00:00.000Z".into(), without),
        (&["--known-on", "2026-11-23"], "2026-11-23T00:00:00.000Z".into(), with_late),
    ] {
        site.run(&[&["export", "feed", "--identify"], options].concat()).exits(0);
        let expected: BTreeMap<_, _> =
            costs.iter().map(|(key, cost)| ((*key).to_owned(), number(cost))).collect();
        let [focus, chargeback] = month_costs(&site);
        assert_eq!((&focus, &chargeback), (&expected, &expected), "{options:?}");
        assert_eq!(manifest(&site.home.path("feed"))["known_on"], known_on);
        site.run(&["feed", "verify", "feed"]).exits(0);
    }
}

#[test]
fn a_charge_of_a_closed_month_is_replaced_by_corrections() {
    let site = site(20);
    export(&site);
    site.later(24 * 31);
    site.run(&["collect"]).exits(0);
    let smaller = "credit,C-1,acme,,,Goodwill,,,,,EUR,2026-10-02,,,-60.00,INV-1002,2026-12-01\n";
    let taken_back = "tax,T-1,acme,,,VAT 19%,,,,,EUR,2026-09-01,,,0,INV-1001,2026-12-01\n";
    site.home.write("contracts.csv", &format!("{CONTRACTS}{smaller}{taken_back}"));
    export(&site);
    let charges = charges(&site);
    for (category, amounts) in
        [("Credit", &["-100.00", "100.00", "-60.00"][..]), ("Tax", &["2907.00", "-2907.00"])]
    {
        let rows: Vec<_> = charges.iter().filter(|row| row["ChargeCategory"] == category).collect();
        let found: Vec<_> = rows.iter().map(|row| row["BilledCost"].as_str()).collect();
        assert_eq!(found, amounts);
        assert!(rows[1..].iter().all(|row| row["ChargeClass"] == "Correction"));
    }
    site.run(&["feed", "verify", "feed"]).exits(0);
}

#[test]
fn a_feed_of_closed_months_goes_only_forward() {
    let site = site(20);
    site.later(24 * 40);
    site.run(&["collect"]).exits(0);
    export(&site);
    let refused = |arguments: &[&str], sentence: &str| {
        let arguments = [&["export", "feed", "--identify"], arguments].concat();
        site.run(&arguments).exits(2).says(&["cannot go on with the feed in", sentence, "another folder"]);
    };
    refused(&["--as-of", "2026-11-22"], "it is of 2026-12-31T12:00:0");
    refused(&["--format", "csv"], "closed months would be forgotten");
    site.run(&["export", "other", "--identify", "--as-of", "2026-11-22"]).exits(0);
}

#[test]
fn focus_needs_contracts() {
    let site = site(20);
    site.configure("", "");
    site.run(&["export", "feed", "--identify", "--format", "focus"])
        .exits(2)
        .says(&["no contract file is configured", "[finance]"]);
    export(&site);
    assert!(!site.home.path("feed/focus-cost-and-usage.csv").exists());
}

#[test]
fn rows_that_break_a_rule_are_not_published() {
    let site = site(20);
    let contracts = CONTRACTS.replace("Platform", "n/a");
    site.home.write("contracts.csv", &contracts);
    site.run(&["export", "feed", "--identify"]).exits(1).says(&[
        "focus-cost-and-usage.csv would break the rules of FOCUS in",
        "ServiceName is `n/a`, which is not a text that stays a text",
        "nothing was published",
    ]);
    assert!(!site.home.path("feed/manifest.json").exists());
}
