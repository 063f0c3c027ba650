//! `audit`: the journal of who did what.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::audit::{
    Attested, Checkpoint, DeliveryState, ExportFormat, Filter, Reader, Record, Verification, Witness, export,
    verify,
};
use crate::base::{parse_instant, write_aside};
use crate::cli::context::{Context, Spent};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::guarded::{self, PUSH_TIME, Wanted};
use crate::cli::orgs;
use crate::cli::own_files::OwnFiles;
use crate::cli::ui::grid;
use crate::guard::{Guard, Permit};
use crate::policy::Operation;

/// Read, check, export or deliver the audit journal
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  seatledger audit verify")]
pub(in crate::cli) struct Audit {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// List the newest events
    #[command(after_help = "Example:\n  seatledger audit list --last 50 --decision deny")]
    List {
        #[command(flatten)]
        filter: FilterArguments,
        /// How many
        #[arg(long, default_value_t = 20, value_name = "N")]
        last: usize,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Print one event whole, as JSON
    #[command(after_help = "Example:\n  seatledger audit show 17")]
    Show {
        /// Its number
        #[arg(value_name = "SEQ")]
        seq: u64,
    },
    /// Recompute every hash, and hold the journal against what others hold
    #[command(after_help = "Example:\n  seatledger audit verify --checkpoint head.note --pubkey audit.pub")]
    Verify {
        /// Another journal than the configured one, such as a copy
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// A signed checkpoint that was kept elsewhere; may be given several times
        #[arg(long, value_name = "FILE")]
        checkpoint: Vec<PathBuf>,
        /// The key that checkpoints must be signed with, as NAME+ID+KEY; may be given several times
        #[arg(long, value_name = "FILE")]
        pubkey: Vec<PathBuf>,
        /// Events that a sink received, one JSON object a line
        #[arg(long, value_name = "FILE")]
        from_sink_dump: Vec<PathBuf>,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Write events as CSV, JSON Lines or OCSF 1.8
    #[command(
        after_help = "Example:\n  seatledger audit export --format ocsf --since 2026-11-01 -o events.jsonl"
    )]
    Export {
        #[command(flatten)]
        filter: FilterArguments,
        /// How to write them
        #[arg(long, value_enum, default_value = "jsonl")]
        format: Format,
        /// Write into this file, which is replaced whole, instead of standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Deliver waiting events to the policy's sinks
    #[command(after_help = "Example:\n  seatledger audit push")]
    Push {
        /// Deliver again to this sink, which had answered that it is gone
        #[arg(long, value_name = "SINK")]
        enable: Option<String>,
    },
}

#[derive(Debug, Args)]
struct FilterArguments {
    /// From this time on: a date (its first instant in UTC) or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = instant)]
    since: Option<Timestamp>,
    /// Before this time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<Timestamp>,
    /// Only this operation
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
    /// Only this subject or account
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// Only the records of one run of an operation
    #[arg(long, value_name = "ID")]
    trace: Option<String>,
    /// Only what was allowed, or denied
    #[arg(long, value_name = "DECISION", value_parser = ["allow", "deny"])]
    decision: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Csv,
    Jsonl,
    Ocsf,
}

fn instant(text: &str) -> Result<Timestamp, String> {
    parse_instant(text)
        .ok_or_else(|| "write a date like 2026-11-21 or an instant like 2026-11-21T03:00:00Z".to_owned())
}

impl FilterArguments {
    /// What is asked for, of what the caller may read.
    fn filter(&self, permit: &Permit<'_>) -> Filter {
        Filter {
            since: self.since,
            until: self.until,
            trace_id: self.trace.clone(),
            operation: self.operation.clone(),
            subject: self.subject.clone(),
            tenant: permit.tenant().map(str::to_owned),
            kind: None,
            decision: self.decision.clone(),
        }
    }
}

impl Audit {
    pub(super) fn run(&self, values: &Value, context: &Context) -> Result<Exit, Failure> {
        let wanted = |operation| Wanted::new(operation, values);
        match &self.task {
            Task::List { filter, last, json } => {
                guarded::run(wanted(Operation::READ_AUDIT), context, |inside, permit| {
                    list(inside, &filter.filter(permit), *last, *json)
                })
            }
            Task::Show { seq } => guarded::run(wanted(Operation::READ_AUDIT), context, |inside, permit| {
                show(inside, *seq, permit.tenant())
            }),
            Task::Export { filter, format, output } => {
                guarded::run(wanted(Operation::READ_AUDIT), context, |inside, permit| {
                    write(inside, &filter.filter(permit), *format, output.as_deref())
                })
            }
            Task::Verify { file: Some(file), checkpoint, pubkey, from_sink_dump, json }
                if !is_configured(context, file) =>
            {
                // Another file than the configured journal is nobody's secret here: whoever has it may check it.
                let witness = witness(context, checkpoint, pubkey, from_sink_dump)?;
                check(context, &context.world.absolute(file), &witness, *json)
            }
            Task::Verify { checkpoint, pubkey, from_sink_dump, json, .. } => {
                guarded::run(wanted(Operation::VERIFY_AUDIT), context, |inside, _| {
                    let witness = witness(inside, checkpoint, pubkey, from_sink_dump)?;
                    check(inside, &journal(inside)?, &witness, *json)
                })
            }
            Task::Push { enable } => {
                guarded::run(wanted(Operation::PUSH_AUDIT), context, |inside, permit| {
                    push(inside, permit, enable.as_deref())
                })
            }
        }
    }
}

/// Whether `file` is the journal that this installation writes.
fn is_configured(context: &Context, file: &Path) -> bool {
    let Ok(journal) = journal(context) else { return false };
    let real = |path: &Path| fs::canonicalize(path).ok();
    real(&journal).is_some_and(|journal| Some(journal) == real(&context.world.absolute(file)))
}

fn journal(context: &Context) -> Result<PathBuf, Failure> {
    let settings = context.settings()?;
    Ok(Guard::journal_path(&guarded::guard_settings(&settings, context), &context.world)?)
}

fn list(context: &Context, filter: &Filter, last: usize, as_json: bool) -> Result<Exit, Failure> {
    let reader = Reader::open(&journal(context)?)?;
    let records = reader.list(filter, last)?;
    context.spent.set(Spent { rows: Some(records.len() as u64), ..Spent::default() });
    if as_json {
        let events: Vec<_> = records.iter().map(document).collect();
        context.print_json(&json!({ "events": events }))?;
        return Ok(Exit::Complete);
    }
    let rows = records.iter().map(|record| {
        let body = body(record);
        let text = |path: &str| body.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let result = [text("/decision"), text("/status")].concat();
        vec![
            record.seq.to_string(),
            text("/time"),
            text("/kind"),
            text("/operation"),
            text("/principal/subject"),
            result,
            text("/reason"),
        ]
    });
    context.print(grid(&["seq#", "time", "kind", "operation", "subject", "result", "reason"], rows))?;
    Ok(Exit::Complete)
}

fn show(context: &Context, seq: u64, tenant: Option<&str>) -> Result<Exit, Failure> {
    let record = Reader::open(&journal(context)?)?.event(seq)?;
    // An event of another tenant is as good as none.
    let is_readable = |record: &Record| {
        let body = body(record);
        let of = body.pointer("/principal/tenant").and_then(Value::as_str);
        tenant.is_none() || of.is_none() || of == tenant
    };
    let record = record.filter(is_readable).ok_or_else(|| {
        Failure::usage(format!("there is no event {seq}")).hint("`seatledger audit list` has them")
    })?;
    context.print_json(&document(&record))?;
    Ok(Exit::Complete)
}

fn write(context: &Context, filter: &Filter, format: Format, output: Option<&Path>) -> Result<Exit, Failure> {
    let reader = Reader::open(&journal(context)?)?;
    let format = match format {
        Format::Csv => ExportFormat::Csv,
        Format::Jsonl => ExportFormat::JsonLines,
        Format::Ocsf => ExportFormat::Ocsf,
    };
    let Some(path) = output else {
        let mut out = context.ui.data();
        export(&reader, filter, format, &mut out)?;
        return out.flush().map(|()| Exit::Complete).map_err(|error| Failure::output(&error));
    };
    let path = context.world.absolute(path);
    OwnFiles::of(&*context.settings()?, context)?.refuse_as_output(&path)?;
    let mut failed = None;
    let file = write_aside(&path, |out| {
        export(&reader, filter, format, out).map_err(|error| {
            failed = Some(error);
            std::io::Error::other("the events could not be written")
        })
    });
    match failed {
        Some(error) => Err(error.into()),
        None => {
            context.publish_later(file.map_err(|error| Failure::file("write", &path, &error))?, None);
            Ok(Exit::Complete)
        }
    }
}

fn witness(
    context: &Context,
    checkpoints: &[PathBuf],
    keys: &[PathBuf],
    dumps: &[PathBuf],
) -> Result<Witness, Failure> {
    let mut witness = Witness::default();
    for path in checkpoints {
        let note = read(context, path)?;
        let checkpoint = Checkpoint::parse(&note).ok_or_else(|| {
            Failure::usage(format!("{} is no checkpoint of an audit journal", path.display()))
        })?;
        witness.checkpoints.push(checkpoint);
    }
    for path in keys {
        let text = read(context, path)?;
        witness.verifiers.push(text.trim().parse()?);
    }
    for path in dumps {
        witness.sent.extend(Attested::parse_dump(&read(context, path)?)?);
    }
    Ok(witness)
}

fn read(context: &Context, path: &Path) -> Result<String, Failure> {
    fs::read_to_string(context.world.absolute(path)).map_err(|error| {
        let mut failure = Failure::file("read", path, &error);
        failure.exit = Exit::Usage;
        failure
    })
}

fn check(context: &Context, path: &Path, witness: &Witness, as_json: bool) -> Result<Exit, Failure> {
    // "Not checkable" is told like "broken": neither may pass for sound.
    let verification = verify(path, witness).map_err(|error| Failure::of(Exit::Failed, &error))?;
    if as_json {
        context.print_json(&verdict(&verification))?;
    } else {
        context.print(summary(path, &verification))?;
    }
    Ok(if verification.is_intact() { Exit::Complete } else { Exit::Failed })
}

fn verdict(verification: &Verification) -> Value {
    let findings: Vec<_> = verification
        .findings
        .iter()
        .map(|finding| {
            json!({"seq": finding.seq, "fault": finding.fault.code(), "meaning": finding.fault.meaning()})
        })
        .collect();
    json!({
        "intact": verification.is_intact(), "chain_id": verification.chain_id, "events": verification.events,
        "head": HEXLOWER.encode(&verification.head), "checkpoints": verification.checkpoints,
        "signatures_checked": verification.signatures_checked, "sent": verification.sent,
        "open_attempts": verification.open_attempts, "findings": findings,
    })
}

fn summary(path: &Path, verification: &Verification) -> String {
    let Verification { chain_id, events, checkpoints, sent, .. } = verification;
    let mut text = format!("{}\nchain {chain_id}\n", path.display());
    for finding in &verification.findings {
        text += &format!("BROKEN at event {}: {}\n", finding.seq, finding.fault.meaning());
    }
    let signatures = if verification.signatures_checked { "with" } else { "without" };
    text += &format!(
        "{events} events fit; {checkpoints} checkpoints held against them {signatures} their signatures, and {sent} \
         sent events\nhead {}\n",
        HEXLOWER.encode(&verification.head)
    );
    if verification.is_intact() {
        text +=
            "INTACT. What came after the last head that somebody else holds could still have been cut off.\n";
    }
    text
}

fn push(context: &Context, permit: &mut Permit<'_>, enable: Option<&str>) -> Result<Exit, Failure> {
    if let Some(sink) = enable
        && !permit.enable_sink(sink)?
    {
        return Err(Failure::usage(format!("the policy names no audit sink `{sink}`")));
    }
    let settings = context.settings()?;
    let client = orgs::client(&settings, context)?;
    let deliveries = permit.push(&client, PUSH_TIME)?;
    let mut exit = Exit::Complete;
    for delivery in deliveries {
        let state = match delivery.state {
            DeliveryState::Complete => "nothing waits".to_owned(),
            DeliveryState::Waiting(next) => format!("more wait; the next try is due {next}"),
            DeliveryState::Disabled => "disabled; `--enable` sends to it again".to_owned(),
            DeliveryState::Elsewhere => "another process is delivering".to_owned(),
        };
        if matches!(delivery.state, DeliveryState::Waiting(_) | DeliveryState::Disabled) {
            exit = Exit::Incomplete;
        }
        let problem = delivery.problem.map(|problem| format!(" ({problem})")).unwrap_or_default();
        context.print(format!("{}: {} delivered, {state}{problem}\n", delivery.sink, delivery.delivered))?;
    }
    Ok(exit)
}

fn body(record: &Record) -> Value {
    serde_json::from_slice(&record.body).unwrap_or_default()
}

fn document(record: &Record) -> Value {
    json!({"seq": record.seq, "hash": HEXLOWER.encode(&record.hash), "event": body(record)})
}
