//! API versions: which are offered and which are gone.

use serde_json::json;

use super::error::ApiError;

/// Summer '14. Older versions were retired in Summer '25 (Salesforce, "API End-of-Life Policy").
const OLDEST: u32 = 31;
/// Winter '27.
const NEWEST: u32 = 68;

/// The body of `/services/data`.
pub(super) fn list() -> String {
    let versions: Vec<_> = (OLDEST..=NEWEST)
        .map(|version| {
            json!({
                "label": label(version),
                "url": format!("/services/data/v{version}.0"),
                "version": format!("{version}.0"),
            })
        })
        .collect();
    json!(versions).to_string()
}

/// Refuses a version (`v67.0`) that is gone or never was.
pub(super) fn check(version: &str) -> Result<(), ApiError> {
    let number = version.strip_prefix('v').and_then(|number| number.strip_suffix(".0"));
    match number.and_then(|number| number.parse().ok()) {
        Some(OLDEST..=NEWEST) => Ok(()),
        Some(7..OLDEST) => {
            let message = "The requested API version is no longer supported";
            Err(ApiError::new(410, "UNSUPPORTED_API_VERSION", message))
        }
        _ => Err(ApiError::not_found()),
    }
}

/// Three releases a year, named after the season; Winter's year is the next one.
fn label(version: u32) -> String {
    let since = version - OLDEST;
    let (season, year) = [("Summer", 14), ("Winter", 15), ("Spring", 15)][(since % 3) as usize];
    format!("{season} '{}", year + since / 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_the_names_of_their_releases() {
        for (version, expected) in
            [(31, "Summer '14"), (58, "Summer '23"), (66, "Spring '26"), (68, "Winter '27")]
        {
            assert_eq!(label(version), expected);
        }
        assert!(check("v67.0").is_ok());
        for (version, status) in [("v30.0", 410), ("v69.0", 404), ("67.0", 404), ("v67", 404), ("v1.0", 404)]
        {
            assert_eq!(check(version).unwrap_err().status, status, "{version}");
        }
    }
}
