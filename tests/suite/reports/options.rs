//! Every option against every report: it is taken, or refused with the reports that take it.

use seatledger::report::{REPORTS, ReportOption};

use super::{json, run};

/// Each option as it is given, with a value that the demo has an answer to when it takes one.
fn given(option: ReportOption) -> Vec<String> {
    let value = match option {
        ReportOption::Company => "Acme GmbH".to_owned(),
        ReportOption::Window => "30".to_owned(),
        ReportOption::KnownOn => "2026-11-20".to_owned(),
        ReportOption::AssumeList => return vec![option.flag().to_owned()],
        // The earlier state is the only one that there is.
        ReportOption::Since => {
            json(&["report", "users"])["orgs"][0]["collected_at"].as_str().unwrap().to_owned()
        }
        ReportOption::Month => "2026-10".to_owned(),
        ReportOption::By => "department".to_owned(),
        ReportOption::Pool => "pro-rata".to_owned(),
        ReportOption::Spread => "days".to_owned(),
        ReportOption::Buffer => "7".to_owned(),
    };
    vec![option.flag().to_owned(), value]
}

#[test]
fn a_report_takes_its_options_and_refuses_the_others() {
    for option in ReportOption::ALL {
        let (flag, given) = (option.flag(), given(option));
        let given: Vec<_> = given.iter().map(String::as_str).collect();
        let takers: Vec<_> = option.takers().map(|report| report.id).collect();
        assert!(!takers.is_empty(), "{flag}");
        for report in REPORTS {
            let ran = run(&[&["report", report.id, "--format", "csv"], &given[..]].concat());
            if report.takes(option) {
                ran.exits(0);
                continue;
            }
            let ran = ran.exits(2).says(&[
                &format!("report `{}`", report.id),
                &format!("takes no {flag}"),
                &format!("{flag} is for {}", takers.join(", ")),
            ]);
            assert_eq!(ran.stdout, "");
            let measure = report.measures().next().unwrap().name;
            run(&[&["explain", report.id, measure, "--at", "org=demo"], &given[..]].concat()).exits(2);
        }
    }
}

#[test]
fn an_overview_for_a_company_says_what_is_about_whole_orgs() {
    let overview = ["report", "overview", "--format", "html", "-o", "narrowed.html"];
    run(&[&overview[..], &["--company", "Acme GmbH"]].concat())
        .exits(0)
        .says(&["about whole orgs all the same: "]);
    let all = run(&overview).exits(0);
    assert!(!all.stderr.contains("all the same"), "{}", all.stderr);
}
