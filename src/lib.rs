//! Seatledger: a collector for Salesforce license management.
//!
//! It signs a JWT assertion with a private key, exchanges it at the org's authorization server, reads subscriptions,
//! licenses, users, access and logins of the configured companies into SQLite, and reports on them.
//!
//! # Rooms, bottom to top
//!
//! A room may use those above it in this list, never the other way; `tests/architecture.rs` holds the arrows.
//!
//! - [`base`]: words every room uses: time, ids, secrets, files that appear whole, the ambient world.
//! - [`pii`]: finds personal numbers in text. Knows not where the text came from.
//! - [`catalogue`]: WHAT is collected, as const tables.
//! - [`auth`]: key, certificate, assertion. Knows no sockets.
//! - [`http`]: the one send path. Knows nothing of Salesforce.
//! - [`salesforce`]: session, query pages, limits, describe, the error catalogue. Knows no SQL.
//! - [`identity`]: who is asking: an operating-system account, or a person with an identity provider's token. Knows not
//!   what they may do.
//! - [`policy`]: pure decision: principal, operation, channel, companies in; verdict with reason out. Knows no I/O.
//! - [`limits`]: rate windows and budgets that processes share. Knows not what is counted.
//! - [`audit`]: the hash-chained journal, its checkpoints and its way to others. Knows not why something was allowed.
//! - [`guard`]: the only way to run an operation: ask policy, reserve limits, record the attempt, act, record the
//!   outcome. Knows not what an operation does.
//! - [`store`]: the only room with SQL for collected data: migrations, stage, merge, history, views. Knows no HTTP.
//! - [`collect`]: plan, run, resume, outcome. Knows no command line.
//! - [`report`]: measures (pure), one file per report. Knows no SQL.
//! - [`export`]: one file per format, and the feed folder. Knows not how a number was made.
//! - [`emulator`]: a Salesforce org on loopback. Shares nothing with the client but [`base`].
//! - [`config`]: file, environment and flags to settings; every value knows its origin.
//! - [`cli`]: arguments, one file per command, streams and bars, errors to exit codes and hints.
//!
//! # How data flows
//!
//! ```text
//! config ── settings ─┐
//! key ── assertion ── token ── pages ── rows ── stage ── one transaction ── history tables ── views ── reports ── files
//! identity and policy: asked before every operation; journal: written before and after every operation
//! ```
//!
//! # Invariants
//!
//! - Only `http` knows ureq; only `store`, `limits`, `audit` and the emulator may know SQL; only `cli` prints or picks an
//!   exit code.
//! - Environment, clock and working folder enter through one [`base::World`], built in `main`.
//! - An object is all or nothing: only one whose pages all arrived replaces its last state, and an org's objects do so
//!   in one transaction. Whatever fails leaves the last complete state as it was.
//! - Every version of a row stays: any report can be asked as of an earlier time.
//! - A decision depends on its arguments alone: `policy` reads no file and no clock. What it does not allow is denied.
//! - A command that shows or changes data runs only inside an operation of `guard`; what it prints or writes is kept back
//!   until its outcome is on record.
//! - A secret has no `Debug`, and text from outside is redacted before it is shown.
//! - Read-only towards Salesforce.
//!
//! # Every file that is read or written
//!
//! | file | by | what |
//! |---|---|---|
//! | `seatledger.toml` | `config` | the configuration; `init` writes the first one |
//! | private keys, passphrases, certificates | `auth` | read; `init` and `keygen` write new ones, never over old ones |
//! | `seatledger.db`, `-wal`, `-shm` | `store` | the collected data, mode 0600 |
//! | `seatledger.db.lock` | `store` | held while a run writes |
//! | `seatledger.db.stage-<n>` | `store` | pages of an unfinished run; deleted once merged |
//! | the policy file | `guard` | read; `policy` turns its text into rules; `policy init` writes a first one |
//! | tokens of an identity provider, its keys as a file | `identity` | read |
//! | `jwks-<hash>.json`, `.lock` in the cache folder | `identity` | an issuer's keys between runs, mode 0600 |
//! | `audit.db`, `-wal`, `-shm` | `audit` | the journal, mode 0600, in a folder of mode 0700 if it makes one |
//! | `audit.db.alive-<token>` | `audit` | locked while a process may still owe an outcome |
//! | `audit.db.delivery-lock` | `audit` | held while a process sends to the sinks |
//! | the folder of checkpoints | `audit` | one signed note per file |
//! | keys of fingerprints and checkpoints, webhook secrets | `audit` | read |
//! | `limits.db`, `-wal`, `-shm` | `limits` | rates and budgets, mode 0600, beside the journal |
//! | contracts, exemptions and people under `[finance]` | `cli` | read; `report` turns their text into books; `demo` writes invented ones |
//! | the folder of `export` | `export` | one file per report, each replaced whole |
//! | the folder of `demo` | `cli` | everything the demo makes |

pub mod audit;
pub mod auth;
pub mod base;
pub mod catalogue;
pub mod cli;
pub mod collect;
pub mod config;
pub mod emulator;
pub mod export;
pub mod guard;
pub mod http;
pub mod identity;
pub mod limits;
pub mod pii;
pub mod policy;
pub mod report;
pub mod salesforce;
pub mod store;
