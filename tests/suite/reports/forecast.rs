//! The forecast of an org that has been watched for a week.

use seatledger::report::{FORECAST, Rules};

use super::history_site::given;

#[test]
fn two_weeks_are_no_history() {
    let given = given(&FORECAST, None, &Rules::default());
    assert!(given.rows().count() > 10);
    for row in given.rows() {
        assert_eq!(row["weeks"].text(), "2");
        assert_eq!(row["outlook"].text(), "insufficient history");
        assert!(row["holders_per_week"].text().is_empty() && row["exhausted_on"].text().is_empty());
    }
}
