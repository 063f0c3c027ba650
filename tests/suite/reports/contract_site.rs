//! An org with a contract file, for the reports that are made from both.

use serde_json::Value;

use crate::site::Site;

const HEADER: &str = "line_id,org,kind,license_key,sku,quantity,price,price_period,add_on_price,currency,starts_on,\
                      ends_on,notice_days,auto_renew,uplift_percent,recorded_at\n";

/// An org collected at 2026-11-21T12:00:00Z, with these contract lines. `{used}` is what it holds of `SFDC`.
pub(super) fn site_with(rows: &str) -> (Site, i64) {
    let site = Site::new(60);
    site.run(&["collect"]).exits(0);
    let used = site.number("SELECT used_counted FROM licenses WHERE key = 'SFDC'");
    let short = (used - 2).to_string();
    site.home.write("contracts.csv", &format!("{HEADER}{}", rows.replace("{short}", &short)));
    site.configure("", "[finance]\ncontracts = \"contracts.csv\"");
    (site, used)
}

pub(super) const LINES: &str = "\
1,acme,user,SFDC,Sales Cloud,{short},131.25,month,150,EUR,2026-10-01,2027-10-01,60,yes,7,2026-09-15
2,acme,user,AUL,,5000,300,year,,EUR,2026-01-01,2026-12-01,30,yes,,2026-01-01
2,acme,user,AUL,,5000,300,year,,EUR,2026-12-01,2027-12-01,30,no,,2026-11-20
3,acme,package,dsfs,Signatures,1000,100,term,,USD,2026-12-01,2027-12-01,,no,,2026-11-20
4,acme,package,gone,Gone,10,100,term,,USD,2026-06-01,2026-12-01,9,yes,10,2026-06-01
5,acme,user,PID_CHATTER,,10,1,month,,EUR,2025-06-01,2026-06-01,,no,,2026-06-01
";

pub(super) fn report(site: &Site, arguments: &[&str]) -> Value {
    let arguments = [&["report"], arguments, &["--format", "json"]].concat();
    serde_json::from_str(&site.run(&arguments).exits(0).stdout).unwrap()
}

pub(super) fn row<'a>(document: &'a Value, column: &str, value: &str) -> &'a Value {
    let rows = document["rows"].as_array().unwrap();
    rows.iter().find(|row| row[column] == value).unwrap_or_else(|| panic!("no {value} in {rows:#?}"))
}
