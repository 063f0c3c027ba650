//! Every reason for a refusal, as data: stable words that audit records, exit codes and other programs rely on.

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The stable word, in snake case.
    pub code: &'static str,
    /// Whose finding it is.
    pub family: Family,
    /// What comes with it.
    pub detail: DetailRule,
    /// What was found, completing "refused: ...".
    pub about: &'static str,
}

/// What a refusal is a matter of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// The request itself is not acceptable, whoever makes it.
    Request,
    /// Who is asking could not be established.
    Identity,
    /// The policy does not allow it.
    Policy,
    /// A rate, a budget or the org's own allowance is used up.
    Limit,
    /// No record of it could be written.
    Audit,
}

/// What a refusal says beside its code, and to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetailRule {
    /// Nothing.
    None,
    /// A part of the code, behind a colon, for everybody: `pii_blocked:US_SSN`.
    Qualifies,
    /// A part of the code in the audit record only: which rule forbade something is not the caller's business.
    QualifiesRecord,
    /// A text beside the code, for everybody.
    Beside,
}

/// Every reason, in the order in which they are looked into.
pub const REASONS: &[Reason] = &[
    audit("audit_unavailable", "no audit record can be written"),
    request("bad_request", DetailRule::Beside, "the request is malformed or too large"),
    policy("policy_unusable", DetailRule::None, "the policy file cannot be loaded, so nothing is allowed"),
    identity("token_missing", "there is no token, or it is empty"),
    identity("token_unreadable", "the token cannot be read from where it should be"),
    identity("token_malformed", "the token is not a well-formed signed JWT"),
    identity("token_header", "the token's header carries a parameter that is never accepted"),
    identity("token_alg", "the token is signed with an algorithm that is not allowed"),
    identity("token_typ", "the token is of a kind that is not accepted here"),
    identity("token_issuer", "the token's issuer is not configured"),
    identity("token_key", "no usable key of the issuer fits the token"),
    identity("token_signature", "the token's signature is wrong"),
    identity("token_aud", "the token is meant for another audience"),
    identity("token_sub", "the token names no acceptable subject"),
    identity("token_expired", "the token is expired"),
    identity("token_not_yet_valid", "the token is not valid yet"),
    identity("token_lifetime", "the token is valid for longer than allowed"),
    identity("token_azp", "the token was issued to a party that is not listed"),
    identity("issuer_mismatch", "the discovery document speaks for another issuer"),
    identity("jwks_refused", "the issuer's keys are not where they may be, or not a usable set"),
    identity("jwks_unavailable", "the issuer's keys cannot be fetched and no recent copy is left"),
    identity("groups_overage", "the issuer left the groups out of the token because there are too many"),
    identity("tenant_mismatch", "the token belongs to another tenant"),
    identity("account_unknown", "the operating-system account cannot be established"),
    identity("principal_unknown", "the policy knows no such account or issuer"),
    identity("delegation_too_deep", "the request was handed on too often"),
    policy("operation_unknown", DetailRule::None, "the policy lists no such operation"),
    policy("channel_denied", DetailRule::None, "the operation may not come from this channel"),
    policy("forbidden", DetailRule::QualifiesRecord, "a rule forbids it"),
    policy("permission_denied", DetailRule::None, "the most specific permission denies it"),
    policy("permission_conflict", DetailRule::None, "equally specific permissions contradict each other"),
    policy("scope_missing", DetailRule::Beside, "the caller lacks a scope that the operation needs"),
    policy("operation_unavailable", DetailRule::None, "this version cannot do it"),
    policy("unparsable", DetailRule::None, "the query is not understood"),
    policy("object_denied", DetailRule::Beside, "the object is not allowed"),
    policy("field_denied", DetailRule::Beside, "the field is not allowed"),
    policy("clause_denied", DetailRule::Beside, "the query has a clause that is not allowed"),
    policy("relationship_scope", DetailRule::Beside, "the query leads to records of other companies"),
    policy("company_none", DetailRule::None, "the caller has no company"),
    policy("company_denied", DetailRule::None, "the request reaches beyond the caller's companies"),
    policy("not_found", DetailRule::None, "there is no such record, or the caller may not see it"),
    policy("url_refused", DetailRule::None, "an address leads away from the org"),
    policy(
        "user_link",
        DetailRule::None,
        "the caller is not linked to exactly one permitted Salesforce user",
    ),
    policy("pii_blocked", DetailRule::Qualifies, "the request contains personal numbers"),
    limit("rate_limited", DetailRule::Beside, "there were too many requests in a short time"),
    limit("budget_exceeded", DetailRule::Qualifies, "the caller's daily budget is used up"),
    limit("org_limit", DetailRule::None, "the org's remaining API requests are to stay free"),
    limit("limits_unavailable", DetailRule::None, "the limits cannot be read, so nothing is allowed"),
];

/// The reason of this code.
pub fn reason(code: &str) -> Option<&'static Reason> {
    REASONS.iter().find(|reason| reason.code == code)
}

const fn request(code: &'static str, detail: DetailRule, about: &'static str) -> Reason {
    Reason { code, family: Family::Request, detail, about }
}

const fn identity(code: &'static str, about: &'static str) -> Reason {
    Reason { code, family: Family::Identity, detail: DetailRule::None, about }
}

const fn policy(code: &'static str, detail: DetailRule, about: &'static str) -> Reason {
    Reason { code, family: Family::Policy, detail, about }
}

const fn limit(code: &'static str, detail: DetailRule, about: &'static str) -> Reason {
    Reason { code, family: Family::Limit, detail, about }
}

const fn audit(code: &'static str, about: &'static str) -> Reason {
    Reason { code, family: Family::Audit, detail: DetailRule::None, about }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_snake_case_with_an_explanation() {
        let codes: BTreeSet<_> = REASONS.iter().map(|reason| reason.code).collect();
        assert_eq!(codes.len(), REASONS.len());
        for reason in REASONS {
            assert!(
                reason.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
                "{}",
                reason.code
            );
            assert!(!reason.about.is_empty() && !reason.about.ends_with('.'), "{}", reason.code);
        }
    }
}
