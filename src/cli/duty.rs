//! Which command is which operation: the table that dispatch goes by, so that no command runs without a name that a
//! policy can speak of.

use crate::policy::Operation;

/// What has to happen around a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// It runs as it is: it shows and changes no data of an org. The text says why.
    Free(&'static str),
    /// It runs inside this operation.
    Guarded(Operation),
    /// It asks for this operation itself, because what it asks for depends on what it finds.
    Asks(Operation),
}

/// Every command by its words.
pub const COMMANDS: &[(&str, Duty)] = &[
    ("collect", Duty::Asks(Operation::COLLECT)),
    ("report", Duty::Guarded(Operation::REPORT)),
    ("explain", Duty::Guarded(Operation::REPORT)),
    ("export", Duty::Guarded(Operation::EXPORT)),
    ("feed verify", Duty::Free("reads files that whoever calls could read, as their receiver does")),
    ("doctor", Duty::Guarded(Operation::INSPECT)),
    ("runs", Duty::Guarded(Operation::INSPECT)),
    ("contracts check", Duty::Guarded(Operation::INSPECT)),
    ("contracts template", Duty::Asks(Operation::INSPECT)),
    ("config show", Duty::Guarded(Operation::INSPECT)),
    ("db backup", Duty::Guarded(Operation::BACKUP)),
    ("db purge", Duty::Guarded(Operation::PURGE)),
    ("db check", Duty::Guarded(Operation::INSPECT)),
    ("policy explain", Duty::Asks(Operation::EXPLAIN_POLICY)),
    ("policy init", Duty::Free("writes a new file from a template")),
    ("policy check", Duty::Free("reads a policy and nothing else, so that a broken one can be mended")),
    ("audit list", Duty::Asks(Operation::READ_AUDIT)),
    ("audit show", Duty::Asks(Operation::READ_AUDIT)),
    ("audit export", Duty::Asks(Operation::READ_AUDIT)),
    ("audit verify", Duty::Asks(Operation::VERIFY_AUDIT)),
    ("audit push", Duty::Asks(Operation::PUSH_AUDIT)),
    ("init", Duty::Free("writes new files from templates")),
    ("keygen", Duty::Free("makes a new key")),
    ("demo", Duty::Free("its steps are commands of their own, each with its operation")),
    ("emulator", Duty::Free("serves invented data")),
    ("completions", Duty::Free("prints what the program itself consists of")),
    ("man", Duty::Free("prints what the program itself consists of")),
];

/// The duty of the command of these words.
pub(super) fn duty(path: &str) -> Option<Duty> {
    COMMANDS.iter().find(|(command, _)| *command == path).map(|(_, duty)| *duty)
}
