//! Report `duplicates` in an org in which two people have two accounts each.

use serde_json::json;

use super::document::Document;
use super::people::with_shared_accounts;
use crate::site::Site;

#[test]
fn the_account_used_last_keeps_the_seat() {
    let (site, users) = with_shared_accounts();
    let report = Document::of(&site, &["duplicates"]);
    let of = |user: &String| {
        let mut rows = report.rows.iter().filter(|row| row["user_id"] == **user && row["kind"] == "user");
        let row = rows.next()?;
        assert!(rows.next().is_none());
        Some((row["license"].as_str()?.to_owned(), row["is_kept"].as_bool()))
    };
    let crm = |is_kept| Some(("Salesforce".to_owned(), Some(is_kept)));
    assert_eq!([of(&users[0]), of(&users[1])], [crm(false), crm(true)]);
    assert_eq!([of(&users[2]), of(&users[3])], [None, None], "who is in a conflict is nobody's duplicate");
    assert!(of(&users[4]).is_some() && of(&users[5]).is_some());

    let mut groups = std::collections::BTreeMap::<_, Vec<_>>::new();
    for row in &report.rows {
        let group = [&row["kind"], &row["license_id"], &row["first_user_id"]].map(ToString::to_string);
        groups.entry(group).or_default().push(row);
    }
    let mut surplus = 0;
    for (group, rows) in &groups {
        assert!(rows.len() > 1, "{group:?}");
        let kept: Vec<_> = rows.iter().filter(|row| row["is_kept"] == true).collect();
        let newest = rows.iter().filter_map(|row| row["last_login_at"].as_str()).max();
        assert_eq!(kept.len(), usize::from(newest.is_some()), "{group:?}");
        assert!(kept.iter().all(|row| row["last_login_at"].as_str() == newest), "{group:?}");
        surplus += rows.len() - 1;
        for row in rows {
            let [user, license] = [&row["user_id"], &row["license_id"]].map(|id| id.as_str().unwrap());
            let held = format!(
                "SELECT count(*) FROM license_assignments AS a JOIN users AS u ON u.user_id = a.user_id
                 WHERE a.user_id = '{user}' AND a.license_id = '{license}' AND u.is_active = 1"
            );
            assert_eq!(site.number(&held), 1, "{row}");
        }
    }
    assert_eq!(report.total("surplus_seats"), i64::try_from(surplus).unwrap());
}

#[test]
fn who_is_one_person_does_not_depend_on_the_company_asked_for() {
    let site = Site::with_org_keys(400, "company_names = [\"Acme GmbH\", \"Acme UK Ltd\"]");
    site.run(&["collect"]).exits(0);
    let mut sharing = Vec::new();
    for company in ["Acme GmbH", "Acme UK Ltd"] {
        let some = format!(
            "SELECT user_id FROM users WHERE is_active = 1 AND license = 'Salesforce' AND company = '{company}'
             ORDER BY user_id LIMIT 2"
        );
        sharing.extend(site.rows(&some).into_iter().filter_map(|mut row| row.remove(0)));
    }
    assert_eq!(sharing.len(), 4);
    for user in &sharing {
        site.server.set_field("User", user, "Email", &json!("team@acme.example")).unwrap();
        site.server.set_field("User", user, "EmployeeNumber", &json!(null)).unwrap();
        site.server.set_field("User", user, "FederationIdentifier", &json!(null)).unwrap();
    }
    site.run(&["collect"]).exits(0);
    // Four accounts with one address are nobody's, and two of them are no less so when they are looked at alone.
    for arguments in [&["duplicates"][..], &["duplicates", "--company", "Acme GmbH"]] {
        let report = Document::of(&site, arguments);
        let found = |user: &String| report.rows.iter().any(|row| row["user_id"] == **user);
        assert!(!sharing.iter().any(found), "{arguments:?}");
    }
}
