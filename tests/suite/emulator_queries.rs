//! Queries: what is answered and what is refused.

use std::collections::{BTreeMap, BTreeSet};

use seatledger::emulator::Server;
use serde_json::{Value, json};

use crate::emulator_caller::{Caller, encoded, org, org_with};

fn ids(records: &[Value]) -> Vec<&str> {
    records.iter().map(|record| record["Id"].as_str().unwrap()).collect()
}

fn total(caller: &Caller<'_>, soql: &str) -> u64 {
    let (status, body) = caller.query(soql);
    assert_eq!(status, 200, "{soql}: {body}");
    body["totalSize"].as_u64().unwrap()
}

#[test]
fn records_have_the_shape_of_recorded_answers() {
    let org = org(30);
    let caller = Caller::of(&org);
    let (_, body) = caller.query(
        "select id, NAME, Profile.Name, Profile.UserLicense.LicenseDefinitionKey, UserRole.Name, LastLoginDate from \
         user where UserType IN ('AutomatedProcess', 'Standard') order by Id limit 3",
    );
    assert_eq!((&body["totalSize"], &body["done"]), (&json!(3), &json!(true)));
    assert_eq!(body.get("nextRecordsUrl"), None);
    let collector = &body["records"][0];
    let id = collector["Id"].as_str().unwrap();
    assert_eq!(
        collector["attributes"],
        json!({"type": "User", "url": format!("/services/data/v67.0/sobjects/User/{id}")})
    );
    assert_eq!(collector["Name"], "License Collector");
    assert_eq!(collector["Profile"]["attributes"]["type"], "Profile");
    assert_eq!(collector["Profile"]["UserLicense"]["LicenseDefinitionKey"], "PID_Salesforce_Integration");
    assert_eq!(collector["UserRole"], Value::Null);
    let time = collector["LastLoginDate"].as_str().unwrap();
    assert!(time.len() == 28 && time.ends_with(".000+0000") || time.ends_with("+0000"), "{time}");
    let automated = &body["records"][2];
    assert_eq!((&automated["Name"], &automated["Profile"]), (&json!("Automated Process"), &Value::Null));
    let keys: Vec<_> = automated.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["Id", "LastLoginDate", "Name", "Profile", "UserRole", "attributes"]);
}

#[test]
fn counts_and_groups_have_the_shape_of_recorded_answers() {
    let org = org(300);
    let caller = Caller::of(&org);
    let (_, body) = caller.query("SELECT COUNT() FROM User");
    assert_eq!(body, json!({"totalSize": 300, "done": true, "records": []}));
    let (_, body) = caller.query("SELECT COUNT(Id) FROM User");
    let expected = json!({"attributes": {"type": "AggregateResult"}, "expr0": 300});
    assert_eq!(body, json!({"totalSize": 1, "done": true, "records": [expected]}));

    let groups = caller.records(
        "SELECT Profile.UserLicenseId, IsActive, COUNT(Id) users, MAX(LastLoginDate), COUNT(LastLoginDate) FROM User \
         GROUP BY Profile.UserLicenseId, IsActive ORDER BY COUNT(Id) DESC",
    );
    let sizes: Vec<_> = groups.iter().map(|group| group["users"].as_u64().unwrap()).collect();
    assert_eq!(sizes.iter().sum::<u64>(), 300);
    assert!(sizes.is_sorted_by(|left, right| left >= right), "{sizes:?}");
    assert!(groups.iter().any(|group| group["UserLicenseId"].is_null()), "system users have no license");
    assert!(groups.iter().all(|group| group["expr1"].as_u64() <= group["users"].as_u64()));
    assert!(groups.iter().any(|group| group["expr0"].as_str().is_some_and(|time| time.ends_with("+0000"))));

    let none = caller
        .records("SELECT COUNT(Id), MAX(CreatedDate), SUM(NumberOfFailedLogins) FROM User WHERE Id = null");
    assert_eq!(
        (&none[0]["expr0"], &none[0]["expr1"], &none[0]["expr2"]),
        (&json!(0), &Value::Null, &json!(0))
    );
    let amounts =
        caller.records("SELECT SUM(AmountUsed), AVG(CurrentAmountAllowed) FROM TenantUsageEntitlement");
    assert_eq!(amounts[0]["expr0"], json!(254_213.75));
}

#[test]
fn conditions_select_what_they_say() {
    let org = org(400);
    let caller = Caller::of(&org);
    let everyone = caller.records(
        "SELECT Id, Name, CompanyName, IsActive, UserType, CreatedDate, LastLoginDate, ManagerId, ProfileId, Profile.Name, \
         NumberOfFailedLogins FROM User",
    );
    let text = |user: &Value, field: &str| user[field].as_str().map(str::to_lowercase);
    type Check<'check> = &'check dyn Fn(&Value) -> bool;
    let middle = everyone[200]["Id"].as_str().unwrap();
    let created = everyone[200]["CreatedDate"].as_str().unwrap().replace("+0000", "Z");
    let checks: &[(&str, Check<'_>)] = &[
        ("IsActive = true", &|user| user["IsActive"] == true),
        ("NOT IsActive = true", &|user| user["IsActive"] == false),
        ("CompanyName = 'ACME GMBH'", &|user| text(user, "CompanyName").as_deref() == Some("acme gmbh")),
        ("CompanyName != 'Acme GmbH'", &|user| text(user, "CompanyName").as_deref() != Some("acme gmbh")),
        ("CompanyName <> null", &|user| !user["CompanyName"].is_null()),
        ("CompanyName = ''", &|user| user["CompanyName"].is_null()),
        ("CompanyName = 'O\\'Brien & Söhne'", &|user| user["CompanyName"] == "O'Brien & Söhne"),
        ("CompanyName IN ('Globex Corporation', null)", &|user| {
            user["CompanyName"].is_null() || user["CompanyName"] == "Globex Corporation"
        }),
        ("CompanyName NOT IN ('Globex Corporation')", &|user| user["CompanyName"] != "Globex Corporation"),
        ("CompanyName LIKE 'acme%'", &|user| {
            text(user, "CompanyName").is_some_and(|company| company.starts_with("acme"))
        }),
        ("NOT (Name LIKE '%ü%')", &|user| !text(user, "Name").is_some_and(|name| name.contains('ü'))),
        ("Name LIKE '_da%' OR UserType = 'Guest'", &|user| {
            let second = text(user, "Name")
                .is_some_and(|name| name.chars().skip(1).collect::<String>().starts_with("da"));
            second || user["UserType"] == "Guest"
        }),
        ("(IsActive = false OR UserType = null) AND CompanyName != null", &|user| {
            (user["IsActive"] == false || user["UserType"].is_null()) && !user["CompanyName"].is_null()
        }),
        ("Profile.Name = 'Standard User'", &|user| user["Profile"]["Name"] == "Standard User"),
        ("Profile.Name = null", &|user| user["Profile"].is_null()),
        ("LastLoginDate = null", &|user| user["LastLoginDate"].is_null()),
        ("NumberOfFailedLogins > 0", &|user| user["NumberOfFailedLogins"].as_i64() > Some(0)),
        ("NumberOfFailedLogins <= 0.5", &|user| user["NumberOfFailedLogins"] == 0),
        (&format!("CreatedDate >= {created}"), &|user| {
            user["CreatedDate"].as_str() >= everyone[200]["CreatedDate"].as_str()
        }),
        (&format!("CreatedDate < {created}"), &|user| {
            user["CreatedDate"].as_str() < everyone[200]["CreatedDate"].as_str()
        }),
        (&format!("Id = '{}'", &middle[..15]), &|user| user["Id"] == middle),
        (&format!("Id > '{middle}'"), &|user| user["Id"].as_str() > Some(middle)),
        (&format!("Id >= '{middle}' AND Id < '005zz0000000000'"), &|user| {
            user["Id"].as_str() >= Some(middle)
        }),
        (&format!("Id <= '{middle}'"), &|user| user["Id"].as_str() <= Some(middle)),
        (&format!("Id < '{middle}' AND Id > '005000000000000'"), &|user| user["Id"].as_str() < Some(middle)),
        (&format!("Id != '{middle}'"), &|user| user["Id"] != middle),
        (&format!("Id IN ('{middle}', '005zz0000000000', '00eQy0000000001')"), &|user| user["Id"] == middle),
        (&format!("Id NOT IN ('{middle}')"), &|user| user["Id"] != middle),
        ("Id IN (SELECT ManagerId FROM User WHERE ManagerId != null)", &|user| {
            everyone.iter().any(|other| other["ManagerId"] == user["Id"])
        }),
        ("Id NOT IN (SELECT ManagerId FROM User)", &|user| {
            !everyone.iter().any(|other| other["ManagerId"] == user["Id"])
        }),
    ];
    for (condition, check) in checks {
        let found = caller.records(&format!("SELECT Id FROM User WHERE {condition}"));
        let expected: Vec<_> = everyone.iter().filter(|user| check(user)).cloned().collect();
        assert_eq!(ids(&found), ids(&expected), "{condition}");
        assert!(!expected.is_empty() && expected.len() < everyone.len(), "{condition} decides nothing");
    }
}

#[test]
fn conditions_on_users_and_days_find_the_same_as_looking_at_everything() {
    let org = org(120);
    let caller = Caller::of(&org);
    let check = |object: &str, field: &str, bounded: &str, free: &str| {
        let bounded = caller.records(&format!("SELECT Id FROM {object} WHERE {bounded}"));
        // OR keeps the emulator from looking at a slice only.
        let free = caller
            .records(&format!("SELECT Id FROM {object} WHERE {free} OR {field} = 2000-01-01T00:00:00Z"));
        assert!(!free.is_empty(), "{object}");
        assert_eq!(ids(&bounded), ids(&free), "{object}");
    };
    let users = caller.records("SELECT Id FROM User");
    let (low, high) = (users[40]["Id"].as_str().unwrap(), users[77]["Id"].as_str().unwrap());
    for (object, user) in [
        ("PermissionSetAssignment", "AssigneeId"),
        ("PermissionSetLicenseAssign", "AssigneeId"),
        ("UserPackageLicense", "UserId"),
        ("GroupMember", "UserOrGroupId"),
    ] {
        let range = format!("{user} > '{low}' AND {user} <= '{high}'");
        check(object, "SystemModstamp", &range, &format!("({range})"));
        let list = format!("{user} IN ('{high}', '{low}')");
        check(object, "SystemModstamp", &list, &list);
    }
    let days = "LoginTime >= 2026-10-01T06:00:00Z AND LoginTime < 2026-10-03T18:00:00+00:00";
    check("LoginHistory", "LoginTime", days, &format!("({days})"));
}

#[test]
fn orders_are_kept() {
    let org = org(300);
    let caller = Caller::of(&org);
    let names = |order: &str| {
        let records = caller.records(&format!("SELECT CompanyName, Name, Id FROM User ORDER BY {order}"));
        let text = |user: &Value, field: &str| user[field].as_str().map(str::to_lowercase);
        records.iter().map(|user| (text(user, "CompanyName"), text(user, "Name"))).collect::<Vec<_>>()
    };
    let mut sorted = names("CompanyName, Name");
    assert!(sorted.is_sorted(), "nulls come first");
    assert_eq!(names("CompanyName ASC NULLS FIRST, Name"), sorted);
    let nulls = sorted.iter().filter(|(company, _)| company.is_none()).count();
    sorted.rotate_left(nulls);
    assert_eq!(names("CompanyName NULLS LAST, Name ASC"), sorted);
    let descending = names("CompanyName DESC NULLS LAST, Name");
    assert!(descending[..300 - nulls].is_sorted_by(|left, right| left.0 >= right.0));
    assert!(descending[300 - nulls..].iter().all(|(company, _)| company.is_none()));

    let all = caller.records("SELECT Id FROM User ORDER BY Id");
    let backwards = caller.records("SELECT Id FROM User ORDER BY Id DESC");
    assert!(ids(&all).iter().eq(ids(&backwards).iter().rev()));
    for (order, from) in [("", &all), ("ORDER BY Id DESC", &backwards)] {
        let slice = caller.records(&format!("SELECT Id FROM User {order} LIMIT 20 OFFSET 7"));
        assert_eq!(ids(&slice), ids(&from[7..27]), "{order}");
    }
    assert_eq!(total(&caller, "SELECT Id FROM User LIMIT 0"), 0);
    assert_eq!(total(&caller, "SELECT Id FROM User OFFSET 299"), 1);
    assert_eq!(total(&caller, "SELECT Id FROM User LIMIT 5 OFFSET 2000"), 0);
}

#[test]
fn refused_queries_get_salesforces_code_and_text() {
    let org = org(30);
    let caller = Caller::of(&org);
    let cases = [
        (
            "SELECT Id, Foo FROM User",
            "INVALID_FIELD",
            "\nSELECT Id, Foo FROM User\n           ^\nERROR at Row:1:Column:12\nNo such column 'Foo' on entity 'User'. If \
             you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please \
             reference your WSDL or the describe call for the appropriate names.",
        ),
        (
            "SELECT Id FROM Territory2",
            "INVALID_TYPE",
            "\nSELECT Id FROM Territory2\n               ^\nERROR at Row:1:Column:16\nsObject type 'Territory2' is not \
             supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. \
             Please reference your WSDL or the describe call for the appropriate names.",
        ),
        (
            "SELECT Id FROM User WHERE Profile.Foo = 1",
            "INVALID_FIELD",
            "No such column 'Foo' on entity 'Profile'",
        ),
        ("SELECT Foo.Name FROM User", "INVALID_FIELD", "Didn't understand relationship 'Foo' in field path"),
        ("SELECT Contact.Name FROM User", "INVALID_FIELD", "Didn't understand relationship 'Contact'"),
        ("invalid", "MALFORMED_QUERY", "unexpected token: 'invalid'"),
        (
            "SELECT Id FROM User WHERE IsActive = true AND Name = 'x' OR Id = null",
            "MALFORMED_QUERY",
            "unexpected token: 'OR'",
        ),
        (
            "SELECT Id FROM LoginHistory WHERE Status = 'Success'",
            "INVALID_FIELD",
            "field 'Status' can not be filtered in a query call",
        ),
        (
            "SELECT Id FROM LoginHistory WHERE SourceIp LIKE '198%'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator",
        ),
        (
            "SELECT Id FROM TenantUsageEntitlement WHERE MasterLabel = 'x'",
            "INVALID_FIELD",
            "field 'MasterLabel' can not be filtered",
        ),
        (
            "SELECT Id FROM TenantUsageEntitlement ORDER BY MasterLabel",
            "MALFORMED_QUERY",
            "field 'MasterLabel' can not be sorted",
        ),
        (
            "SELECT CreatedDate FROM User GROUP BY CreatedDate",
            "MALFORMED_QUERY",
            "field 'CreatedDate' can not be grouped",
        ),
        ("SELECT Name, COUNT(Id) FROM User", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"),
        (
            "SELECT Name, Profile.Name FROM User GROUP BY Name, Profile.Name",
            "MALFORMED_QUERY",
            "duplicate alias: Name",
        ),
        (
            "SELECT SUM(Name) FROM User",
            "MALFORMED_QUERY",
            "field Name does not support aggregate operator SUM",
        ),
        ("SELECT Id, id FROM User", "INVALID_FIELD", "duplicate field selected: id"),
        ("SELECT Id identity FROM User", "MALFORMED_QUERY", "only aggregate expressions use field aliasing"),
        (
            "SELECT Id FROM User WHERE CreatedDate > '2026-01-01T00:00:00Z'",
            "INVALID_FIELD",
            "value of filter criterion for field 'CreatedDate' must be of type dateTime and should not be enclosed in quotes",
        ),
        ("SELECT Id FROM User WHERE CreatedDate > 2026-01-01", "INVALID_FIELD", "must be of type dateTime"),
        (
            "SELECT Id FROM User WHERE CreatedDate > 2026-13-01T00:00:00Z",
            "INVALID_FIELD",
            "must be of type dateTime",
        ),
        (
            "SELECT Id FROM PermissionSetLicense WHERE ExpirationDate > 2026-01-01T00:00:00Z",
            "INVALID_FIELD",
            "must be of type date",
        ),
        (
            "SELECT Id FROM User WHERE Name = 5",
            "INVALID_FIELD",
            "must be of type string and should be enclosed in quotes",
        ),
        (
            "SELECT Id FROM User WHERE IsActive = 'true'",
            "INVALID_FIELD",
            "must be of type boolean and should not be enclosed",
        ),
        (
            "SELECT Id FROM User WHERE IsActive > false",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator on boolean field",
        ),
        ("SELECT Id FROM User WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: x"),
        (
            "SELECT Id FROM User WHERE Id LIKE '005%'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator on id field",
        ),
        ("SELECT Id FROM User WHERE Id IN (SELECT Name FROM User)", "MALFORMED_QUERY", "must be ID fields"),
        (
            "SELECT Id FROM User LIMIT 1 OFFSET 2001",
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Maximum SOQL offset allowed is 2000",
        ),
        ("SELECT (SELECT Id FROM Users) FROM Profile", "MALFORMED_QUERY", "unexpected token: '('"),
    ];
    for (query, code, text) in cases {
        let (status, body) = caller.query(query);
        assert_eq!((status, &body[0]["errorCode"]), (400, &json!(code)), "{query}: {body}");
        let message = body[0]["message"].as_str().unwrap();
        let matches = if text.starts_with('\n') { message == text } else { message.contains(text) };
        assert!(matches, "{query}: {message}");
    }
    let nested = format!("SELECT Id FROM User WHERE {}Id = null{}", "(".repeat(1000), ")".repeat(1000));
    assert_eq!(caller.query(&nested).1[0]["errorCode"], "QUERY_TOO_COMPLICATED");
    let (status, body) = caller.get("/services/data/v67.0/query");
    assert_eq!((status, &body[0]["errorCode"]), (400, &json!("MALFORMED_QUERY")));
}

#[test]
fn pages_together_are_the_whole() {
    let org = org(2300);
    let caller = Caller::of(&org);
    let (_, first) = caller.query("SELECT Id FROM User");
    assert_eq!((&first["totalSize"], &first["done"]), (&json!(2300), &json!(false)));
    let next = first["nextRecordsUrl"].as_str().unwrap();
    assert!(next.starts_with("/services/data/v67.0/query/01g") && next.ends_with("-2000"), "{next}");
    let (_, second) = caller.get(next);
    assert_eq!((second["records"].as_array().unwrap().len(), &second["done"]), (300, &json!(true)));
    assert_eq!(caller.get(next).1, second, "a page can be fetched again");

    for order in ["", "ORDER BY Name DESC"] {
        let query = format!("SELECT Id, Name FROM User WHERE IsActive = true {order}");
        let whole = caller.records(&query);
        for (asked, size) in [("batchSize=500", 500), ("batchSize=1", 200), ("batchSize=9999", 2000)] {
            let mut paged = Vec::new();
            let mut path = format!("/services/data/v66.0/query?q={}", encoded(&query));
            loop {
                let mut answer = caller
                    .agent
                    .get(format!("{}{path}", org.url()))
                    .header("Authorization", format!("OAuth {}", caller.token))
                    .header("Sforce-Query-Options", asked)
                    .call()
                    .unwrap();
                let page = crate::emulator_caller::json_body(&mut answer);
                let records = page["records"].as_array().unwrap();
                assert!(records.len() == size || page["done"] == true, "{asked}: {}", records.len());
                paged.extend(records.iter().cloned());
                if page["done"] == true {
                    break;
                }
                path = page["nextRecordsUrl"].as_str().unwrap().to_owned();
                assert!(path.starts_with("/services/data/v66.0/query/"), "{path}");
            }
            assert_eq!(ids(&paged), ids(&whole), "{order} {asked}");
        }
    }
    let unknown =
        [next.replace("-2000", "-17"), "/services/data/v67.0/query/01gQy000000zzzz-2000".to_owned()];
    for locator in unknown {
        let (status, body) = caller.get(&locator);
        assert_eq!((status, &body[0]["errorCode"]), (400, &json!("INVALID_QUERY_LOCATOR")), "{locator}");
    }
    org.expire_cursors();
    assert_eq!(caller.get(next).0, 400);
}

#[test]
fn more_groups_than_one_answer_holds_are_cut_off() {
    let org = org(2300);
    let (_, body) = Caller::of(&org).query("SELECT Id, COUNT(Id) FROM User GROUP BY Id");
    assert_eq!((&body["totalSize"], &body["done"]), (&json!(2300), &json!(false)));
    assert_eq!((body["records"].as_array().unwrap().len(), body.get("nextRecordsUrl")), (2000, None));
}

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
