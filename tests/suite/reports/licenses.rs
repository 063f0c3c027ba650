//! Report `licenses`: what the seats say, of the whole org and of one company.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{json, run};

#[test]
fn utilization_is_what_the_seats_say() {
    let document = json(&["report", "licenses"]);
    let number = |row: &Value, column: &str| row[column].as_i64();
    let (mut finite, mut unlimited, mut without_seats) = (0, 0, 0);
    let (mut left_out, mut ended) = (0, 0);
    for row in document["rows"].as_array().unwrap() {
        let used = number(row, "used_counted").unwrap();
        left_out += i64::from(row["state"] != "usable" || row["total"].is_null());
        ended += i64::from(row["state"] != "usable");
        assert_eq!(
            number(row, "drift"),
            number(row, "used_reported").map(|reported| reported - used),
            "{row}"
        );
        match number(row, "total") {
            None => {
                assert_eq!(row["unlimited"], true, "{row}");
                assert!(row["utilization_percent"].is_null() && row["available"].is_null(), "{row}");
                unlimited += 1;
            }
            Some(0) => {
                assert!(row["utilization_percent"].is_null(), "{row}");
                assert_eq!(number(row, "over_assigned"), Some(used), "{row}");
                without_seats += 1;
            }
            Some(total) => {
                let share = used as f64 / total as f64 * 100.0;
                let shown = row["utilization_percent"].as_f64().unwrap();
                assert!((share - shown).abs() <= 0.005_000_1, "{row}");
                let is_usable = row["state"] == "usable";
                let available = if is_usable { (total - used).max(0) } else { 0 };
                assert_eq!(number(row, "available"), Some(available), "{row}");
                assert_eq!(number(row, "shortfall"), Some((used - total).max(0)), "{row}");
                finite += 1;
            }
        }
    }
    assert!(finite > 10 && unlimited > 0 && without_seats > 0, "{finite}, {unlimited}, {without_seats}");
    assert_eq!(number(&document["totals"], "licenses_left_out"), Some(left_out));
    assert!(ended > 0);
}

#[test]
fn a_company_is_shown_against_the_whole_org() {
    let users = json(&["report", "users"]);
    let companies: BTreeSet<_> =
        users["rows"].as_array().unwrap().iter().filter_map(|row| row["company"].as_str()).collect();
    assert_eq!(companies, BTreeSet::from(["Acme GmbH", "Acme UK Ltd", "O'Brien & Söhne"]));

    let company = "O'Brien & Söhne";
    let mine = json(&["report", "users", "--company", company]);
    let mine = mine["rows"].as_array().unwrap();
    assert!(!mine.is_empty() && mine.iter().all(|row| row["company"] == company));

    let licenses = json(&["report", "licenses", "--company", company]);
    let mut holders = 0;
    for row in licenses["rows"].as_array().unwrap() {
        let by_company = row["used_by_company"].as_i64().unwrap();
        assert!(by_company <= row["used_counted"].as_i64().unwrap(), "{row}");
        if row["kind"] == "user" {
            let expected = mine
                .iter()
                .filter(|user| user["license_id"] == row["license_id"] && user["is_active"] == true);
            assert_eq!(by_company, i64::try_from(expected.count()).unwrap(), "{row}");
            holders += by_company;
        }
    }
    assert!(holders > 0);
    run(&["report", "licenses", "--company", company]).exits(0).prints(&["used by company"]);
    let without = run(&["report", "licenses"]).exits(0).stdout;
    assert!(!without.contains("used by company"));

    run(&["report", "users", "--company", "Acme GmbH & Co"])
        .exits(2)
        .says(&["the database knows no company `Acme GmbH & Co`", "did you mean `Acme GmbH`?"]);
    run(&["report", "users", "--org", "dmeo"])
        .exits(2)
        .says(&["the database knows no org `dmeo`", "hint: did you mean `demo`?"]);
    let far = run(&["report", "users", "--org", "zzz"]).exits(2).says(&["hint: there is demo"]).stderr;
    assert!(!far.contains("did you mean"), "{far}");
}

#[test]
fn a_license_that_is_over_has_no_seat_to_give() {
    for (report, left) in [("licenses", "available"), ("utilization", "available"), ("savings", "unassigned")]
    {
        let document = json(&["report", report]);
        let over: Vec<_> =
            document["rows"].as_array().unwrap().iter().filter(|row| row["state"] != "usable").collect();
        let ids: BTreeSet<_> = over.iter().map(|row| row["license_id"].as_str().unwrap()).collect();
        assert!(ids.len() >= 2, "{report}: {ids:?}");
        for row in over {
            assert_eq!(row[left], 0, "{report}: {row}");
            if report == "savings" {
                assert_eq!((&row["reusable_now"], &row["avoidable_seats"]), (&0.into(), &0.into()), "{row}");
            }
        }
    }
    // Salesforce says when it counted the holders of user licenses.
    let document = json(&["report", "licenses"]);
    for row in document["rows"].as_array().unwrap() {
        assert_eq!(row["used_reported_at"].is_string(), row["kind"] == "user", "{row}");
    }
}

#[test]
fn every_computed_number_is_explained() {
    let licenses = json(&["report", "licenses"]);
    let row = licenses["rows"].as_array().unwrap().iter().find(|row| row["key"] == "SFDC").unwrap();
    let explain = |measure: &str| json(&["explain", "licenses", measure, "--at", "key=SFDC"]);
    let used = explain("used_counted");
    let amounts: Vec<_> =
        used["rows"].as_array().unwrap().iter().map(|part| part["amount"].as_i64().unwrap()).collect();
    assert_eq!(row["used_counted"], amounts.iter().sum::<i64>());
    assert!(amounts.len() > 50, "one for each holder in the companies, and one for the rest");
    assert_eq!(used["rows"][0]["because"], "holds a seat");
    let share = explain("utilization");
    assert_eq!(share["totals"]["explained"], row["utilization_percent"]);
    let parts: Vec<_> =
        share["rows"].as_array().unwrap().iter().map(|part| (&part["object"], &part["amount"])).collect();
    assert_eq!(parts, [(&"used_counted".into(), &row["used_counted"]), (&"total".into(), &row["total"])]);
    let seats = json(&["explain", "licenses", "user_seats"]);
    let amounts: i64 =
        seats["rows"].as_array().unwrap().iter().map(|part| part["amount"].as_i64().unwrap()).sum();
    assert_eq!(licenses["totals"]["user_seats"], amounts);
}
