//! `policy`: who may do what.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::base::{read_protected, write_private};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::guarded::{self, Wanted};
use crate::cli::ui::grid;
use crate::guard::Permit;
use crate::policy::{
    Account, Channel, CompaniesAsked, Decision, LARGEST_POLICY_BYTES, OPERATIONS, Operation, Person,
    Policy as Loaded, Principal, Request, STARTER, explain, operation,
};

/// Write, check or explain the policy: who may do what
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  seatledger policy check")]
pub(in crate::cli) struct Policy {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Write a commented policy to start from
    #[command(after_help = "Example:\n  seatledger policy init policy.toml")]
    Init {
        /// The new file
        #[arg(value_name = "FILE", default_value = "policy.toml")]
        file: PathBuf,
    },
    /// List every mistake of the policy by line, and what in it has no effect
    #[command(after_help = "Example:\n  seatledger policy check policy.toml")]
    Check {
        /// The policy [default: the configured one]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Show how the decision about an operation comes about
    #[command(
        after_help = "Example:\n  seatledger policy explain --as okta:00u-anna --role analysts usage.report"
    )]
    Explain(Explain),
}

#[derive(Debug, Args)]
struct Explain {
    /// The operation, such as usage.report
    #[arg(value_name = "OPERATION")]
    operation: String,
    /// Who would ask: ISSUER:SUBJECT, or account:NAME [default: you]
    #[arg(long = "as", value_name = "WHO")]
    who: Option<String>,
    /// A scope in that person's token; may be given several times
    #[arg(long, value_name = "SCOPE", requires = "who")]
    scope: Vec<String>,
    /// A role in that person's token; may be given several times
    #[arg(long, value_name = "ROLE", requires = "who")]
    role: Vec<String>,
    /// A company that is asked for; may be given several times
    #[arg(long, value_name = "NAME")]
    company: Vec<String>,
    /// A company in that person's token; may be given several times
    #[arg(long, value_name = "NAME", requires = "who")]
    token_company: Vec<String>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl Policy {
    pub(super) fn run(&self, values: &Value, context: &Context) -> Result<Exit, Failure> {
        match &self.task {
            Task::Init { file } => {
                let file = context.world.absolute(file);
                write_private(&file, STARTER.as_bytes())?;
                context.ui.status(&format!(
                    "Wrote {}. Name it with `file` under [policy] once it says what you want.",
                    file.display()
                ));
                Ok(Exit::Complete)
            }
            Task::Check { file } => check(file.as_deref(), context),
            Task::Explain(command) => {
                guarded::run(Wanted::new(Operation::EXPLAIN_POLICY, values), context, |inside, permit| {
                    command.run(inside, permit)
                })
            }
        }
    }
}

fn check(file: Option<&std::path::Path>, context: &Context) -> Result<Exit, Failure> {
    let file = match file {
        Some(file) => context.world.absolute(file),
        None => context.settings()?.policy.file.clone().ok_or_else(|| {
            Failure::usage("no policy is configured").hint("name a file, or one with `file` under [policy]")
        })?,
    };
    let content = read_protected(&file, &context.world, LARGEST_POLICY_BYTES as u64)?;
    match Loaded::parse(&content) {
        Ok(policy) => {
            let id = policy.id().unwrap_or_default();
            context.ui.status(&format!("{} can be used; its SHA-256 is {id}.", file.display()));
            for key in policy.idle_keys() {
                context.ui.warning(&format!("line {}: {key}", key.line));
            }
            Ok(Exit::Complete)
        }
        Err(problems) => {
            let mut failure = Failure::usage(format!(
                "{} cannot be used: {} to mend",
                file.display(),
                match problems.list().len() {
                    1 => "1 mistake".to_owned(),
                    mistakes => format!("{mistakes} mistakes"),
                }
            ));
            failure.causes = problems
                .list()
                .iter()
                .map(|problem| format!("line {}: {}", problem.line, problem.message))
                .collect();
            Err(failure)
        }
    }
}

impl Explain {
    fn run(&self, context: &Context, permit: &Permit<'_>) -> Result<Exit, Failure> {
        if operation(&self.operation).is_none() {
            let known: Vec<_> = OPERATIONS.iter().map(Operation::name).collect();
            return Err(Failure::usage(format!("there is no operation `{}`", self.operation))
                .hint(format!("there is {}", known.join(", "))));
        }
        let principal = match &self.who {
            None => permit.principal().clone(),
            Some(who) => self.somebody(who)?,
        };
        let companies: Vec<_> = self.company.iter().map(String::as_str).collect();
        let request = Request {
            operation: &self.operation,
            channel: Channel::Cli,
            companies: match companies.as_slice() {
                [] => CompaniesAsked::Permitted,
                names => CompaniesAsked::Named(names),
            },
            argument_bytes: 0,
            claimed_tier: None,
            delegation: &[],
        };
        let explanation = explain(permit.policy(), &principal, &request);
        let decision = match &explanation.decision {
            Decision::Allow(_) => "allow",
            Decision::Deny(_) => "deny",
        };
        if self.json {
            let path: Vec<_> = explanation
                .path
                .iter()
                .map(|answer| json!({"question": answer.question, "passed": answer.passed, "finding": answer.finding}))
                .collect();
            context.print_json(&json!({"operation": self.operation, "decision": decision, "path": path}))?;
        } else {
            let rows = explanation.path.iter().map(|answer| {
                let passed = if answer.passed { "yes" } else { "NO" };
                vec![answer.question.to_owned(), passed.to_owned(), answer.finding.clone()]
            });
            context.print(grid(&["question", "passed", "finding"], rows))?;
            context.print(format!("\n{}: {decision}\n", self.operation))?;
        }
        Ok(Exit::Complete)
    }

    fn somebody(&self, who: &str) -> Result<Principal, Failure> {
        let (kind, name) = who
            .split_once(':')
            .ok_or_else(|| Failure::usage("write --as as ISSUER:SUBJECT or account:NAME"))?;
        if kind == "account" {
            // A user id that no account has, since the policy is asked about a name.
            return Ok(Principal::Account(Account { uid: u32::MAX, name: Some(name.to_owned()) }));
        }
        let set = |values: &[String]| values.iter().cloned().collect();
        Ok(Principal::Person(Person {
            issuer: kind.to_owned(),
            subject: name.to_owned(),
            scopes: set(&self.scope),
            roles: set(&self.role),
            companies: (!self.token_company.is_empty()).then(|| set(&self.token_company)),
            actors: Vec::new(),
        }))
    }
}
