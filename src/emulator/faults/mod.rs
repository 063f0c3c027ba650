//! Faults asked for: which requests they hit, and how often.
//!
//! What a fault does is a row of the table in `kinds`.

mod kinds;

use std::str::FromStr;

use thiserror::Error;

use kinds::KINDS;
pub(crate) use kinds::{Kind, Situation, When};

use super::wire::Answer;

/// What can be hit. `query` and `describe` may be followed by an object: `query/User`.
const ROUTES: &[&str] = &["any", "token", "versions", "limits", "describe", "query", "next", "sobjects"];

/// A fault: `ROUTE:KIND[=ARGUMENT][@NTH][*COUNT]`.
///
/// It hits the `NTH` request (default: the first) to the route and the following ones, `COUNT` in all (default: one;
/// `*all`: every one).
///
/// `query:429=3*2` answers the first two queries with 429 and `Retry-After: 3`; `query/User:cut@2` breaks off the
/// second page of users.
#[derive(Clone, Debug)]
pub struct Fault {
    route: String,
    object: Option<String>,
    kind: &'static Kind,
    argument: String,
    first: u64,
    count: u64,
}

/// Why a text is no fault.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FaultError {
    /// No colon.
    #[error("a fault is written ROUTE:KIND[=ARGUMENT][@NTH][*COUNT], unlike `{0}`")]
    Shape(String),
    /// No such route.
    #[error("there is no route `{0}`; routes are {routes}", routes = ROUTES.join(", "))]
    Route(String),
    /// No such kind.
    #[error("there is no fault `{0}`; faults are {kinds}", kinds = kinds::names().join(", "))]
    Kind(String),
    /// The argument is missing, superfluous or does not fit.
    #[error("the fault `{kind}` takes {expected}, not `{found}`")]
    Argument {
        /// The kind.
        kind: &'static str,
        /// What it takes.
        expected: &'static str,
        /// What was given.
        found: String,
    },
}

impl Fault {
    /// The kinds of faults, each with what its argument means.
    pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
        KINDS.iter().map(|kind| (kind.name, kind.argument.description()))
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (target, rest) = text.split_once(':').ok_or_else(|| FaultError::Shape(text.to_owned()))?;
        let (route, object) = match target.split_once('/') {
            Some((route, object)) => (route, Some(object.to_owned())),
            None => (target, None),
        };
        let takes_object = matches!(route, "describe" | "query" | "next");
        if !ROUTES.contains(&route) || (object.is_some() && !takes_object) {
            return Err(FaultError::Route(target.to_owned()));
        }
        let (rest, count) =
            split_number(rest, '*', |count| if count == "all" { Some(u64::MAX) } else { None });
        let (rest, first) = split_number(rest, '@', |_| None);
        let (name, argument) = match rest.split_once('=') {
            Some((name, argument)) => (name, Some(argument)),
            None => (rest, None),
        };
        let kind = KINDS.iter().find(|kind| kind.name == name);
        let kind = kind.ok_or_else(|| FaultError::Kind(name.to_owned()))?;
        let argument = kind.argument.read(argument).ok_or_else(|| FaultError::Argument {
            kind: kind.name,
            expected: kind.argument.description(),
            found: argument.unwrap_or("nothing").to_owned(),
        })?;
        let (first, count) = (first.unwrap_or(1).max(1), count.unwrap_or(1));
        Ok(Self { route: route.to_owned(), object, kind, argument, first, count })
    }
}

/// Splits a number off the end, after the last `separator`.
fn split_number(text: &str, separator: char, word: impl Fn(&str) -> Option<u64>) -> (&str, Option<u64>) {
    let split = text.rsplit_once(separator).and_then(|(rest, number)| {
        let number = number.parse().ok().or_else(|| word(number))?;
        Some((rest, Some(number)))
    });
    split.unwrap_or((text, None))
}

/// The request that a fault may hit.
#[derive(Clone, Copy)]
pub(crate) struct Target<'request> {
    pub(crate) route: &'static str,
    pub(crate) object: Option<&'request str>,
}

/// Faults with the number of requests each has seen.
#[derive(Default)]
pub(crate) struct Faults(Vec<(Fault, u64)>);

impl Faults {
    /// Faults that have seen nothing yet.
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(faults.into_iter().map(|fault| (fault, 0)).collect())
    }

    /// True when a fault looks at objects, so that the caller must find out the request's.
    pub(crate) fn ask_for_objects(&self) -> bool {
        self.0.iter().any(|(fault, _)| fault.object.is_some())
    }

    /// Counts a request and gives the faults that hit it.
    pub(crate) fn hit(&mut self, target: Target<'_>) -> Vec<Fault> {
        let mut hits = Vec::new();
        for (fault, seen) in &mut self.0 {
            if fault.aims_at(target) {
                *seen += 1;
                if *seen >= fault.first && *seen - fault.first < fault.count {
                    hits.push(fault.clone());
                }
            }
        }
        hits
    }
}

impl Fault {
    fn aims_at(&self, target: Target<'_>) -> bool {
        let route = self.route == "any"
            || self.route == target.route
            || (self.route == "query" && target.route == "next");
        let object = self
            .object
            .as_deref()
            .is_none_or(|wanted| target.object.is_some_and(|object| object.eq_ignore_ascii_case(wanted)));
        route && object
    }

    /// True when the request must not be answered otherwise.
    pub(crate) fn is_instead(&self) -> bool {
        self.kind.when == When::Instead
    }

    /// Spoils an answer.
    pub(crate) fn apply(&self, situation: &Situation<'_>, answer: &mut Answer) {
        (self.kind.apply)(&self.argument, situation, answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifications_are_read() {
        let url = "https://evil.example:8443/x@y*z";
        for (text, route, object, kind, argument, first, count) in [
            ("query:401@2", "query", None, "401", "", 2, 1),
            ("query:429=3*2", "query", None, "429", "3", 1, 2),
            ("query:429", "query", None, "429", "1", 1, 1),
            ("query/User:cut@2*3", "query", Some("User"), "cut", "", 2, 3),
            ("any:503-html*all", "any", None, "503-html", "", 1, u64::MAX),
            (&format!("query:next-records-url={url}@4"), "query", None, "next-records-url", url, 4, 1),
        ] {
            let fault: Fault = text.parse().unwrap();
            assert_eq!((fault.route.as_str(), fault.object.as_deref()), (route, object), "{text}");
            assert_eq!((fault.kind.name, fault.argument.as_str()), (kind, argument), "{text}");
            assert_eq!((fault.first, fault.count), (first, count), "{text}");
        }
    }

    #[test]
    fn wrong_specifications_name_what_would_be_right() {
        for (text, parts) in [
            ("401", &["ROUTE:KIND"][..]),
            ("qury:401", &["`qury`", "query", "token"]),
            ("token/User:401", &["`token/User`"]),
            ("query:teapot", &["`teapot`", "503-html", "gzip-bomb"]),
            ("query:401=x=y@", &["401", "nothing to say", "x=y@"]),
            ("query:slow", &["slow", "milliseconds", "nothing"]),
            ("query:429=soon", &["429", "seconds", "soon"]),
        ] {
            let message = text.parse::<Fault>().unwrap_err().to_string();
            for part in parts {
                assert!(message.contains(part), "{text}: {message}");
            }
        }
    }

    #[test]
    fn faults_hit_the_requests_they_count() {
        let query = |object| Target { route: "query", object: Some(object) };
        let next = Target { route: "next", object: Some("User") };
        let mut faults =
            Faults::new(vec!["query/user:401@2*2".parse().unwrap(), "next:500".parse().unwrap()]);
        let mut hits = |target| faults.hit(target).iter().map(|fault| fault.kind.name).collect::<Vec<_>>();
        assert_eq!(hits(query("User")), [""; 0]);
        assert_eq!(hits(query("Profile")), [""; 0]);
        assert_eq!(hits(next), ["401", "500"]);
        assert_eq!(hits(query("User")), ["401"]);
        assert_eq!(hits(next), [""; 0]);
    }
}
