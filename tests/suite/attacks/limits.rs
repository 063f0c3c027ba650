//! Rates, budgets and the org's own allowance, over several runs and processes.

use std::process::Stdio;

use serde_json::json;

use super::policed_site::{
    ALL_SCOPES, as_person, at_site, charged, events, policy, refused, set_policy, site_with,
};
use crate::emulator_caller::{birthday, read_faults};
use crate::token_maker::token;

#[test]
fn rates_are_exact_and_refused_calls_are_not_counted() {
    let rate = "[limits]\nkey = \"user\"\n[limits.rate]\nbackground = { max = 3, window_s = 60 }\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", rate));
    site.run(&["db", "backup", "copy.db"]).exits(6);
    for _ in 0..3 {
        site.run(&["config", "show"]).exits(0);
    }
    site.run(&["collect"]).exits(8).says(&["rate_limited"]);
    refused(&site, "rate_limited");
    site.later(1);
    site.run(&["config", "show"]).exits(0);
}

#[test]
fn case_73_agents_of_one_person_share_and_people_do_not() {
    let rate = "[limits]\nkey = \"user\"\n[limits.rate]\ninteractive = { max = 2, window_s = 60 }\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", rate));
    let by = |subject: &str, client: &str| {
        let claims =
            json!({ "sub": subject, "scp": ["usage:report"], "jti": client, "act": { "sub": client } });
        as_person(&site, &token(&at_site(claims)), &["policy", "explain", "usage.collect"])
    };
    by("00u-anna", "desktop").exits(0);
    by("00u-anna", "assistant").exits(0);
    by("00u-anna", "assistant").exits(8).says(&["rate_limited"]);
    by("00u-bob", "desktop").exits(0);
}

#[test]
fn cases_75_and_76_neither_a_kill_nor_a_clock_gives_a_budget_back() {
    let limits = "[limits]\nkey = \"user\"\n[limits.daily]\napi_calls = 400\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", limits));
    site.server.set_faults(read_faults(&["query/User:slow=600000*all"]));
    let mut hanging = site.command(&["collect"]).stderr(Stdio::null()).spawn().unwrap();
    site.wait_until(&mut hanging, |site| site.server.hits("/query") > 0);
    hanging.kill().unwrap();
    hanging.wait().unwrap();
    site.server.set_faults(Vec::new());
    let (used, reserved) = charged(&site, "api_calls");
    assert!(reserved > 0, "what was reserved stays so");
    site.run(&["doctor"]).exits(0);
    assert_eq!(charged(&site, "api_calls").1, reserved);
    let spent = charged(&site, "api_calls").0;
    assert!(spent > used);
    site.later(-24);
    site.run(&["doctor"]).exits(0);
    assert!(charged(&site, "api_calls").0 > spent, "a clock that is set back opens no new day");
}

#[test]
fn eight_processes_share_one_rate() {
    let rate = "[limits]\nkey = \"user\"\n[limits.rate]\nbackground = { max = 5, window_s = 60 }\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", rate));
    let now = birthday().to_string();
    let start = |_| {
        let mut command = site.home.command(&["config", "show"]);
        command.env("SEATLEDGER_CLOCK", &now).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    let programs: Vec<_> = (0..8).map(start).collect();
    let mut codes: Vec<_> =
        programs.into_iter().map(|mut program| program.wait().unwrap().code().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 0, 0, 0, 0, 8, 8, 8]);
    site.later(1);
    site.run(&["audit", "verify"]).exits(0).prints(&["INTACT"]);
}

#[test]
fn the_stricter_share_of_the_orgs_requests_stays_free() {
    let limits = "[limits]\nkey = \"user\"\n[limits.org]\nkeep_free_api_percent = 60\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", limits));
    site.server.set_api_usage(50, 100);
    site.run(&["collect"]).exits(8).says(&["API allowance fell below 60 %"]);
    assert!(site.server.hits("/query") == 0, "only the allowance was asked for");
    let newest = events(&site).pop().unwrap();
    assert_eq!((&newest["kind"], &newest["reason"]), (&json!("outcome"), &json!("org_limit")), "{newest}");
}

#[test]
fn a_budget_of_requests_stops_a_collection_to_the_request() {
    let limits = "[limits]\nkey = \"user\"\n[limits.daily]\napi_calls = 5\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", limits));
    site.run(&["collect"]).exits(8).says(&["budget of api_calls is used up"]);
    assert_eq!(site.server.hits("/services/data/"), 5);
    site.server.clear_requests();
    site.run(&["collect"]).exits(8).says(&["budget_exceeded:api_calls"]);
    refused(&site, "budget_exceeded:api_calls");
}

#[test]
fn what_doctor_sends_is_charged_to_the_budget() {
    let limits = "[limits]\nkey = \"user\"\n[limits.daily]\napi_calls = 400\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", limits));
    site.run(&["doctor"]).exits(0);
    // The look at the clock needs no session and is no request that Salesforce counts.
    let sent = i64::try_from(site.server.hits("/services/data")).unwrap() - 1;
    assert!(sent > 10);
    assert_eq!(events(&site).pop().unwrap()["api_calls"], sent);
    assert_eq!(charged(&site, "api_calls"), (sent, 0));

    let site = site_with(&policy(ALL_SCOPES, "\"*\"", &limits.replace("400", "3")));
    site.run(&["doctor"]);
    assert_eq!(site.server.hits("/services/data"), 3 + 1);
    assert_eq!(charged(&site, "api_calls"), (3, 0));
}

#[test]
fn operations_side_by_side_share_a_budget() {
    let limits = "[limits]\nkey = \"user\"\n[limits.daily]\napi_calls = 1000\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", limits));
    site.server.set_faults(read_faults(&["query/User:slow=600000*all"]));
    let mut hanging = site.command(&["collect"]).stderr(Stdio::null()).spawn().unwrap();
    site.wait_until(&mut hanging, |site| site.server.hits("/query") > 0);
    assert!(charged(&site, "api_calls").1 < 200, "a share, not the day");
    site.server.set_faults(Vec::new());
    site.run(&["doctor"]).exits(0);
    hanging.kill().unwrap();
    hanging.wait().unwrap();
    site.run(&["collect"]).exits(0);
}

#[test]
fn a_report_beyond_the_budget_of_rows_is_withheld_and_not_charged() {
    let limits = "[limits]\nkey = \"user\"\n[limits.daily]\nrows = 100000\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", limits));
    site.run(&["collect"]).exits(0);
    let collected = charged(&site, "rows").0;
    let rows = site.number("SELECT count(*) FROM users");
    let limits = limits.replace("100000", &(collected + rows + 1).to_string());
    set_policy(&site, &policy(ALL_SCOPES, "\"*\"", &limits));
    site.run(&["report", "users"]).exits(0);
    assert_eq!(charged(&site, "rows"), (collected + rows, 0));
    let ran = site.run(&["report", "users"]).exits(8).says(&["budget_exceeded:rows"]);
    assert_eq!(ran.stdout, "");
    site.run(&["export", "feed"]).exits(8);
    assert!(!site.home.path("feed/users.csv").exists());
    let newest = events(&site).pop().unwrap();
    assert_eq!((&newest["status"], &newest["reason"]), (&json!("failure"), &json!("budget_exceeded:rows")));
    assert_eq!(charged(&site, "rows"), (collected + rows, 0), "nothing left, nothing is charged");
}
