//! The options of a question that some reports take and others have no use for.

use super::{REPORTS, Reach, Report};

/// An option that changes what a report says. Every report can be narrowed to orgs and asked as of a time besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportOption {
    /// Only one company.
    Company,
    /// The days within which a login counts as activity.
    Window,
    /// The time as of which the contracts are known.
    KnownOn,
    /// A list price for what has no contract line in force.
    AssumeList,
    /// The earlier time that is compared with.
    Since,
    /// The month that is charged.
    Month,
    /// What costs are charged by.
    By,
    /// Who bears seats that nobody held.
    Pool,
    /// What bears alike of a term's costs.
    Spread,
    /// Seats to keep free at a renewal.
    Buffer,
}

impl ReportOption {
    /// Every option.
    pub const ALL: [Self; 10] = [
        Self::Company,
        Self::Window,
        Self::KnownOn,
        Self::AssumeList,
        Self::Since,
        Self::Month,
        Self::By,
        Self::Pool,
        Self::Spread,
        Self::Buffer,
    ];

    /// As it is written on the command line.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Company => "--company",
            Self::Window => "--window",
            Self::KnownOn => "--known-on",
            Self::AssumeList => "--assume-list",
            Self::Since => "--since",
            Self::Month => "--month",
            Self::By => "--by",
            Self::Pool => "--pool",
            Self::Spread => "--spread",
            Self::Buffer => "--buffer",
        }
    }

    /// The reports that take it, in their order.
    pub fn takers(self) -> impl Iterator<Item = &'static Report> {
        REPORTS.iter().filter(move |report| report.takes(self))
    }
}

impl Report {
    /// Whether the option changes what the report says.
    pub fn takes(&self, option: ReportOption) -> bool {
        match option {
            ReportOption::Company => self.reach == Reach::Companies,
            other => self.options.contains(&other),
        }
    }
}
