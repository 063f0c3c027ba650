//! The exit codes: what a scheduler or a script learns from a run.

use crate::base::StopSignal;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Everything was done.
    Complete = 0,
    /// It failed.
    Failed = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// Output was written, but something is missing from it.
    Incomplete = 3,
    /// A threshold of `--fail-on` was crossed.
    Threshold = 4,
    /// Salesforce refused the key, the app or the user.
    Authentication = 5,
    /// The policy or the caller's identity forbids it.
    Denied = 6,
    /// The audit record could not be written.
    Unaudited = 7,
    /// An API limit, a rate limit or a budget stopped it.
    Limited = 8,
    /// Another run holds the lock.
    Locked = 9,
    /// SIGINT.
    Interrupted = 130,
    /// SIGTERM.
    Terminated = 143,
}

/// Every exit code with its meaning, as the README prints it.
pub const EXIT_CODES: &[(Exit, &str)] = &[
    (Exit::Complete, "complete"),
    (Exit::Failed, "failed"),
    (Exit::Usage, "usage or configuration error"),
    (Exit::Incomplete, "written, but incomplete"),
    (Exit::Threshold, "a threshold asked for with `--fail-on` was crossed"),
    (Exit::Authentication, "authentication refused"),
    (Exit::Denied, "denied by policy or identity"),
    (Exit::Unaudited, "the audit record could not be written"),
    (Exit::Limited, "an API limit, rate limit or budget stopped it"),
    (Exit::Locked, "another run holds the lock"),
    (Exit::Interrupted, "interrupted (SIGINT)"),
    (Exit::Terminated, "terminated (SIGTERM)"),
];

impl Exit {
    /// The number the process ends with.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// A stable word for records.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Incomplete => "incomplete",
            Self::Threshold => "threshold",
            Self::Authentication => "authentication",
            Self::Denied => "denied",
            Self::Unaudited => "unaudited",
            Self::Limited => "limited",
            Self::Locked => "locked",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }

    /// The shell's convention: 128 and the signal's number.
    pub const fn of_signal(signal: StopSignal) -> Self {
        match signal {
            StopSignal::Interrupt => Self::Interrupted,
            StopSignal::Terminate => Self::Terminated,
        }
    }

    /// One answer for several orgs: complete when all are; incomplete when some were written; else their common code,
    /// or "failed" when they differ. A missing audit record outweighs all of it, then a signal.
    pub fn of_orgs(orgs: &[Self]) -> Self {
        let any = |wanted: Self| orgs.contains(&wanted);
        if let Some(outweighs) =
            [Self::Unaudited, Self::Terminated, Self::Interrupted].into_iter().find(|exit| any(*exit))
        {
            return outweighs;
        }
        let Some(first) = orgs.first().copied() else { return Self::Complete };
        if orgs.iter().all(|exit| *exit == first) {
            first
        } else if any(Self::Complete) || any(Self::Incomplete) {
            Self::Incomplete
        } else {
            Self::Failed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Exit::{Authentication, Complete, Failed, Incomplete, Interrupted, Limited, Unaudited};
    use super::*;

    #[test]
    fn several_orgs_give_one_code() {
        let cases: &[(&[Exit], Exit)] = &[
            (&[], Complete),
            (&[Complete, Complete], Complete),
            (&[Authentication], Authentication),
            (&[Complete, Authentication], Incomplete),
            (&[Incomplete, Limited], Incomplete),
            (&[Incomplete, Complete], Incomplete),
            (&[Authentication, Authentication], Authentication),
            (&[Authentication, Limited], Failed),
            (&[Failed, Failed], Failed),
            (&[Complete, Interrupted], Interrupted),
            (&[Complete, Interrupted, Unaudited], Unaudited),
        ];
        for (orgs, expected) in cases {
            assert_eq!(Exit::of_orgs(orgs), *expected, "{orgs:?}");
        }
    }

    #[test]
    fn the_table_has_every_code_once_in_order() {
        let codes: Vec<_> = EXIT_CODES.iter().map(|(exit, _)| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130, 143]);
    }
}
