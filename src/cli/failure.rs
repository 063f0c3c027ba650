//! The one translator from what went wrong in a room to what a person reads and the code the process ends with.

use std::error::Error;
use std::io;

use super::exit::Exit;
use super::file_hint::file_hint;
use crate::audit;
use crate::auth;
use crate::base::PrivateFileError;
use crate::collect;
use crate::config;
use crate::emulator;
use crate::export::{FileError, PrivacyKeyError};
use crate::guard;
use crate::http;
use crate::policy::Family;
use crate::report::{self, QuestionError, ThresholdError};
use crate::salesforce::{self, ErrorKind};
use crate::store;

/// Why a command ended early.
#[derive(Debug)]
pub(super) struct Failure {
    /// The code to end with.
    pub exit: Exit,
    /// What was being done and what was found.
    pub message: String,
    /// Why, outermost first.
    pub causes: Vec<String>,
    /// What to do next.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure without a cause.
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), causes: Vec::new(), hints: Vec::new() }
    }

    /// What happened and why, on one line.
    pub(super) fn text(&self) -> String {
        std::iter::once(&self.message).chain(&self.causes).cloned().collect::<Vec<_>>().join(": ")
    }

    /// A mistake on the command line.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// `error` and its sources.
    pub(super) fn of(exit: Exit, error: &(dyn Error + 'static)) -> Self {
        let chain = std::iter::successors(error.source(), |&error| error.source());
        // An error that passes its source's words on (`transparent`) would repeat them.
        let mut causes: Vec<_> = chain.map(ToString::to_string).collect();
        let message = error.to_string();
        causes.dedup();
        causes.retain(|cause| *cause != message);
        Self { exit, message, causes, hints: Vec::new() }
    }

    /// The same with something to do about it.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same, as what kept `org` from being read.
    #[must_use]
    pub(super) fn of_org(mut self, org: &str) -> Self {
        self.causes.insert(0, std::mem::replace(&mut self.message, format!("org `{org}` could not be read")));
        self
    }

    /// What could not be written to standard output. A reader that went away, as `head` does, is content.
    pub(super) fn output(error: &io::Error) -> Self {
        let exit = if error.kind() == io::ErrorKind::BrokenPipe { Exit::Complete } else { Exit::Failed };
        Self {
            exit,
            message: "cannot write the output".to_owned(),
            causes: vec![error.to_string()],
            hints: Vec::new(),
        }
    }

    /// A file that could not be read or written; `doing` says which.
    pub(super) fn file(doing: &str, path: &std::path::Path, error: &io::Error) -> Self {
        let mut failure = Self::new(Exit::Failed, format!("cannot {doing} {}", path.display()));
        failure.causes.push(error.to_string());
        failure
    }
}

impl From<ThresholdError> for Failure {
    fn from(error: ThresholdError) -> Self {
        Self::of(Exit::Usage, &error)
    }
}

impl From<QuestionError> for Failure {
    fn from(error: QuestionError) -> Self {
        match error {
            QuestionError::Report(error) => error.into(),
            QuestionError::NotOneRow { found: 0, .. } => Self::of(Exit::Usage, &error)
                .hint("values are written as in `--format csv`; `seatledger report` lists them"),
            QuestionError::NotOneRow { .. } => Self::of(Exit::Usage, &error).hint("add another --at"),
            _ => Self::of(Exit::Usage, &error),
        }
    }
}

impl From<report::Error> for Failure {
    fn from(error: report::Error) -> Self {
        match error {
            report::Error::Store(error) => error.into(),
            report::Error::Write(error) => Self::output(&error),
            report::Error::SinceLater(_) => {
                Self::of(Exit::Usage, &error).hint("name an earlier time with --since")
            }
            report::Error::MonthNotBegun { .. } => {
                Self::of(Exit::Usage, &error).hint("name an earlier month with --month")
            }
            report::Error::UnknownOwner { .. } => Self::of(Exit::Usage, &error).hint(
                "name one that `seatledger report chargeback` lists for the month, or leave --pool out",
            ),
            report::Error::TooLarge { .. }
            | report::Error::Unbalanced { .. }
            | report::Error::Misjudged { .. }
            | report::Error::UnequalChange { .. } => Self::of(Exit::Failed, &error),
        }
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        let error = match error {
            FileError::Rows { source, .. } if source.is_about_the_question() => return source.into(),
            error => error,
        };
        let (kind, hint) = match &error {
            FileError::Folder { source, .. } | FileError::File { source, .. } => {
                (source.kind(), file_hint(source))
            }
            FileError::Rows { .. } => return Self::of(Exit::Failed, &error),
            FileError::Taken { .. } => {
                return Self::of(Exit::Locked, &error).hint("wait for it, or export into another folder");
            }
            FileError::Unreadable { .. } => {
                return Self::of(Exit::Failed, &error).hint(BEGIN_AGAIN);
            }
            FileError::NoFeed { .. } => {
                return Self::of(Exit::Failed, &error).hint("name the folder that `seatledger export` wrote");
            }
            FileError::Occupied { .. } => {
                return Self::of(Exit::Usage, &error)
                    .hint("nothing was written; choose an empty folder, or move it away");
            }
            FileError::Foreign { .. } => {
                return Self::of(Exit::Usage, &error).hint("export into another folder");
            }
            FileError::Rules { problems, .. } => {
                return Self { causes: most_of(problems), ..Self::of(Exit::Failed, &error) }
                    .hint("nothing was published; the contract file is where most of it can be mended");
            }
        };
        let failure = Self::of(Exit::Failed, &error);
        match kind {
            io::ErrorKind::BrokenPipe => Self { exit: Exit::Complete, ..failure },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                failure.hint("name a folder that this account may write to")
            }
            io::ErrorKind::IsADirectory => failure.hint("name a file in it"),
            io::ErrorKind::StorageFull => {
                failure.hint("make room on the disk; what was there before is untouched")
            }
            _ => match hint {
                Some(hint) => failure.hint(hint),
                None => failure,
            },
        }
    }
}

/// The way back from a feed that cannot be gone on with.
pub(in crate::cli) const BEGIN_AGAIN: &str = "put the file back from a copy; without one, move the folder away and \
     export again: that begins a new feed, in which the corrections of closed months are lost";

/// The way back from a database that is damaged.
pub(in crate::cli) const RESTORE: &str = "remove the database with its `-wal` and `-shm`, and put the newest copy made with \
     `seatledger db backup` in its place; an old `-wal` would change the copy";

/// As many problems as a person reads, and how many more there are.
fn most_of(problems: &[String]) -> Vec<String> {
    const MOST: usize = 20;
    let rest = problems.len().saturating_sub(MOST);
    let more = (rest > 0).then(|| format!("and {rest} more"));
    problems.iter().take(MOST).cloned().chain(more).collect()
}

impl From<PrivacyKeyError> for Failure {
    fn from(error: PrivacyKeyError) -> Self {
        Self::of(Exit::Usage, &error)
            .hint("name a key in `[privacy] key_file`, or show people as they are with `--identify`")
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        use store::Error;
        let exit = match &error {
            Error::LockHeld(_) => Exit::Locked,
            Error::Missing(_)
            | Error::NoStateAt(_)
            | Error::Purged(_)
            | Error::HorizonAhead(_)
            | Error::OtherOrganization { .. } => Exit::Usage,
            Error::File { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => Exit::Usage,
            _ => Exit::Failed,
        };
        let mut failure = Self::of(exit, &error);
        // SQLite's own cause of a statement's failure is its number and the same words again.
        let told = failure.causes.len();
        failure.causes.retain(|cause| told == 1 || !cause.starts_with("Error code "));
        failure.hints.extend(error.hint().map(str::to_owned));
        match error {
            Error::Missing(_) => failure.hint("`seatledger collect` creates it; check `path` under [store]"),
            Error::NoStateAt(_) => failure.hint("`seatledger runs` lists what was collected when"),
            Error::Purged(_) => failure.hint("ask for that time or a later one"),
            Error::HorizonAhead(_) => failure.hint("name an earlier time; `seatledger runs` lists what was collected when"),
            Error::LockHeld(_) => failure.hint("wait for the other run to end; the lock ends with its process"),
            Error::LockUnsupported { .. } => {
                failure.hint("move the database to a local disk with `path` under [store]")
            }
            Error::Damaged { .. } => failure.hint(RESTORE),
            Error::ForeignLog(_) => failure.hint(
                "move the files that end in `-wal` and `-shm` away; a copy that was put in the database's place needs \
                 none, and `seatledger db check` says whether it is sound",
            ),
            Error::LockNoFile(_) => failure.hint("move it away; the next run makes the lock anew"),
            Error::Link { .. } => failure.hint("let the link lead to a file, or remove it and run again"),
            Error::Foreign(_) => failure.hint("name another file with `path` under [store]"),
            Error::Newer { .. } => failure.hint("install the newest version of seatledger"),
            Error::OtherOrganization { .. } => failure.hint(
                "give the other org an `id` of its own; rows of two organizations are never mixed under one name",
            ),
            Error::File { source, .. } => match source.kind() {
                io::ErrorKind::AlreadyExists => failure.hint("name another file, or move the old one away first"),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    failure.hint("let the account that runs this write to the file and to its folder")
                }
                _ => match file_hint(&source) {
                    Some(hint) => failure.hint(hint),
                    None => failure,
                },
            },
            Error::Open { .. }
            | Error::Older { .. }
            | Error::UnusableRow { .. }
            | Error::Statement { .. } => failure,
        }
    }
}

impl From<collect::Error> for Failure {
    fn from(error: collect::Error) -> Self {
        use collect::Error;
        match error {
            Error::Auth(error) => error.into(),
            Error::Salesforce(error) if error.is_stop() => Self::from(error)
                .hint("what was read so far is kept; `seatledger collect` goes on from there for six hours"),
            Error::Salesforce(error) => error.into(),
            Error::Store(error) => error.into(),
            Error::OtherCompany { .. } => Self::of(Exit::Usage, &error)
                .hint("correct `company_names`, or `url` and `client_id` if this is the wrong org; nothing was written"),
            Error::NotRecorded => Self::of(Exit::Unaudited, &error),
            Error::TooManyGroups(_) => Self::of(Exit::Failed, &error)
                .hint("collect the whole org by leaving `company_names` empty"),
        }
    }
}

impl From<salesforce::Error> for Failure {
    fn from(error: salesforce::Error) -> Self {
        let exit = match error.kind() {
            ErrorKind::Authentication => Exit::Authentication,
            ErrorKind::Limits => Exit::Limited,
            ErrorKind::Stopped(signal) => Exit::of_signal(signal),
            ErrorKind::Failed => match error {
                salesforce::Error::Url { .. } | salesforce::Error::WrongOrganization { .. } => Exit::Usage,
                _ => Exit::Failed,
            },
        };
        let mut failure = Self::of(exit, &error);
        failure.causes.extend(error.cause().map(str::to_owned));
        failure.hints.extend(error.hint().map(str::to_owned));
        failure
    }
}

impl From<http::Error> for Failure {
    fn from(error: http::Error) -> Self {
        let mut failure = Self::of(Exit::Usage, &error);
        failure.hints.extend(error.hint().map(str::to_owned));
        failure
    }
}

impl From<emulator::Error> for Failure {
    fn from(error: emulator::Error) -> Self {
        use emulator::Error;
        match &error {
            Error::Listen { .. } => Self::of(Exit::Failed, &error).hint("name another port with --listen"),
            Error::Users(_) | Error::NotLoopback(_) | Error::Certificate { .. } => {
                Self::of(Exit::Usage, &error)
            }
        }
    }
}

impl From<guard::Error> for Failure {
    fn from(error: guard::Error) -> Self {
        use guard::Error;
        let exit = match &error {
            Error::AuditUnavailable(_) | Error::Backlog(_) | Error::OutcomeLost(_) => Exit::Unaudited,
            Error::Sink { .. } | Error::PolicyUnreadable(_) | Error::PolicyUnusable(_) => Exit::Usage,
            Error::Denied(denial) if denial.reason.code == "policy_unusable" => Exit::Usage,
            Error::Denied(denial) => match denial.reason.family {
                Family::Request | Family::Identity | Family::Policy => Exit::Denied,
                Family::Limit => Exit::Limited,
                Family::Audit => Exit::Unaudited,
            },
        };
        let failure = Self::of(exit, &error);
        match error {
            Error::AuditUnavailable(_) => failure.hint("check `path` under [audit], its folder and the disk"),
            Error::Backlog(_) => failure.hint("mend the receiver, then run `seatledger audit push`"),
            Error::OutcomeLost(_) => failure.hint("make room for the journal, then look at what took effect"),
            Error::PolicyUnusable(_) => failure.hint("`seatledger policy check` lists every mistake"),
            Error::Sink { .. } | Error::PolicyUnreadable(_) | Error::Denied(_) => failure,
        }
    }
}

impl From<audit::Error> for Failure {
    fn from(error: audit::Error) -> Self {
        let exit = match &error {
            audit::Error::Missing(_) | audit::Error::NotUsable { .. } | audit::Error::Foreign(_) => {
                Exit::Usage
            }
            _ => Exit::Failed,
        };
        Self::of(exit, &error)
    }
}

impl From<auth::Error> for Failure {
    fn from(error: auth::Error) -> Self {
        use auth::Error;
        match error {
            Error::PrivateFile(error) => error.into(),
            Error::KeyGeneration(_) | Error::CertificateGeneration(_) | Error::Signing(_) => {
                Self::of(Exit::Failed, &error)
            }
            _ => Self::of(Exit::Usage, &error),
        }
    }
}

impl From<PrivateFileError> for Failure {
    fn from(error: PrivateFileError) -> Self {
        let exit = match error {
            PrivateFileError::Unwritable { .. } => Exit::Failed,
            _ => Exit::Usage,
        };
        Self::of(exit, &error)
    }
}

impl From<config::Errors> for Failure {
    fn from(errors: config::Errors) -> Self {
        let problems = errors.problems();
        let mut failure = match problems {
            [problem] => Self::usage(problem.to_string()),
            _ => Self::usage(format!("the configuration has {} mistakes", problems.len())),
        };
        if problems.len() > 1 {
            failure.causes = problems.iter().map(ToString::to_string).collect();
        }
        failure
    }
}
