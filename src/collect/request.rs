//! What is asked of one org's run.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalogue::{Holder, OBJECTS, Object};

/// What the configured company names are held against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum CompanyField {
    /// The employer in each user's record: several legal entities share the org.
    #[default]
    UserCompanyName,
    /// The name of the org itself: the org belongs to one of them.
    OrganizationName,
}

/// The wishes of the configuration and the command line for one org.
#[derive(Clone, Debug, Serialize)]
pub struct Request {
    /// The org's short name.
    pub org: String,
    /// The companies; none means the whole org.
    pub company_names: Vec<String>,
    /// Other spellings of a company, under its configured name.
    pub company_aliases: BTreeMap<String, Vec<String>>,
    /// What the names are held against.
    pub company_field: CompanyField,
    /// Fields of User to collect beside the catalogue's.
    pub extra_fields: Vec<String>,
    /// Objects to collect; none means the whole catalogue.
    pub include: Vec<String>,
    /// Objects to leave out.
    pub exclude: Vec<String>,
    /// How far back logins are read; 0 leaves them out.
    pub login_history_days: u32,
    /// The API version, for example `67.0`.
    pub api_version: String,
    /// Requests in flight at most.
    #[serde(skip)]
    pub concurrency: usize,
    /// Read everything again: nothing is resumed, read on or taken from the describe cache.
    #[serde(skip)]
    pub full: bool,
}

impl Request {
    /// Whether only users of the configured companies are kept.
    pub fn is_scoped(&self) -> bool {
        self.company_field == CompanyField::UserCompanyName && !self.company_names.is_empty()
    }

    /// The text by which two runs are told to have asked for the same.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Why `object` is left out, if it is.
    pub fn left_out(&self, object: &Object) -> Option<String> {
        let named = |names: &[String]| names.iter().any(|name| name.eq_ignore_ascii_case(object.name));
        // Nothing can be told apart without the org, and nobody is in scope without users.
        if object.name == "Organization" || (object.holder == Holder::Oneself && self.is_scoped()) {
            return None;
        }
        if object.shape == crate::catalogue::Shape::LoginDays && self.login_history_days == 0 {
            return Some("`login_history_days` is 0".to_owned());
        }
        if named(&self.exclude) {
            return Some("the configuration excludes it".to_owned());
        }
        (!self.include.is_empty() && !named(&self.include))
            .then(|| "the configuration does not include it".to_owned())
    }

    /// The objects that are asked for, in the catalogue's order.
    pub fn objects(&self) -> impl Iterator<Item = &'static Object> {
        OBJECTS.iter().filter(|object| self.left_out(object).is_none())
    }
}
