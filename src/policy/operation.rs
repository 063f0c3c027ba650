//! Every operation that can be allowed or denied, as data.

/// Something that a caller can ask for. Only this room makes one, so that nothing runs under a name that no policy
/// can speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    name: &'static str,
    about: &'static str,
    companies: CompanyRule,
    is_available: bool,
}

/// What an operation has to do with the data of single companies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompanyRule {
    /// Nothing: any caller may run it, whatever the companies.
    Unconcerned,
    /// It shows or touches the caller's companies and no other.
    Scoped,
    /// It takes in every company at once, so only a caller of all companies may run it.
    Whole,
}

impl Operation {
    /// `collect`: reads the orgs into the database.
    pub const COLLECT: Self = scoped("usage.collect", "read the orgs into the database");
    /// `doctor`, `config show`, `runs`, `contracts`.
    pub const INSPECT: Self = scoped("usage.inspect", "look at configuration, health and past runs");
    /// `report`, `explain`.
    pub const REPORT: Self = scoped("usage.report", "show a report, or how one of its numbers came about");
    /// `export`.
    pub const EXPORT: Self = scoped("usage.export", "write reports as files");
    /// Persons in clear, in a report or an export.
    pub const IDENTIFY: Self = scoped("usage.identify", "show persons by name instead of by pseudonym");
    /// `db purge`.
    pub const PURGE: Self = whole("usage.purge", "delete collected data");
    /// `db backup`.
    pub const BACKUP: Self = whole("usage.backup", "copy the database");
    /// `policy explain`.
    pub const EXPLAIN_POLICY: Self = unconcerned("policy.explain", "show how a decision comes about");
    /// `audit list`, `audit show`, `audit export`.
    pub const READ_AUDIT: Self = unconcerned("audit.read", "read the audit journal");
    /// `audit verify`.
    pub const VERIFY_AUDIT: Self = unconcerned("audit.verify", "check the audit journal");
    /// `audit push`.
    pub const PUSH_AUDIT: Self = unconcerned("audit.push", "deliver audit events to their receivers");
    /// A query in SOQL.
    pub const QUERY: Self = planned("salesforce.query", "run a query in SOQL");
    /// One record by its id.
    pub const GET_RECORD: Self = planned("salesforce.getRecord", "read one record by its id");
    /// A search in SOSL.
    pub const SEARCH: Self = planned("salesforce.search", "run a search in SOSL");
    /// A new record.
    pub const CREATE_RECORD: Self = planned("salesforce.createRecord", "create a record");
    /// A changed record.
    pub const UPDATE_RECORD: Self = planned("salesforce.updateRecord", "change a record");

    /// Its name in a policy file and in the audit journal.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What it does, completing "may ...".
    pub const fn about(&self) -> &'static str {
        self.about
    }

    /// What it has to do with the data of single companies.
    pub const fn companies(&self) -> CompanyRule {
        self.companies
    }

    /// Whether this version can run it. A policy may name one that it cannot, so that a policy can be written ahead.
    pub const fn is_available(&self) -> bool {
        self.is_available
    }
}

/// Every operation, in the order in which people see them.
pub const OPERATIONS: &[Operation] = &[
    Operation::COLLECT,
    Operation::INSPECT,
    Operation::REPORT,
    Operation::EXPORT,
    Operation::IDENTIFY,
    Operation::PURGE,
    Operation::BACKUP,
    Operation::EXPLAIN_POLICY,
    Operation::READ_AUDIT,
    Operation::VERIFY_AUDIT,
    Operation::PUSH_AUDIT,
    Operation::QUERY,
    Operation::GET_RECORD,
    Operation::SEARCH,
    Operation::CREATE_RECORD,
    Operation::UPDATE_RECORD,
];

/// The operation of exactly this name.
pub fn operation(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}

const fn available(name: &'static str, about: &'static str, companies: CompanyRule) -> Operation {
    Operation { name, about, companies, is_available: true }
}

const fn scoped(name: &'static str, about: &'static str) -> Operation {
    available(name, about, CompanyRule::Scoped)
}

const fn whole(name: &'static str, about: &'static str) -> Operation {
    available(name, about, CompanyRule::Whole)
}

const fn unconcerned(name: &'static str, about: &'static str) -> Operation {
    available(name, about, CompanyRule::Unconcerned)
}

const fn planned(name: &'static str, about: &'static str) -> Operation {
    Operation { name, about, companies: CompanyRule::Scoped, is_available: false }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_of_this_file_is_in_the_table_once() {
        let source = include_str!("operation.rs").split("/// Every operation, in the order").next().unwrap();
        let made = source.matches("pub const ").count() - source.matches("pub const fn").count();
        assert_eq!(made, OPERATIONS.len());
        let names: BTreeSet<_> = OPERATIONS.iter().map(Operation::name).collect();
        assert_eq!(names.len(), OPERATIONS.len());
    }

    #[test]
    fn names_have_a_family_and_a_verb() {
        for operation in OPERATIONS {
            let (family, verb) = operation.name.split_once('.').unwrap();
            assert!(["usage", "policy", "audit", "salesforce"].contains(&family), "{}", operation.name);
            assert!(verb.bytes().all(|byte| byte.is_ascii_alphabetic()), "{}", operation.name);
            assert!(!operation.about.is_empty() && !operation.about.ends_with('.'), "{}", operation.name);
            assert_eq!(operation.is_available, family != "salesforce", "{}", operation.name);
        }
    }

    #[test]
    fn names_are_matched_exactly() {
        assert_eq!(operation("usage.collect"), Some(&Operation::COLLECT));
        for wrong in ["usage.Collect", "usage.collect ", "collect", "", "salesforce.deleteRecord"] {
            assert_eq!(operation(wrong), None, "{wrong:?}");
        }
    }
}
