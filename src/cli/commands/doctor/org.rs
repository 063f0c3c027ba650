//! What only the org itself can answer: token, API version, allowance, and what its user may see.

use super::finding::Finding;
use crate::catalogue::{FieldType, Need, OBJECTS, Object};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::collect::{self, Request};
use crate::config::{OrgSettings, Settings};
use crate::salesforce::{Action, Column, Error, Rows, Session, Value, soql};

/// The smallest page that Salesforce makes (REST API Developer Guide, Query Options Header).
const SMALLEST_PAGE: u16 = 200;

pub(super) fn signed_in(org: &OrgSettings, session: &Session) -> Finding {
    Finding::good(
        "token",
        format!(
            "signed in as {} (user {}, org {})",
            org.username,
            session.user_id(),
            session.organization_id()
        ),
    )
}

/// The org is one that another `[[org]]` table names too.
pub(super) fn same_org(org: &OrgSettings, other: &str) -> Finding {
    Finding::warning(
        "organization",
        format!("{} and {other} are the same Salesforce org, whose licenses would be counted twice", org.id),
        "keep one [[org]] table for it, with the company_names of both",
    )
}

/// Why there is no token, with what the messages of Salesforce do not say.
pub(super) fn refused(error: collect::Error) -> Finding {
    let mut failure = Failure::from(error);
    if failure.exit == Exit::Authentication {
        failure.hints.push(
            "the user must not have the permission Multi-Factor Authentication for API Logins: nobody is there \
             to answer"
                .to_owned(),
        );
    }
    Finding::failed("token", &failure)
}

pub(super) fn api_version(org: &OrgSettings, session: &Session) -> Finding {
    let check = "API version";
    match session.versions() {
        Err(error) => Finding::failed(check, &Failure::from(error)),
        Ok(offered) if offered.contains(&org.api_version) => {
            Finding::good(check, format!("the org offers {}", org.api_version))
        }
        Ok(offered) => {
            let newest = offered.last().map_or("none", String::as_str);
            Finding::problem(
                Exit::Usage,
                check,
                format!("the org does not offer {}; its newest is {newest}", org.api_version),
                format!("set `api_version = \"{newest}\"`"),
            )
        }
    }
}

pub(super) fn allowance(settings: &Settings, session: &Session) -> Finding {
    let check = "API allowance";
    let keep = settings.collect.keep_free_api_percent;
    match session.limits() {
        Err(error) => Finding::failed(check, &Failure::from(error)),
        Ok(daily) => {
            let found = format!("{} of {} requests are left in these 24 hours", daily.remaining, daily.max);
            let reserve = u128::from(daily.max) * u128::from(keep);
            if u128::from(daily.remaining) * 100 > reserve {
                Finding::good(check, found)
            } else {
                Finding::problem(
                    Exit::Limited,
                    check,
                    format!("{found}, and {keep} % are to stay free"),
                    "run when fewer requests were made, or lower `keep_free_api_percent`",
                )
            }
        }
    }
}

/// Asks for one row of every object that will be collected.
pub(super) fn objects(request: &Request, session: &Session) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in OBJECTS {
        if let Some(reason) = request.left_out(object) {
            findings.push(Finding::good(object.name, format!("not collected: {reason}")));
            continue;
        }
        findings.push(probe(object, session));
        if object.name == "LoginHistory" {
            findings.extend(others_logins(session));
        }
    }
    findings
}

fn probe(object: &Object, session: &Session) -> Finding {
    let refused = match one_id(session, &format!("SELECT Id FROM {} LIMIT 1", object.name)) {
        Ok(_) => return Finding::good(object.name, "can be read"),
        Err(error) => error,
    };
    let hidden = matches!(refused.action(), Some(Action::SkipObject | Action::ObjectUnavailable));
    if !hidden {
        return Finding::failed(object.name, &Failure::from(refused));
    }
    let lost = format!("cannot be read; lost without it: {}", object.lost_without);
    match object.need {
        Need::Required => {
            Finding::problem(Exit::Incomplete, object.name, lost, format!("grant {}", object.permission))
        }
        Need::Optional(usual) => Finding::warning(
            object.name,
            lost,
            format!("nothing, if this holds: {usual}; else grant {}", object.permission),
        ),
    }
}

/// Without the right to others' logins the object can be read and shows the user's own alone.
fn others_logins(session: &Session) -> Option<Finding> {
    let own = soql::literal(session.user_id().as_str());
    let rows = one_id(session, &format!("SELECT Id FROM LoginHistory WHERE UserId != {own} LIMIT 1")).ok()?;
    rows.is_empty().then(|| {
        Finding::warning(
            "LoginHistory of others",
            "none is visible; lost without it: when anybody but this user last logged in",
            "grant Monitor Login History (or Manage Users), unless nobody else has logged in for six months",
        )
    })
}

/// Org-wide sharing of users may be private, and then the list of users is silently short.
pub(super) fn users(session: &Session) -> Option<Finding> {
    let check = "User visibility";
    let visible = session.count("SELECT COUNT() FROM User WHERE IsActive = true").ok()?;
    let column = Column { path: "UsedLicenses".to_owned(), field_type: FieldType::Integer };
    let licenses = session.query("SELECT UsedLicenses FROM UserLicense", &[column], SMALLEST_PAGE).ok()?;
    let used = (0..licenses.rows.len()).map(|row| match licenses.rows.row(row).value(0) {
        Value::Integer(used) => u64::try_from(used).unwrap_or_default(),
        _ => 0,
    });
    let used: u64 = used.sum();
    // Salesforce's count may be of yesterday, so a small difference says nothing.
    Some(if visible + visible / 20 + 5 < used {
        Finding::warning(
            check,
            format!("{visible} active users are visible, and their licenses are used {used} times"),
            "if the sharing of users is private, grant View All Users",
        )
    } else {
        Finding::good(check, format!("{visible} active users are visible, as many as use a license"))
    })
}

/// A user who must answer a second factor cannot be impersonated for long.
pub(super) fn second_factor(session: &Session) -> Option<Finding> {
    let user = soql::literal(session.user_id().as_str());
    let rows = one_id(
        session,
        &format!(
            "SELECT Id FROM PermissionSetAssignment WHERE AssigneeId = {user} \
             AND PermissionSet.PermissionsTwoFactorApi = true LIMIT 1"
        ),
    )
    .ok()?;
    (!rows.is_empty()).then(|| {
        Finding::problem(
            Exit::Authentication,
            "second factor",
            "the user has the permission Multi-Factor Authentication for API Logins",
            "take it away: nobody is there to answer",
        )
    })
}

fn one_id(session: &Session, soql: &str) -> Result<Rows, Error> {
    let column = Column { path: "Id".to_owned(), field_type: FieldType::Id };
    session.query(soql, &[column], SMALLEST_PAGE).map(|page| page.rows)
}
