//! Report `reclaimable` against the public views, and against books written for it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::document::{Document, collected, days_before, found, last_logins};
use crate::site::Site;

const CLASSES: [&str; 7] =
    ["held_by_deactivated", "leaver", "frozen", "duplicate", "never", "inactive", "psl_unused"];

/// Every seat with the verdict that its rows in the views deserve, persons with several accounts left aside.
fn expected(site: &Site, as_of: &str) -> BTreeMap<[String; 3], String> {
    let rows = found(
        site,
        &format!(
            "{} SELECT a.kind, a.license_id, a.user_id, CASE
                 WHEN l.status IN ('Expired', 'Disabled') OR l.expires_on < substr('{as_of}', 1, 10) THEN 'kept'
                 WHEN l.name IN ('Salesforce Integration', 'Analytics Cloud Integration User',
                     'Cloud Integration User', 'Guest User License', 'Salesforce API Integration')
                     OR last.is_active = 1 AND last.license IN ('Salesforce Integration',
                     'Analytics Cloud Integration User', 'Cloud Integration User', 'Guest User License') THEN 'kept'
                 WHEN last.user_type IS NULL OR last.user_type IN ('AutomatedProcess', 'CloudIntegrationUser', 'Guest')
                     THEN 'kept'
                 WHEN last.is_new OR a.assigned_at >= {} THEN 'kept'
                 WHEN last.is_active = 0 THEN 'held_by_deactivated'
                 WHEN last.is_frozen = 1 THEN 'frozen'
                 WHEN last.any_at IS NULL THEN 'never'
                 WHEN last.any_at < {} THEN 'inactive'
                 WHEN a.kind = 'permission_set' AND NOT EXISTS (
                     SELECT 1 FROM permission_set_assignment_now AS p
                     LEFT JOIN permission_set_now AS s ON s.id = p.permission_set_id
                     WHERE p.assignee_id = a.user_id AND (s.license_id = a.license_id OR s.type = 'Group'
                         OR p.permission_set_group_id IS NOT NULL)
                     AND coalesce(p.expires_at > unixepoch('{as_of}') * 1000, 1)) THEN 'psl_unused'
                 ELSE 'kept' END
             FROM license_assignments AS a JOIN last ON last.user_id = a.user_id
             JOIN licenses AS l ON l.kind = a.kind AND l.license_id = a.license_id",
            last_logins(as_of),
            days_before(as_of, 60),
            days_before(as_of, 90)
        ),
    );
    let seat = |row: Vec<String>| {
        let [kind, license, user, verdict] = row.try_into().unwrap();
        ([kind, license, user], verdict)
    };
    rows.into_iter().map(seat).collect()
}

/// The seats that the report lists, with their classes.
fn listed(report: &Document) -> BTreeMap<[String; 3], String> {
    let rows = report.texts(&["kind", "license_id", "user_id", "class"]);
    let seat = |row: Vec<String>| {
        let [kind, license, user, class] = row.try_into().unwrap();
        ([kind, license, user], class)
    };
    rows.into_iter().map(seat).collect()
}

fn count(seats: &BTreeMap<[String; 3], String>, class: &str) -> i64 {
    i64::try_from(seats.values().filter(|found| *found == class).count()).unwrap()
}

/// Checks that everything that seats were split into adds up to the assigned ones.
fn check_sum(report: &Document) {
    let class = |class: &&str| report.totals[format!("{class}_seats")].as_i64().unwrap_or_default();
    let classes: i64 = CLASSES.iter().map(class).sum();
    assert_eq!(report.total("reclaimable_seats"), classes);
    assert_eq!(report.rows.len(), usize::try_from(classes).unwrap());
    let others = ["kept_seats", "exempt_seats", "unknown_seats"].map(|name| report.total(name));
    assert_eq!(report.total("assigned_seats"), classes + others.iter().sum::<i64>());
    assert!(report.total("new_seats") <= report.total("kept_seats"));
    assert!(report.totals["downgrade_seats"].is_null(), "there is no evidence for it");
}

#[test]
fn every_seat_has_the_verdict_that_the_views_give_it() {
    let site = collected();
    let report = Document::of(site, &["reclaimable"]);
    check_sum(&report);
    assert_eq!(report.total("assigned_seats"), site.number("SELECT sum(used_counted) FROM licenses"));
    let unassigned = "SELECT sum(max(0, total - used_counted)) FROM licenses
                      WHERE unlimited = 0 AND kind = 'user' AND status = 'Active'";
    assert_eq!(report.total("unassigned_seats"), site.number(unassigned));
    let ended = "SELECT sum(used_counted) FROM licenses WHERE status IN ('Expired', 'Disabled')";
    assert_eq!(report.total("ended_seats"), site.number(ended));
    assert!(report.total("ended_seats") > 0);
    assert_eq!(report.total("unpriced_seats"), report.total("reclaimable_seats"));
    assert!(report.totals["leaver_seats"].is_null(), "without a list of people nobody is known to have left");

    let listed = listed(&report);
    let mut expected = expected(site, &report.as_of);
    let duplicates: Vec<_> = listed.iter().filter(|(_, class)| *class == "duplicate").collect();
    assert!(!duplicates.is_empty());
    for (seat, _) in duplicates {
        // Held by someone who keeps another seat; what else it would be does not matter.
        let verdict = expected.insert(seat.clone(), "duplicate".to_owned());
        assert!(!["held_by_deactivated", "frozen"].contains(&verdict.as_deref().unwrap()), "{seat:?}");
    }
    for class in CLASSES {
        if class != "leaver" {
            assert!(count(&expected, class) > 0, "there are seats of class {class}");
            assert_eq!(report.total(&format!("{class}_seats")), count(&expected, class), "{class}");
        }
    }
    expected.retain(|_, verdict| verdict != "kept");
    assert_eq!(listed, expected);
}

#[test]
fn a_duplicate_is_the_account_that_the_same_person_used_less_recently() {
    let site = collected();
    let report = Document::of(site, &["reclaimable"]);
    let users = site.rows("SELECT user_id, employee_number, federation_identifier, lower(email) FROM users");
    let keys: BTreeMap<_, _> =
        users.into_iter().map(|row| (row[0].clone().unwrap(), row[1..].to_vec())).collect();
    for row in report.rows.iter().filter(|row| row["class"] == "duplicate") {
        let (user, kept) = (row["user_id"].as_str().unwrap(), row["kept_user_id"].as_str().unwrap());
        let share_a_key =
            keys[user].iter().zip(&keys[kept]).any(|(one, other)| one.is_some() && one == other);
        assert!(share_a_key, "{:?} and {:?}", keys[user], keys[kept]);
        let held = format!(
            "SELECT count(*) FROM license_assignments WHERE user_id = '{kept}' AND kind = '{}' AND license_id = '{}'",
            row["kind"].as_str().unwrap(),
            row["license_id"].as_str().unwrap()
        );
        assert_eq!(site.number(&held), 1, "{row}");
        let last = |user: &str| {
            let sql =
                format!("{} SELECT any_at FROM last WHERE user_id = '{user}'", last_logins(&report.as_of));
            found(site, &sql)[0][0].clone()
        };
        assert!(last(user) <= last(kept), "{user} and {kept}");
    }
}

/// An org of 300 users with a finance section; the books are empty.
fn site_with_books() -> Site {
    let site = Site::new(300);
    site.configure(
        "[finance]\nexemptions = \"exemptions.csv\"\npeople = \"people.csv\"\ncontracts = \"contracts.csv\"",
        "",
    );
    site.home.write("exemptions.csv", "user,license_key,reason,owner,expires_on\n");
    site.home.write("people.csv", "employee_number,email,has_left,left_on\n");
    site.home.write(
        "contracts.csv",
        "line_id,org,kind,license_key,quantity,price,price_period,currency,starts_on,ends_on,recorded_at\n\
         1,acme,user,SFDC,500,131.25,month,EUR,2026-10-01,2027-10-01,2026-09-15\n",
    );
    site.run(&["collect"]).exits(0);
    site
}

/// The number and id of a person in daily use.
const DAILY_USER: &str = "SELECT u.employee_number, u.user_id FROM users AS u JOIN login_days AS d ON d.user_id = u.user_id
         WHERE u.is_active = 1 AND u.is_frozen = 0 AND u.user_type = 'Standard' AND u.created_at < '2026-01-01'
         AND u.employee_number IS NOT NULL AND d.day > '2026-11-10'
         AND 1 = (SELECT count(*) FROM users AS o WHERE o.employee_number = u.employee_number)";

#[test]
fn exemptions_people_and_prices_count() {
    let site = site_with_books();
    let before = Document::of(&site, &["reclaimable"]);
    check_sum(&before);
    assert_eq!(before.total("exempt_seats"), 0);
    assert!(before.totals["leaver_seats"].is_null(), "a list that names nobody says nothing");
    for row in &before.rows {
        let is_priced = row["kind"] == "user" && row["license_key"] == "SFDC";
        assert_eq!(row["year_price"].as_f64(), is_priced.then_some(1575.0), "{row}");
        assert_eq!(row["currency"].as_str(), is_priced.then_some("EUR"), "{row}");
    }
    let unpriced = before.rows.iter().filter(|row| row["year_price"].is_null()).count();
    assert_eq!(before.total("unpriced_seats"), i64::try_from(unpriced).unwrap());
    assert!(unpriced < before.rows.len());

    let mut inactive =
        before.rows.iter().filter(|row| row["class"] == "inactive" && row["license_key"] == "SFDC");
    let mut username = || inactive.next().unwrap()["username"].as_str().unwrap().to_owned();
    let (on_leave, by_license, lapsed) = (username(), username(), username());
    site.home.write(
        "exemptions.csv",
        &format!(
            "user,license_key,reason,owner,expires_on\n{on_leave},,Parental leave,Ben Boss,2026-11-21\n\
             {by_license},SFDC,Season,Ben Boss,2027-03-31\n{lapsed},,Season,Ben Boss,2026-11-20\n"
        ),
    );
    // A person in daily use who has left.
    let leaver = found(&site, DAILY_USER).remove(0);
    site.home.write(
        "people.csv",
        &format!("employee_number,email,has_left,left_on\n{},,yes,2026-11-14\n", leaver[0]),
    );
    let after = Document::of(&site, &["reclaimable"]);
    site.run(&["report", "reclaimable"]).exits(0).says(&["exemptions that expired before 2026-11-21"]);
    check_sum(&after);
    assert_eq!(after.total("assigned_seats"), before.total("assigned_seats"));
    let seats_of = |user: &str| {
        format!(
            "SELECT count(*) FROM license_assignments AS a JOIN users AS u ON u.user_id = a.user_id
             WHERE '{user}' IN (u.username, u.user_id)"
        )
    };
    assert_eq!(after.total("exempt_seats"), site.number(&seats_of(&on_leave)) + 1);
    let is_of = |username: &'static str, value: String| {
        move |row: &&serde_json::Value| row[username].as_str() == Some(value.as_str())
    };
    assert_eq!(after.rows.iter().filter(is_of("username", on_leave.clone())).count(), 0);
    assert!(after.rows.iter().filter(is_of("username", lapsed.clone())).count() > 0);
    let left: Vec<_> = after.rows.iter().filter(is_of("user_id", leaver[1].clone())).collect();
    assert!(!left.is_empty() && left.iter().all(|row| row["class"] == "leaver"), "{left:?}");
    assert!(left[0]["reason"].as_str().unwrap().contains("left after 2026-11-14"), "{left:?}");
    assert_eq!(after.total("leaver_seats"), i64::try_from(left.len()).unwrap());
}

#[test]
fn a_list_price_stands_in_where_it_is_asked_for_and_is_in_no_sum() {
    let site = site_with_books();
    // The contract of the first license ended the day before, and the one of the next begins the day after.
    site.home.write(
        "contracts.csv",
        "line_id,org,kind,license_key,quantity,price,price_period,list_price,currency,starts_on,ends_on,recorded_at\n\
         1,acme,user,SFDC,500,100,month,165,EUR,2025-11-21,2026-11-21,2025-09-15\n\
         2,acme,user,AUL,500,300,year,420,EUR,2026-11-22,2027-11-22,2026-09-15\n\
         3,acme,permission_set,SalesConsoleUser,500,25,month,99,EUR,2026-10-01,2027-10-01,2026-09-15\n",
    );
    let by_contract = Document::of(&site, &["reclaimable"]);
    let by_list = Document::of(&site, &["reclaimable", "--assume-list"]);
    let prices = |report: &Document| {
        let mut found = BTreeMap::new();
        for row in report.texts(&["license_key", "year_price", "currency", "price_basis", "contract_line"]) {
            *found.entry(row.join(" ")).or_insert(0) += 1;
        }
        found.retain(|price, _| !price.ends_with("    "));
        found
    };
    let (estimates, bought) = (
        ["AUL 420.0 EUR list_estimated 2", "SFDC 1980.0 EUR list_estimated 1"],
        "SalesConsoleUser 300.0 EUR contract 3",
    );
    assert_eq!(prices(&by_contract).into_keys().collect::<Vec<_>>(), [bought]);
    let priced = prices(&by_list);
    assert_eq!(priced.keys().collect::<Vec<_>>(), [estimates[0], estimates[1], bought]);
    let estimated = priced[estimates[0]] + priced[estimates[1]];
    assert_eq!([&by_contract, &by_list].map(|report| report.total("estimated_seats")), [0, estimated]);
    let unpriced = |report: &Document| report.total("unpriced_seats");
    assert_eq!(unpriced(&by_contract), unpriced(&by_list) + estimated);
    assert_eq!(by_list.total("reclaimable_seats"), unpriced(&by_list) + estimated + priced[bought]);

    let explained = |measure, options: &[&str]| {
        let arguments = [&["explain", "reclaimable", measure, "--format", "json"], options].concat();
        let document: Value = serde_json::from_str(&site.run(&arguments).exits(0).stdout).unwrap();
        i64::try_from(document["rows"].as_array().unwrap().len()).unwrap()
    };
    assert_eq!(explained("estimated_seats", &["--assume-list"]), estimated);
    assert_eq!(explained("unpriced_seats", &["--assume-list"]), unpriced(&by_list));
    assert_eq!(explained("unpriced_seats", &[]), unpriced(&by_contract));

    site.run(&["export", "feed", "--identify", "--format", "csv,parquet", "--assume-list"]).exits(0);
    site.run(&["feed", "verify", "feed"]).exits(0);
    let manifest: Value = serde_json::from_str(&site.home.read("feed/manifest.json")).unwrap();
    let files = manifest["files"].as_array().unwrap();
    for name in ["reclaimable.csv", "reclaimable.parquet"] {
        let file = files.iter().find(|file| file["name"] == name).unwrap();
        let amount = format!("{}.00", 300 * priced[bought]);
        let total = json!([{"column": "year_price", "currency": "EUR", "amount": amount}]);
        assert_eq!(file["control_totals"], total, "{name}");
    }
}

#[test]
fn without_contracts_there_is_no_list_price_to_assume() {
    let warned = collected().run(&["report", "reclaimable", "--assume-list"]).exits(0);
    warned.says(&["no contracts are configured"]);
}

#[test]
fn who_is_absent_from_a_complete_list_has_left_unless_only_programs_use_the_account() {
    let site = site_with_books();
    site.configure("[finance]\npeople = \"people.csv\"\npeople_complete = true", "");
    let header = "email,has_left,left_on\n";
    let listed = found(
        &site,
        "SELECT DISTINCT email FROM users WHERE email IS NOT NULL AND CAST(substr(user_id, 10, 6) AS INTEGER) % 3 > 0",
    );
    let list = listed.iter().fold(header.to_owned(), |list, row| list + &format!("{},,\n", row[0]));
    site.home.write("people.csv", &list);
    let report = Document::of(&site, &["reclaimable"]);
    check_sum(&report);
    let leavers: Vec<_> = report.rows.iter().filter(|row| row["class"] == "leaver").collect();
    assert!(leavers.len() > 100, "{}", leavers.len());
    let since = found(&site, &format!("SELECT {}", days_before(&report.as_of, 90))).remove(0).remove(0);
    for row in leavers {
        assert!(["Standard", "CsnOnly"].contains(&row["user_type"].as_str().unwrap()), "{row}");
        assert_eq!(row["reason"], "absent from the complete list of people");
        let is_recent = |column: &str| row[column].as_str().is_some_and(|at| at >= since.as_str());
        assert!(is_recent("last_interactive_at") || !is_recent("last_api_at"), "{row}");
    }
}

#[test]
fn absence_from_a_list_that_lacks_most_employees_says_nothing_and_who_has_left_has_left() {
    let site = site_with_books();
    site.configure("[finance]\npeople = \"people.csv\"\npeople_complete = true", "");
    let leaver = found(&site, DAILY_USER).remove(0);
    let list = format!(
        "employee_number,email,has_left,left_on\n,new@acme.example,,\n{},,no,2026-11-14\n",
        leaver[0]
    );
    site.home.write("people.csv", &list);
    let report = Document::of(&site, &["reclaimable"]);
    check_sum(&report);
    let leavers: Vec<_> = report.rows.iter().filter(|row| row["class"] == "leaver").collect();
    assert!(!leavers.is_empty() && leavers.iter().all(|row| row["user_id"] == leaver[1]), "{leavers:?}");
    for name in ["reclaimable", "savings", "orphans"] {
        let ran = site.run(&["report", name]).exits(0);
        ran.says(&["the list of people is declared complete and lacks ", "is not taken for gone"]);
    }
}

#[test]
fn a_company_has_no_unassigned_seats_of_its_own() {
    let site = Site::with_org_keys(300, "company_names = [\"Acme GmbH\", \"O'Brien & Söhne\"]");
    site.run(&["collect"]).exits(0);
    let report = Document::of(&site, &["reclaimable", "--company", "Acme GmbH"]);
    check_sum(&report);
    assert!(report.total("assigned_seats") > 0 && report.totals["unassigned_seats"].is_null());
}

#[test]
fn without_the_login_history_no_one_is_inactive() {
    let site = Site::new(200);
    site.configure("login_history_days = 0", "");
    site.run(&["collect"]).exits(0);
    let report = Document::ending_with(3, &site, &["reclaimable"]);
    check_sum(&report);
    assert_eq!(report.total("never_seats") + report.total("inactive_seats"), 0);
    assert!(report.total("unknown_seats") > 0 && report.total("held_by_deactivated_seats") > 0);
}

#[test]
fn the_seats_of_a_company_are_split_alike() {
    let site = Site::with_org_keys(400, "company_names = [\"Acme GmbH\", \"O'Brien & Söhne\"]");
    site.run(&["collect"]).exits(0);
    let company = "O'Brien & Söhne";
    let report = Document::of(&site, &["reclaimable", "--company", company]);
    check_sum(&report);
    assert!(report.rows.iter().all(|row| row["company"] == company));
    let seats = "SELECT count(*) FROM license_assignments AS a JOIN users AS u ON u.user_id = a.user_id
        WHERE u.company = 'O''Brien & Söhne'";
    assert_eq!(report.total("assigned_seats"), site.number(seats));
    assert!(report.total("assigned_seats") > 0);
}
