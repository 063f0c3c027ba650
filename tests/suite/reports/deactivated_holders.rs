//! Report `deactivated-holders` against the public views and hand-made contracts.

use super::document::{Document, collected, found};
use crate::site::Site;

const SEATS: &str = "SELECT a.kind, a.license_id, a.user_id, a.assigned_at
    FROM license_assignments AS a JOIN users AS u ON u.user_id = a.user_id WHERE u.is_active = 0";

#[test]
fn every_seat_of_a_deactivated_user_is_listed() {
    let site = collected();
    let report = Document::of(site, &["deactivated-holders"]);
    let expected = found(site, SEATS);
    assert!(expected.len() > 10);
    assert_eq!(report.texts(&["kind", "license_id", "user_id", "assigned_at"]), expected);
    let of_kind = |kind: &str| i64::try_from(expected.iter().filter(|row| row[0] == kind).count()).unwrap();
    assert_eq!(of_kind("user") + of_kind("feature"), 0, "deactivating frees these");
    assert_eq!(report.total("seats"), of_kind("permission_set") + of_kind("package"));
    assert_eq!(report.total("permission_set_seats"), of_kind("permission_set"));
    assert_eq!(report.total("package_seats"), of_kind("package"));
    assert_eq!(
        report.total("unpriced_seats"),
        report.total("seats"),
        "without contracts nothing has a price"
    );
    let users = format!("SELECT count(DISTINCT user_id) FROM ({SEATS})");
    assert_eq!(report.total("deactivated_users"), site.number(&users));
}

#[test]
fn a_seat_costs_what_the_line_in_force_says_and_others_are_unpriced() {
    let site = Site::new(300);
    site.home.write(
        "contracts.csv",
        "line_id,org,kind,license_key,quantity,price,price_period,list_price,currency,starts_on,ends_on,recorded_at\n\
         1,acme,package,SBQQ,100,75.50,month,99,EUR,2026-10-01,2027-10-01,2026-09-15\n\
         2,acme,package,dsfs,100,30000,term,,JPY,2026-01-01,2029-01-01,2025-12-15\n\
         3,acme,permission_set,SalesConsoleUser,100,120,year,150,USD,2025-11-21,2026-11-21,2025-09-15\n",
    );
    site.configure("[finance]\ncontracts = \"contracts.csv\"", "");
    site.run(&["collect"]).exits(0);
    const COLUMNS: &[&str] =
        &["license_key", "year_price", "currency", "price_basis", "contract_line", "contract_ends_on"];
    for options in [&[][..], &["--assume-list"]] {
        let report = Document::of(&site, &[&["deactivated-holders"], options].concat());
        let (mut priced, mut estimated, mut unpriced) = (0, 0, 0);
        for row in report.texts(COLUMNS) {
            let expected: &[&str] = match row[0].as_str() {
                "SBQQ" => &["906.00", "EUR", "contract", "1", "2027-10-01"],
                "dsfs" => &["10000", "JPY", "contract", "2", "2029-01-01"],
                // The contract of the console ended the day before.
                "SalesConsoleUser" if !options.is_empty() => &["150.00", "USD", "list_estimated", "3", ""],
                _ => &["", "", "", "", ""],
            };
            let number = |text: &str| text.parse::<f64>().ok();
            assert_eq!(number(&row[1]), number(expected[0]), "{row:?}");
            assert_eq!(row[2..], expected[1..], "{row:?}");
            *match expected[2] {
                "contract" => &mut priced,
                "list_estimated" => &mut estimated,
                _ => &mut unpriced,
            } += 1;
        }
        assert!(priced > 0 && unpriced > 0, "{priced} and {unpriced}");
        assert_eq!(estimated > 0, !options.is_empty(), "{options:?}");
        assert_eq!(report.total("unpriced_seats"), unpriced);
        assert_eq!(report.total("estimated_seats"), estimated);
        assert_eq!(report.total("seats"), priced + estimated + unpriced);
    }
}
