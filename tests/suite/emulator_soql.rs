//! SOQL: what conditions and orders select, and what is refused.

use serde_json::{Value, json};

use crate::emulator_caller::{Caller, ids, org, total};

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
