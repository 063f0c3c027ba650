//! The org counted out loud: what a collector must arrive at.

use std::collections::BTreeMap;

use super::licenses::FEATURES;
use super::objects::{OBJECTS, object};
use super::value::{DAY_MILLISECONDS, Value};
use super::view::{Record, View};

/// Counts over the org as it is, changes included and hidden objects too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    /// Records per object.
    pub records: BTreeMap<&'static str, u64>,
    /// Users per company as spelled in `User.CompanyName`, id of the user license, and active or not.
    pub users: BTreeMap<(Option<String>, Option<String>, bool), u64>,
    /// Holders per license: by the id of a user license (active users), permission set license or package (records),
    /// and by the field name of a feature license (active users).
    pub used: BTreeMap<String, u64>,
    /// Successful logins that LoginHistory has, per user id and UTC day (`YYYY-MM-DD`).
    pub logins: BTreeMap<(String, String), u64>,
}

impl Truth {
    /// Counts every record once.
    pub(crate) fn of(view: &View<'_>) -> Self {
        let mut truth = Self::default();
        for object in OBJECTS {
            truth.records.insert(object.name, view.count(object));
        }
        each(view, "User", |user| truth.count_user(view, user));
        each(view, "PermissionSetLicenseAssign", |held| {
            truth.count_holder(text(held, "PermissionSetLicenseId"))
        });
        each(view, "UserPackageLicense", |held| truth.count_holder(text(held, "PackageLicenseId")));
        each(view, "LoginHistory", |login| truth.count_login(login));
        truth
    }

    fn count_user(&mut self, view: &View<'_>, user: &Record<'_>) {
        let active = user.named("IsActive") == Value::Boolean(true);
        let license = license_of(view, user);
        if active {
            self.count_holder(license.clone());
            for feature in FEATURES {
                if user.named(feature.field) == Value::Boolean(true) {
                    self.count_holder(Some(feature.field.to_owned()));
                }
            }
        }
        *self.users.entry((text(user, "CompanyName"), license, active)).or_default() += 1;
    }

    fn count_holder(&mut self, license: Option<String>) {
        if let Some(license) = license {
            *self.used.entry(license).or_default() += 1;
        }
    }

    fn count_login(&mut self, login: &Record<'_>) {
        let succeeded = text(login, "Status").as_deref() == Some("Success");
        if let (true, Some(user), Value::Instant(at)) =
            (succeeded, text(login, "UserId"), login.named("LoginTime"))
        {
            let day = plain_text(Value::Day(at.div_euclid(DAY_MILLISECONDS))).unwrap_or_default();
            *self.logins.entry((user, day)).or_default() += 1;
        }
    }
}

fn each(view: &View<'_>, name: &str, mut count: impl FnMut(&Record<'_>)) {
    let object = object(name).expect("an object of the table");
    let mut from = 0;
    while let Some(row) = view.next(object, from) {
        count(&view.record(object, row));
        from = row + 1;
    }
}

fn license_of(view: &View<'_>, user: &Record<'_>) -> Option<String> {
    let Value::Id(profile) = user.named("ProfileId") else { return None };
    let profiles = object("Profile")?;
    text(&view.record(profiles, view.locate(profiles, profile)?), "UserLicenseId")
}

fn text(record: &Record<'_>, field: &str) -> Option<String> {
    plain_text(record.named(field))
}

fn plain_text(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.into_owned()),
        Value::Null => None,
        other => {
            let mut json = Vec::new();
            other.write_json(&mut json);
            Some(String::from_utf8_lossy(&json).trim_matches('"').to_owned())
        }
    }
}
