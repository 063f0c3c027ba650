//! The formats of reports, as the programs that read them see them.

use std::process::Command;
use std::sync::OnceLock;

use seatledger::report::REPORTS;
use serde_json::Value;

use crate::support::{Home, Ran};

const COLLECTED: &str = "2026-11-21T03:00:00Z";
const CONFIG: &str = "seatledger-demo/seatledger.toml";

/// A home in which the demo has run once. The tests only read it.
fn demo() -> &'static Home {
    static DEMO: OnceLock<Home> = OnceLock::new();
    DEMO.get_or_init(|| {
        let home = Home::new().with("SEATLEDGER_CLOCK", COLLECTED);
        home.run(&["demo", "--users", "60"]).exits(0);
        home
    })
}

fn command(arguments: &[&str]) -> Command {
    demo().command(&[arguments, &["--config", CONFIG]].concat())
}

fn run(arguments: &[&str]) -> Ran {
    Ran::of(arguments, command(arguments).output().unwrap())
}

/// What the program prints, which need not be text.
fn bytes(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn every_report_as_json_keeps_to_the_schema() {
    let schema: Value = serde_json::from_str(&seatledger::export::json_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for report in REPORTS {
        let text = run(&["report", report.id, "--format", "json"]).exits(0).stdout;
        let mut document: Value = serde_json::from_str(&text).unwrap();
        let problems: Vec<_> = validator.iter_errors(&document).map(|problem| problem.to_string()).collect();
        assert!(problems.is_empty(), "{}: {problems:?}", report.id);
        document["columns"][0]["name"] = "renamed".into();
        assert!(!validator.is_valid(&document), "{}: a renamed column", report.id);
    }
}

#[test]
fn csv_for_excel_has_a_mark_and_its_line_ends_and_nothing_else_of_it_differs() {
    let machine = run(&["report", "licenses", "--format", "csv"]).exits(0).stdout;
    let english = run(&["report", "licenses", "--format", "csv", "--excel"]).exits(0).stdout;
    let german = run(&["report", "licenses", "--format", "csv", "--excel", "--locale", "de"]).exits(0).stdout;
    assert!(!machine.starts_with('\u{feff}') && !machine.contains('\r'));
    assert_eq!(english, format!("\u{feff}{}", machine.replace('\n', "\r\n")));
    assert!(german.starts_with("\u{feff}org;kind;license_id;"), "{german}");
    assert!(!german.contains("sep="));
    let rows = |text: &str, delimiter| -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    };
    let share = REPORTS[0].columns.iter().position(|column| column.name == "utilization_percent").unwrap();
    for (exact, german) in rows(&machine, b',').iter().zip(rows(&german, b';')) {
        assert_eq!(exact[share].replace('.', ","), german[share]);
    }
    run(&["report", "licenses", "--format", "json", "--excel"]).exits(2).says(&["--excel is about CSV only"]);
    run(&["report", "licenses", "--format", "csv", "--locale", "de"]).exits(2).says(&["--excel"]);
}

#[test]
fn what_a_format_is_not_offered_for_is_refused_with_what_there_is() {
    for format in ["table", "csv", "json", "xlsx"] {
        run(&["report", "overview", "--format", format]).exits(2).says(&[
            "it exists as html only",
            &format!("not as {format}"),
            "add --format html",
            "seatledger report utilization",
        ]);
    }
    run(&["report", "overview"]).exits(2).says(&["not as table"]);
    run(&["export", "feed", "--excel"])
        .exits(2)
        .says(&["a feed is for programs", "seatledger report licenses --format csv --excel"]);
    assert!(!demo().path("feed").exists());
}

#[test]
fn the_overview_tells_what_was_not_asked_from_what_is_unknown() {
    let config = demo().read(CONFIG);
    let without_books =
        config.lines().filter(|line| !["contracts", "people"].iter().any(|key| line.starts_with(key)));
    demo().write("seatledger-demo/bare.toml", &without_books.collect::<Vec<_>>().join("\n"));
    let page =
        |config| demo().run(&["report", "overview", "--format", "html", "--config", config]).exits(0).stdout;
    let headline = |page: &str, name: &str| {
        let after = page.split(&format!("<dt>{name}</dt>")).nth(1).unwrap().to_owned();
        after.split("</div>").next().unwrap().to_owned()
    };
    let (asked, bare) = (page(CONFIG), page("seatledger-demo/bare.toml"));
    for name in ["notices due", "licenses short"] {
        assert!(!headline(&asked, name).contains("unknown"), "{name}: {}", headline(&asked, name));
        let told = headline(&bare, name);
        assert!(told.contains("unknown\">not asked</dd>"), "{name}: {told}");
        assert!(told.contains("no contract file is configured"), "{name}: {told}");
    }
    assert!(bare.contains("<p>Not asked: no contract file is configured.</p>"));
    assert!(bare.contains("no list of people is configured"));
    for absence in ["contract file", "list of people"] {
        assert!(!asked.contains(&format!("no {absence} is configured")), "{absence}");
    }
    assert!(asked.contains("<span class=\"aside\">empty without a contract line</span>"));
    let charts = asked.matches("<figure").count();
    assert!(charts > 4 && asked.matches("</figcaption>\n<p class=\"population\">").count() == charts);
}

#[test]
fn every_format_is_the_same_bytes_under_any_time_zone_and_language() {
    let formats: &[&[&str]] =
        &[&["csv"], &["csv", "--excel", "--locale", "de"], &["json"], &["xlsx"], &["html"], &["table"]];
    for report in ["licenses", "users", "inactive"] {
        for format in formats {
            let arguments = [&["report", report, "--format"], *format].concat();
            let here = bytes(&mut command(&arguments));
            let far = bytes(
                command(&arguments)
                    .env("TZ", "Pacific/Kiritimati")
                    .env("LANG", "tr_TR.UTF-8")
                    .env("LC_ALL", "tr_TR.UTF-8")
                    .env("SEATLEDGER_CLOCK", "2027-11-21T03:00:00Z"),
            );
            assert!(!here.is_empty() && here == far, "{arguments:?}");
        }
    }
}

#[test]
fn the_overview_is_one_page_and_nothing_else() {
    let page = run(&["report", "overview", "--format", "html"]).exits(0).stdout;
    for part in
        ["<h1>Salesforce licenses</h1>", "id=\"utilization\"", "id=\"subscriptions\"", "Complete</span>"]
    {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("@acme"), "people stand under pseudonyms");
    assert!(page.contains("People: pseudonyms") && page.contains("<bdi>p_"), "{page}");
    assert!(demo().read("seatledger-demo/report.html").starts_with("<!doctype html>"));
    run(&["report", "overview"]).exits(2).says(&["the overview is a page", "--format html"]);
    run(&["report", "overview", "--format", "html", "--fail-on", "users > 1"])
        .exits(2)
        .says(&["no measures"]);
}

#[test]
fn a_report_into_a_file_is_what_it_is_on_standard_output() {
    for format in ["xlsx", "html", "csv"] {
        let printed = bytes(&mut command(&["report", "licenses", "--format", format]));
        let file = format!("licenses.{format}");
        run(&["report", "licenses", "--format", format, "-o", &file]).exits(0);
        assert!(std::fs::read(demo().path(&file)).unwrap() == printed, "{format}");
    }
}
