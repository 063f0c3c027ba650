//! Every view against the emulated org's own count of itself.

use std::collections::BTreeMap;

use seatledger::emulator::{ORGANIZATION_ID, ORGANIZATION_NAME, Truth};

use crate::site::Site;

/// What `users` should hold: per company spelling, license and state.
fn users_by_company(site: &Site) -> BTreeMap<(Option<String>, Option<String>, bool), u64> {
    site.rows("SELECT company_name, license_id, is_active, count(*) FROM users GROUP BY 1, 2, 3")
        .into_iter()
        .map(|row| {
            let [company, license, active, users] = row.try_into().unwrap();
            ((company, license, active.as_deref() == Some("1")), users.unwrap().parse().unwrap())
        })
        .collect()
}

fn check_licenses(site: &Site, truth: &Truth) {
    for row in site.rows("SELECT license_id, used_counted, kind FROM licenses") {
        let [license, counted, kind] = row.try_into().unwrap();
        let license = license.unwrap();
        let expected = truth.used.get(&license).copied().unwrap_or_default();
        assert_eq!(counted, Some(expected.to_string()), "{} {license}", kind.unwrap());
    }
}

#[test]
fn every_view_of_a_whole_org_tells_the_truth() {
    let site = Site::new(5_000);
    site.run(&["collect"]).exits(0);
    let truth = site.server.truth();

    assert_eq!(users_by_company(&site), truth.users);
    check_licenses(&site, &truth);
    let expected: Vec<_> =
        [("user", "UserLicense"), ("permission_set", "PermissionSetLicense"), ("package", "PackageLicense")]
            .into_iter()
            .map(|(kind, object)| (kind.to_owned(), i64::try_from(truth.records[object]).unwrap()))
            .collect();
    let licenses = site.counts("SELECT kind, count(*) FROM licenses WHERE kind <> 'feature' GROUP BY 1");
    assert_eq!(licenses, expected.into_iter().collect());

    let assigned: BTreeMap<String, u64> = site
        .counts("SELECT license_id, count(*) FROM license_assignments GROUP BY 1")
        .into_iter()
        .map(|(license, users)| (license, u64::try_from(users).unwrap()))
        .collect();
    assert_eq!(assigned, truth.used);

    let subscriptions = site.counts("SELECT source, count(*) FROM subscriptions GROUP BY 1");
    for source in ["UserLicense", "PermissionSetLicense", "PackageLicense", "TenantUsageEntitlement"] {
        assert_eq!(subscriptions[source], i64::try_from(truth.records[source]).unwrap(), "{source}");
    }

    let companies = site.rows("SELECT company, license_id, is_active, users FROM company_counts");
    let total: u64 = companies.iter().map(|row| row[3].as_deref().unwrap().parse::<u64>().unwrap()).sum();
    assert_eq!(total, truth.records["User"]);
    assert!(companies.iter().all(|row| row[0].as_deref() == Some(ORGANIZATION_NAME)));

    let window = "2026-08-23";
    let logins: BTreeMap<(String, String), u64> = site
        .rows("SELECT user_id, day, interactive + api + unknown FROM login_days")
        .into_iter()
        .map(|row| {
            let [user, day, logins] = row.try_into().unwrap();
            ((user.unwrap(), day.unwrap()), logins.unwrap().parse().unwrap())
        })
        .collect();
    let mut expected = truth.logins.clone();
    expected.retain(|(_, day), _| day.as_str() >= window);
    assert!(expected.len() > 1_000);
    let wrong: Vec<_> =
        expected.iter().filter(|(key, count)| logins.get(*key) != Some(*count)).take(3).collect();
    assert_eq!((wrong, logins.len()), (vec![], expected.len()));

    let orgs = site.rows("SELECT organization_id, name, is_sandbox FROM orgs");
    let expected = [ORGANIZATION_ID, ORGANIZATION_NAME, "0"].map(|text| Some(text.to_owned()));
    assert_eq!(orgs, [expected.to_vec()]);
    assert_eq!(site.number("SELECT count(*) FROM runs WHERE status = 'complete'"), 1);
    let objects = site.rows("SELECT object, rows, promised_rows FROM run_objects WHERE status <> 'complete'");
    assert_eq!(objects, Vec::<Vec<Option<String>>>::new());
}

#[test]
fn companies_and_everyone_else_add_up_to_the_org() {
    let site = Site::with_org_keys(
        2_000,
        "company_names = [\"Acme GmbH\", \"O'Brien & Söhne\"]\n\
         company_aliases = { \"Acme GmbH\" = [\"Acme UK Ltd\"] }",
    );
    site.run(&["collect"]).exits(0);
    let truth = site.server.truth();

    let matched = |name: &str| {
        let folded = name.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
        match folded.as_str() {
            "acme gmbh" | "acme uk ltd" => Some("Acme GmbH"),
            "o'brien & söhne" | "o'brien & so\u{308}hne" => Some("O'Brien & Söhne"),
            _ => None,
        }
    };
    let mut expected: BTreeMap<(String, Option<String>, bool), u64> = BTreeMap::new();
    for ((spelling, license, active), users) in &truth.users {
        let company = spelling.as_deref().and_then(matched).unwrap_or("(unmatched)");
        *expected.entry((company.to_owned(), license.clone(), *active)).or_default() += users;
    }
    let counted: BTreeMap<(String, Option<String>, bool), u64> = site
        .rows("SELECT company, license_id, is_active, users FROM company_counts")
        .into_iter()
        .map(|row| {
            let [company, license, active, users] = row.try_into().unwrap();
            let active = active.as_deref() == Some("1");
            ((company.unwrap(), license, active), users.unwrap().parse().unwrap())
        })
        .collect();
    assert_eq!(counted, expected);
    check_licenses(&site, &truth);

    let kept = site.counts("SELECT company, count(*) FROM users GROUP BY 1");
    let in_scope = |company: &str| {
        expected.iter().filter(|((name, ..), _)| name == company).map(|(_, users)| users).sum::<u64>()
    };
    for company in ["Acme GmbH", "O'Brien & Söhne"] {
        assert_eq!(kept[company], i64::try_from(in_scope(company)).unwrap(), "{company}");
        assert!(kept[company] > 0, "{company} has users in the emulated org");
    }
    assert_eq!(kept.len(), 2, "nobody else is kept in person");
    let strangers = "SELECT count(*) FROM license_assignments AS a
        WHERE NOT EXISTS (SELECT 1 FROM users AS u WHERE u.user_id = a.user_id)";
    assert_eq!(site.number(strangers), 0);
    let strangers = "SELECT count(*) FROM login_days AS d
        WHERE NOT EXISTS (SELECT 1 FROM users AS u WHERE u.user_id = d.user_id)";
    assert_eq!(site.number(strangers), 0);
}
