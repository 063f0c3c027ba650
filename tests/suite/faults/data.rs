//! Rows and pages that are not what was promised.

use super::bench::{Bench, NEW};
use super::{After, QUIET, Row, row, sweep};

#[test]
fn pages_that_do_not_add_up() {
    let stale = || After::NewBut(&["User"]);
    sweep(vec![
        row("query/User:page-repeated", 0, &[], After::New, QUIET),
        row("query/User:page-repeated*all", 3, &["User is stale"], stale(), QUIET),
        row("query/User:page-missing", 3, &["there are more records and not where"], stale(), QUIET),
        row("query/User:records-missing=1@2", 0, &[], After::New, QUIET),
        row("query/User:records-missing=1*all", 3, &["promised 250 rows and sent 247"], stale(), QUIET),
        row("query/User:record-repeated@2", 0, &[], After::New, QUIET),
        row("query/User:record-repeated*all", 3, &["3 rows arrived twice"], stale(), QUIET),
        row("query/User:total-size=9999", 0, &[], After::New, QUIET),
        row("query/User:total-size=9999*all", 3, &["promised 9999 rows and sent 250"], stale(), QUIET),
        row("query/User:total-size=5", 0, &[], After::New, QUIET),
        row("query/User:total-size=5*all", 3, &["promised 5 rows and sent 100"], stale(), QUIET),
        row(
            "query/User:next-records-url=https://other.example/x",
            3,
            &["nextRecordsUrl is not followed"],
            stale(),
            QUIET,
        ),
    ]);
}

#[test]
fn objects_that_are_visible_in_part() {
    let none_of = |object: &str, says, kept| Row {
        faults: vec![
            format!("query/{object}:records-missing=9999*all"),
            format!("query/{object}:total-size=0*all"),
        ],
        ..row("", 3, &[says], After::NewBut(kept), QUIET)
    };
    sweep(vec![
        none_of("User", "0 users are visible, and their licenses are used", &["User"]),
        none_of("Profile", "Profile is stale: no row is visible, and every org has one", &["Profile"]),
        none_of("UserLicense", "UserLicense is stale: no row is visible", &["UserLicense"]),
        none_of("Organization", "Organization is stale: no row is visible", &["Organization"]),
        none_of("PermissionSetLicenseAssign", "only 0 of", &["PermissionSetLicenseAssign"]),
        none_of("UserPackageLicense", "only 0 of", &["UserPackageLicense"]),
        row(
            "query/Organization:field=Id/00D000000000002EAA*all",
            3,
            &["Organization is stale: it is of the org 00D000000000002EAA, and the token is for"],
            After::NewBut(&["Organization"]),
            QUIET,
        ),
    ]);
}

#[test]
fn values_that_do_not_fit() {
    let stale = || After::NewBut(&["User"]);
    sweep(vec![
        row("query/User:field=Id/null*all", 3, &["arrived without its `id`"], stale(), QUIET),
        row(
            "query/User:field=Id/Anna*all",
            3,
            &["`Id` as another text where a Salesforce id"],
            stale(),
            QUIET,
        ),
        row("query/User:field=IsActive/\"yes\"*all", 3, &["`IsActive` as another text"], stale(), QUIET),
        row(
            "query/User:field=CreatedDate/23.07.2023*all",
            3,
            &["`CreatedDate` as another text where an instant"],
            stale(),
            QUIET,
        ),
        row(
            "query/User:field=CreatedDate/1690128000000*all",
            3,
            &["`CreatedDate` as a number"],
            stale(),
            QUIET,
        ),
        row("query/User:field=Title/{\"a\":1}*all", 3, &["`Title` as an object"], stale(), QUIET),
    ]);
}

#[test]
fn values_that_are_odd_and_taken() {
    let all =
        |condition: &str| format!("SELECT count(*) = 0 FROM users WHERE NOT coalesce({condition}, 0)").leak();
    sweep(vec![
        row("query:number-as-text*all", 0, &[], After::New, QUIET),
        row("query/User:field=IsActive/null*all", 0, &[], After::Spoiled(all("is_active IS NULL")), QUIET),
        row(
            "query/User:field=CreatedDate/2023-07-23T16:18:23Z*all",
            0,
            &[],
            After::Spoiled(all("created_at = '2023-07-23T16:18:23.000Z'")),
            QUIET,
        ),
        row(
            "query/User:field=CreatedDate/2023-07-23T18:18:23.000+0200*all",
            0,
            &[],
            After::Spoiled(all("created_at = '2023-07-23T16:18:23.000Z'")),
            QUIET,
        ),
        row("query/User:field=Title/😀𝕊ð*all", 0, &[], After::Spoiled(all("title = '😀𝕊ð'")), QUIET),
        row(
            "query/User:field=Title/\"a\\u0000b\"*all",
            0,
            &[],
            After::Spoiled(all("hex(title) = '610062'")),
            QUIET,
        ),
        row(
            format!("query/User:field=Title/{}*all", "ü".repeat(131_072)),
            0,
            &[],
            After::Spoiled(all("length(title) = 131072")),
            QUIET,
        ),
        row(
            "query/User:field=UserType/Martian*all",
            0,
            &[],
            After::Spoiled(all("user_type = 'Martian'")),
            QUIET,
        ),
        row(
            "query/UserLicense:field=Status/Dreaming*all",
            0,
            &[],
            After::Spoiled(
                "SELECT count(DISTINCT status) = 1 AND min(status) = 'Dreaming' FROM licenses WHERE kind = 'user'",
            ),
            QUIET,
        ),
        row("query/User:nul*all", 0, &[], After::Spoiled(all("hex(username) LIKE '%00'")), QUIET),
    ]);
}

#[test]
fn exports_take_what_users_write() {
    let bench = Bench::new();
    bench.set_faults(&["query/User:nul*all"]);
    bench.run(&["collect"]).exits(0);
    bench.run(&["export", "feed", "--identify"]).exits(0);
    assert!(bench.site.home.read("feed/users.csv").contains('\0'));
    bench.heals();
}

#[test]
fn logins_of_a_new_kind_are_unknown_and_not_dropped() {
    let bench = Bench::new();
    bench.set_faults(&["query/LoginHistory:field=LoginType/Telepathy*all"]);
    bench.run(&["collect", "--full"]).exits(0);
    // The days that the run read again.
    let logins = |kinds: &str| {
        bench.site.number(&format!("SELECT sum({kinds}) FROM login_days WHERE day >= '2026-11-19'"))
    };
    assert!(logins("unknown") > 50);
    assert_eq!(logins("interactive + api"), 0);
    bench.site.server.set_faults(Vec::new());
    bench.run(&["collect", "--full"]).exits(0);
    bench.state().is(&NEW);
}

#[test]
fn rows_of_others_that_are_not_shown_are_a_gap_and_name_the_permission() {
    for (object, permission) in [("LoginHistory", "Monitor Login History"), ("UserLogin", "Manage Users")] {
        let bench = Bench::new();
        let kept = bench.state().only(&[object]);
        bench.site.server.show_only_own(object, true).unwrap();
        let stale = format!("{object} is stale");
        bench.run(&["collect", "--full"]).exits(3).says(&[&stale, permission]);
        bench.state().only(&[object]).is(&kept);
        bench.site.server.show_only_own(object, false).unwrap();
        bench.run(&["collect", "--full"]).exits(0);
        bench.state().is(&NEW);
    }
}
