//! The way to the org: nobody there, another one there, a proxy in between, a crowd, a clock that is wrong.

use std::net::TcpListener;

use super::bench::{Bench, COLLECT, NEW, OLD};
use super::{ONE_UNANSWERED, QUIET};
use crate::scripted_server::{Reply, ScriptedServer};
use crate::support::Ran;
use crate::transport::{certificate, tls_server};

/// A run whose configuration leads to `url`, with these keys of `[http]`. Nothing is lost by it.
fn astray(bench: &Bench, url: &str, http: &str, says: &[&str]) {
    let configured = bench.site.home.read("seatledger.toml");
    let elsewhere = configured.replace(&bench.site.server.url(), url);
    bench.site.home.write("seatledger.toml", &format!("{elsewhere}\n[http]\n{http}\n"));
    bench.run(&["collect"]).exits(1).says(&["org `acme` could not be read"]).says(says);
    assert_eq!(bench.site.server.requests().len(), 0);
    bench.state().is(&OLD);
    bench.site.home.write("seatledger.toml", &configured);
}

/// A port of this machine at which nothing listens.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn nobody_answers() {
    let bench = Bench::new();
    let port = closed_port();
    let url = format!("http://127.0.0.1:{port}");
    astray(&bench, &url, "", &["cannot connect to 127.0.0.1", "check firewall and proxy"]);
    // The C library takes this alias to a name that no question to a name service can hold (RFC 1035, section 2.3.4),
    // so none is asked.
    bench.site.home.write("aliases", &format!("nowhere {}.example\n", "a".repeat(64)));
    astray(
        &bench,
        "https://nowhere",
        "",
        &["cannot find the address of nowhere", "check the spelling of the host"],
    );
    let silent = ScriptedServer::start(|_, _| Reply::Hang);
    astray(&bench, &silent.url(), "timeout_seconds = 1", &["in time", "timeout_seconds"]);
    assert_eq!(silent.hits(""), 6);
    bench.heals();
}

#[test]
fn an_answer_comes_a_byte_at_a_time() {
    let bench = Bench::new();
    bench.set_faults(&["query/User:drip=20*all"]);
    let configured = bench.site.home.read("seatledger.toml");
    bench.site.home.write("seatledger.toml", &format!("{configured}\n[http]\ntimeout_seconds = 1\n"));
    bench.run(&["collect"]).exits(3).says(&["did not answer in time", "User is stale"]);
    let requests = bench.site.server.requests().len();
    assert!(requests <= ONE_UNANSWERED, "{requests}");
    bench.state().only(&["User"]).is(&OLD.only(&["User"]));
    bench.state().without(&["User"]).is(&NEW.without(&["User"]));
    bench.site.home.write("seatledger.toml", &configured);
    bench.heals();
}

#[test]
fn a_proxy_stands_in_between() {
    let bench = Bench::new();
    let org = "https://acme.my.salesforce.com";
    for (status, words) in
        [(403, "allow this host"), (407, "user name and password"), (502, "allow this host")]
    {
        let proxy = ScriptedServer::start(move |_, _| Reply::json(status, ""));
        let http = format!("proxy = \"http://anna:hunter2@127.0.0.1:{}\"", proxy.port());
        astray(&bench, org, &http, &["refused to connect to acme.my.salesforce.com", words]);
        assert_eq!(proxy.hits(""), 1, "{status}");
    }
    let http = format!("proxy = \"http://127.0.0.1:{}\"", closed_port());
    astray(&bench, org, &http, &["cannot connect to the proxy 127.0.0.1"]);
    bench.heals();
}

#[test]
fn another_host_shows_its_certificate() {
    let bench = Bench::new();
    let known = certificate("127.0.0.1", 2020, 2100);
    let known_pem = known.cert.pem();
    for (certified, words) in [
        (certificate("acme.example", 2020, 2100), "is for another host"),
        (certificate("127.0.0.1", 2001, 2002), "expired or not valid yet"),
    ] {
        let server = tls_server(certified);
        bench.site.home.write("ca.pem", &server.pem);
        astray(&bench, &server.url, "ca_file = \"ca.pem\"", &[words]);
    }
    bench.site.home.write("ca.pem", &known_pem);
    let stranger = tls_server(certificate("127.0.0.1", 2020, 2100));
    astray(&bench, &stranger.url, "ca_file = \"ca.pem\"", &["authority that is not trusted"]);
    bench.heals();
}

#[test]
fn an_org_that_answers_few_at_a_time_is_asked_fewer() {
    let bench = Bench::new();
    // Answers take long enough for four workers to meet.
    bench.set_faults(&["query:slow=15*all"]);
    bench.site.server.set_concurrent_requests(1);
    bench.run(&["collect", "-v"]).exits(0).says(&["ConcurrentRequests", "1 requests at a time from now on"]);
    bench.state().is(&NEW);
    assert!(bench.site.server.requests().len() <= QUIET);
    let refused = bench.site.server.requests().iter().filter(|exchange| exchange.status == 403).count();
    // Three of the first four, then one of two that are left, and whoever meets them on the way out.
    assert!((1..=8).contains(&refused), "{refused} refusals");
    bench.site.server.set_concurrent_requests(25);
    bench.heals();
}

#[test]
fn a_wrong_clock_is_said() {
    let run = |bench: &Bench, time: &str| {
        let mut command = bench.command(&["collect"]);
        Ran::of(&["collect"], command.env("SEATLEDGER_CLOCK", time).output().unwrap())
    };
    let bench = Bench::new();
    run(&bench, "2026-11-22T12:10:00Z")
        .exits(0)
        .says(&["this machine's clock is 600 s ahead of Salesforce's"]);
    bench.state().is(&NEW);
    bench.heals();

    let bench = Bench::new();
    run(&bench, "2026-11-22T11:58:00Z").exits(0).says(&["this machine's clock is", "behind Salesforce's"]);
    bench.state().is(&NEW);

    let bench = Bench::new();
    run(&bench, "2026-11-22T11:50:00Z").exits(5).says(&[
        "expired authorization code",
        "this machine's time is 2026-11-22T11:50:0",
        "Salesforce's 2026-11-22T12:00:0",
    ]);
    assert_eq!(bench.site.server.requests().len(), 1);
    bench.state().is(&OLD);
    bench.site.configure(COLLECT, "");
    bench.heals();
}
