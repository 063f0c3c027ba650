//! The org's records: as varied as real ones, the same for the same seed, and counted rightly.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};

use seatledger::emulator::Server;
use serde_json::{Value, json};

use crate::emulator_caller::{Caller, ids, org, org_with, total};

#[test]
fn the_same_seed_gives_the_same_org() {
    let answer = |users: u64, seed: u64| {
        let org = org_with(users, seed, &[]);
        let caller = Caller::of(&org);
        let users = caller.records("SELECT Id, Username, CompanyName, ProfileId, IsActive, LastLoginDate FROM User WHERE Name != 'License Collector'");
        (users, caller.records("SELECT Id, AssigneeId, PermissionSetId FROM PermissionSetAssignment"))
    };
    assert_eq!(answer(150, 4), answer(150, 4));
    assert_ne!(answer(150, 4), answer(150, 5));
}

#[test]
fn the_org_is_as_varied_as_a_real_one() {
    let org = org(3000);
    let caller = Caller::of(&org);
    let users = caller.records(
        "SELECT Username, Name, CompanyName, UserType, IsActive, LastLoginDate, CreatedDate, ManagerId, UserRoleId, \
         Profile.UserLicense.Name FROM User",
    );
    let distinct = |field: &str| users.iter().map(|user| user[field].to_string()).collect::<BTreeSet<_>>();
    assert_eq!(distinct("Username").len(), 3000);
    assert!(distinct("CompanyName").len() >= 20, "{:?}", distinct("CompanyName"));
    for expected in [
        "\"Acme GmbH\"",
        "\"ACME  GmbH\"",
        "\"Acme Gmbh \"",
        "\"Acme UK Ltd\"",
        "\"O'Brien & Söhne\"",
        "null",
    ] {
        assert!(distinct("CompanyName").contains(expected), "{expected}");
    }
    for expected in ["Standard", "PowerPartner", "CspLitePortal", "CsnOnly", "Guest", "AutomatedProcess"] {
        assert!(distinct("UserType").contains(&format!("\"{expected}\"")), "{expected}");
    }
    let share =
        |check: &dyn Fn(&Value) -> bool| users.iter().filter(|user| check(user)).count() * 100 / users.len();
    assert!((75..92).contains(&share(&|user| user["IsActive"] == true)));
    assert!((2..12).contains(&share(&|user| user["LastLoginDate"].is_null())));
    assert!(users.iter().any(|user| user["CreatedDate"].as_str() > Some("2026-11-14")), "somebody is new");
    let licenses = caller.records("SELECT Name, Status, TotalLicenses, UsedLicenses, Id FROM UserLicense");
    let named = |name: &str| licenses.iter().filter(|license| license["Name"] == name).collect::<Vec<_>>();
    assert_eq!(named("High Volume Customer Portal").len(), 2);
    assert_eq!(named("External Identity")[0]["TotalLicenses"], -1);
    let disabled = &named("Analytics Cloud Integration User")[0];
    assert_eq!((&disabled["Status"], &disabled["TotalLicenses"]), (&json!("Disabled"), &json!(0)));
    assert_eq!(disabled["UsedLicenses"], 2);
    let held = "SELECT COUNT() FROM PermissionSetLicenseAssign WHERE Assignee.IsActive = false";
    assert!(total(&caller, held) > 50);
    let expired =
        "SELECT COUNT() FROM PermissionSetLicense WHERE Status = 'Disabled' AND ExpirationDate < 2026-11-21";
    assert_eq!(total(&caller, expired), 2);
    assert!(total(&caller, "SELECT COUNT() FROM UserLogin WHERE IsFrozen = true") > 50);
    let hidden = "SELECT COUNT() FROM PermissionSetAssignment WHERE PermissionSet.IsOwnedByProfile = true";
    assert_eq!(total(&caller, hidden), 2998);
}

/// Counts by queries what the truth counts by itself.
#[test]
fn the_truth_is_what_queries_answer() {
    let org = org(250);
    let caller = Caller::of(&org);
    let user = &caller.records("SELECT Id FROM User ORDER BY Id DESC LIMIT 1")[0]["Id"];
    org.set_field("User", user.as_str().unwrap(), "CompanyName", &json!("Initech")).unwrap();
    check_truth(&org, &caller);
}

fn check_truth(org: &Server, caller: &Caller<'_>) {
    let truth = org.truth();
    for (object, records) in &truth.records {
        assert_eq!(total(caller, &format!("SELECT COUNT() FROM {object}")), *records, "{object}");
    }
    let mut users = BTreeMap::new();
    let mut used: BTreeMap<String, u64> = BTreeMap::new();
    for group in caller.records(
        "SELECT CompanyName, Profile.UserLicenseId, IsActive, COUNT(Id) FROM User GROUP BY CompanyName, \
         Profile.UserLicenseId, IsActive",
    ) {
        let text = |field: &str| group[field].as_str().map(str::to_owned);
        let (active, count) = (group["IsActive"] == true, group["expr0"].as_u64().unwrap());
        users.insert((text("CompanyName"), text("UserLicenseId"), active), count);
        if let (true, Some(license)) = (active, text("UserLicenseId")) {
            *used.entry(license).or_default() += count;
        }
    }
    assert_eq!(users, truth.users);
    assert!(users.keys().any(|(company, ..)| company.as_deref() == Some("Initech")));
    for (object, license) in
        [("PermissionSetLicenseAssign", "PermissionSetLicenseId"), ("UserPackageLicense", "PackageLicenseId")]
    {
        let groups = caller.records(&format!("SELECT {license}, COUNT(Id) FROM {object} GROUP BY {license}"));
        for group in groups {
            used.insert(group[license].as_str().unwrap().to_owned(), group["expr0"].as_u64().unwrap());
        }
    }
    for (license, count) in &truth.used {
        let queried = used.get(license).copied().unwrap_or_else(|| {
            total(caller, &format!("SELECT COUNT() FROM User WHERE {license} = true AND IsActive = true"))
        });
        assert_eq!(queried, *count, "{license}");
    }
    let mut logins: BTreeMap<(String, String), u64> = BTreeMap::new();
    for login in caller.records("SELECT UserId, LoginTime, Status FROM LoginHistory") {
        if let (Some(user), "Success") = (login["UserId"].as_str(), login["Status"].as_str().unwrap()) {
            let day = login["LoginTime"].as_str().unwrap()[..10].to_owned();
            *logins.entry((user.to_owned(), day)).or_default() += 1;
        }
    }
    assert_eq!(logins, truth.logins);
}

#[test]
fn two_million_users_cost_nothing_until_they_are_asked_for() {
    let org = org(2_000_000);
    let caller = Caller::of(&org);
    let (_, page) = caller.query("SELECT Id, Name, CompanyName, LastLoginDate FROM User");
    assert_eq!((&page["totalSize"], page["records"].as_array().unwrap().len()), (&json!(2_000_000), 2000));
    let last = page["records"][1999]["Id"].as_str().unwrap();
    let (_, next) = caller.get(page["nextRecordsUrl"].as_str().unwrap());
    let range = format!("SELECT Id FROM User WHERE Id > '{last}' ORDER BY Id LIMIT 2000");
    assert_eq!(ids(&caller.records(&range)), ids(next["records"].as_array().unwrap()));
    let user = next["records"][7]["Id"].as_str().unwrap();
    let held = caller
        .records(&format!("SELECT AssigneeId FROM PermissionSetAssignment WHERE AssigneeId = '{user}'"));
    assert!(held.iter().all(|row| row["AssigneeId"] == user) && !held.is_empty());
}
