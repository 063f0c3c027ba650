//! Addresses in answers that lead away from the org.

use super::policed_site::{ALL_SCOPES, events, policy, site_with};
use crate::emulator_caller::read_faults;
use crate::scripted_server::{Reply, ScriptedServer};

#[test]
fn cases_55_and_56_no_answer_leads_away_from_the_org() {
    let stranger = ScriptedServer::start(|_, _| Reply::json(200, "{}"));
    let host = stranger.url().replace("http://", "");
    let faults = [
        format!("query/User:next-records-url={}/services/data/v67.0/query/01g-2000", stranger.url()),
        format!("query/User:next-records-url=//{host}/services/data/v67.0/query/01g-2000"),
        "query/User:next-records-url=/services/data/v67.0/../../apexrest/x".to_owned(),
        "query/User:next-records-url=/services/apexrest/x".to_owned(),
        format!("token:instance-url=http://127.0.0.2:{}", stranger.port()),
        format!("token:instance-url=http://127.0.0.1@{host}"),
        "token:instance-url=https://acme.my.salesforce.com.evil.example".to_owned(),
    ];
    for fault in faults {
        let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
        site.server.set_faults(read_faults(&[&format!("{fault}*all")]));
        assert_ne!(site.run(&["collect"]).code, 0, "{fault}");
        let outcome = events(&site).pop().unwrap();
        assert_eq!(outcome["kind"], "outcome", "{fault}");
        assert_ne!(outcome["status"], "success", "{fault}");
        assert_eq!(site.server.hits("apexrest"), 0, "{fault}");
        assert_eq!(stranger.hits(""), 0, "{fault}");
    }
}
