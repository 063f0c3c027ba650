//! Queries: the shape of answers, and paging.

use serde_json::{Value, json};

use crate::emulator_caller::{Caller, encoded, ids, json_body, org};

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
                let page = json_body(&mut answer);
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
    let unknown = [
        next.replace("-2000", "-18446744073709551615"),
        next.replace("-2000", "-17"),
        "/services/data/v67.0/query/01gQy000000zzzz-2000".to_owned(),
    ];
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
