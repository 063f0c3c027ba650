//! Every way to change a journal: found at the right event, or in the set that is declared to be undetectable.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rusqlite::Connection;
use seatledger::audit::{
    Attested, ChainId, Checkpoint, CheckpointVerifier, Decision, ExportFormat, Fault, Filter, Finding, Hash,
    Journal, Notice, Reader, Record, Verification, Witness, export, verify, verify_records,
};

use crate::journal_fixture::{attempt, checkpoint_key, clock, signed_settings, success, world};

/// A journal in memory, to change copies of.
#[derive(Clone, PartialEq)]
struct Content {
    chain: ChainId,
    records: Vec<Record>,
    notes: Vec<(u64, String)>,
}

impl Content {
    fn read(path: &Path) -> Self {
        let database = Connection::open(path).unwrap();
        let chain: Vec<u8> =
            database.query_row("SELECT v FROM meta WHERE k = 'chain_id'", [], |row| row.get(0)).unwrap();
        let mut statement =
            database.prepare("SELECT seq, body, prev, hash FROM event NOT INDEXED ORDER BY seq").unwrap();
        let records = statement
            .query_map([], |row| {
                let seq = row.get::<_, i64>(0)?.unsigned_abs();
                Ok(Record { seq, body: row.get(1)?, previous: row.get(2)?, hash: row.get(3)? })
            })
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let mut statement = database.prepare("SELECT seq, note FROM checkpoint ORDER BY seq").unwrap();
        let notes = statement
            .query_map([], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        Self { chain: ChainId(chain.try_into().unwrap()), records, notes }
    }

    fn verify(&self, witness: &Witness) -> Verification {
        verify_records(self.chain, || self.records.iter().map(Some), &self.notes, witness)
    }

    /// Recomputes the chain from place `from` on, as somebody who knows the formula does.
    fn rehash(&mut self, from: usize) {
        for place in from..self.records.len() {
            let previous = match place.checked_sub(1) {
                Some(before) => self.records[before].hash,
                None => self.chain.genesis(),
            };
            let record = &mut self.records[place];
            record.seq = place as u64 + 1;
            record.previous = previous;
            record.hash = self.chain.hash(record.seq, &previous, &record.body);
        }
    }

    fn first_checkpoint_from(&self, seq: u64) -> Option<u64> {
        self.notes.iter().map(|(seq, _)| *seq).find(|about| *about >= seq)
    }
}

/// `events` events, signed after every `every`.
fn journal(path: &Path, events: usize, every: u64) -> (Content, CheckpointVerifier) {
    let key = checkpoint_key();
    let verifier = key.verifier();
    let mut journal = Journal::open(signed_settings(path, key, every), &world(clock())).unwrap();
    let notice = Notice { name: "policy.read".into(), texts: BTreeMap::new(), counters: BTreeMap::new() };
    while journal.head().unwrap().seq < events as u64 {
        match journal.head().unwrap().seq % 10 {
            0 => drop(journal.attempt(&attempt(Decision::Deny)).unwrap()),
            1 => {
                let ticket = journal.attempt(&attempt(Decision::Allow)).unwrap();
                journal.outcome(&ticket, &success()).unwrap();
            }
            _ => drop(journal.notice(&notice).unwrap()),
        }
    }
    drop(journal);
    (Content::read(path), verifier)
}

fn flip(bytes: &mut [u8], random: &mut fastrand::Rng) {
    let place = random.usize(0..bytes.len());
    bytes[place] ^= 1 << random.u8(0..8);
}

/// A change, and the event at which it must be found; `None` when nothing in the file can show it.
type Mutation = fn(&mut Content, &mut fastrand::Rng) -> Option<Finding>;

fn at(seq: usize, fault: Fault) -> Option<Finding> {
    Some(Finding { seq: seq as u64, fault })
}

/// What an insider who recomputes the hashes leaves: the first checkpoint from there on does not fit.
fn rewritten(content: &mut Content, place: usize) -> Option<Finding> {
    content.rehash(place);
    content.first_checkpoint_from(place as u64 + 1).map(|seq| Finding { seq, fault: Fault::Fork })
}

const MUTATIONS: &[(&str, Mutation)] = &[
    ("a changed body", |content, random| {
        let place = random.usize(0..content.records.len());
        flip(&mut content.records[place].body, random);
        at(place + 1, Fault::Hash)
    }),
    ("a longer body", |content, random| {
        let place = random.usize(0..content.records.len());
        content.records[place].body.push(b' ');
        at(place + 1, Fault::Hash)
    }),
    ("a changed hash", |content, random| {
        let place = random.usize(0..content.records.len());
        flip(&mut content.records[place].hash, random);
        at(place + 1, Fault::Hash)
    }),
    ("a changed link", |content, random| {
        let place = random.usize(0..content.records.len());
        flip(&mut content.records[place].previous, random);
        at(place + 1, Fault::Hash)
    }),
    ("a removed event", |content, random| {
        let place = random.usize(0..content.records.len() - 1);
        content.records.remove(place);
        at(place + 1, Fault::Missing)
    }),
    ("two swapped events", |content, random| {
        let last = content.records.len() - 1;
        let first = random.usize(0..last);
        let second = random.usize(first + 1..=last);
        content.records.swap(first, second);
        content.records[first].seq = first as u64 + 1;
        content.records[second].seq = second as u64 + 1;
        at(first + 1, Fault::Hash)
    }),
    ("an event played again", |content, random| {
        let first = random.usize(0..content.records.len() - 1);
        let second = random.usize(first + 1..content.records.len());
        let replayed = Record { seq: second as u64 + 1, ..content.records[first].clone() };
        content.records[second] = replayed;
        at(second + 1, Fault::Hash)
    }),
    ("an inserted event", |content, random| {
        let place = random.usize(1..content.records.len());
        let previous = content.records[place - 1].hash;
        let body = b"{\"kind\":\"notice\"}".to_vec();
        let seq = place as u64 + 1;
        let hash = content.chain.hash(seq, &previous, &body);
        content.records.insert(place, Record { seq, body, previous, hash });
        for (place, record) in content.records.iter_mut().enumerate().skip(place) {
            record.seq = place as u64 + 1;
        }
        // The forged event fits; the one that it pushed away does not. A checkpoint right there is found first.
        let is_signed = content.first_checkpoint_from(seq) == Some(seq);
        if is_signed { at(place + 1, Fault::Fork) } else { at(place + 2, Fault::Hash) }
    }),
    ("a changed event with a hash of its own", |content, random| {
        let place = random.usize(0..content.records.len() - 1);
        let record = &mut content.records[place];
        record.body.push(b' ');
        record.hash = content.chain.hash(record.seq, &record.previous, &record.body);
        // The next event still names the old hash; a checkpoint right here is found first.
        let is_signed = content.first_checkpoint_from(place as u64 + 1) == Some(place as u64 + 1);
        if is_signed { at(place + 1, Fault::Fork) } else { at(place + 2, Fault::PreviousHash) }
    }),
    ("another chain", |content, random| {
        flip(&mut content.chain.0, random);
        None
    }),
    ("a cut end", |content, random| {
        let left = random.usize(0..content.records.len());
        content.records.truncate(left);
        content.first_checkpoint_from(left as u64 + 1).map(|seq| Finding { seq, fault: Fault::BeyondHead })
    }),
    ("history rewritten", |content, random| {
        let place = random.usize(0..content.records.len());
        content.records[place].body.push(b' ');
        rewritten(content, place)
    }),
    ("an event appended by somebody else", |content, _| {
        let body = b"{\"kind\":\"notice\"}".to_vec();
        content.records.push(Record { seq: 0, body, previous: Hash::default(), hash: Hash::default() });
        let last = content.records.len() - 1;
        content.rehash(last);
        None
    }),
    ("a changed checkpoint", |content, random| {
        let place = random.usize(0..content.notes.len());
        let (seq, note) = &mut content.notes[place];
        let mut bytes = note.clone().into_bytes();
        let place = random.usize(0..bytes.len());
        bytes[place] ^= 1;
        // A byte that is no text any more cannot stand in a column of text.
        *note = String::from_utf8(bytes).unwrap_or_default();
        at(usize::try_from(*seq).unwrap(), Fault::CheckpointForm)
    }),
    ("a removed checkpoint", |content, random| {
        let place = random.usize(0..content.notes.len());
        let (seq, _) = content.notes.remove(place);
        at(usize::try_from(seq).unwrap(), Fault::CheckpointMissing)
    }),
];

#[test]
fn ten_thousand_mutations_are_found_where_they_are_or_declared_undetectable() {
    let folder = tempfile::tempdir().unwrap();
    let (original, verifier) = journal(&folder.path().join("audit.db"), 1000, 100);
    assert!(original.records.len() >= 1000 && original.notes.len() >= 9);
    let witness = Witness { verifiers: vec![verifier], ..Witness::default() };
    let clean = original.verify(&witness);
    assert!(clean.is_intact(), "{:?}", clean.findings);

    std::thread::scope(|scope| {
        for seed in 0..4 {
            let (original, witness) = (&original, &witness);
            scope.spawn(move || mutate_often(original, witness, 2500, fastrand::Rng::with_seed(seed)));
        }
    });
}

fn mutate_often(original: &Content, witness: &Witness, rounds: usize, mut random: fastrand::Rng) {
    for round in 0..rounds {
        let (name, mutate) = MUTATIONS[round % MUTATIONS.len()];
        let mut changed = original.clone();
        let expected = mutate(&mut changed, &mut random);
        let found = changed.verify(witness);
        match expected {
            Some(Finding { seq, fault: Fault::CheckpointForm }) => {
                // Several things are wrong with such a note; all of them stand at its event.
                assert_eq!(found.first().map(|first| first.seq), Some(seq), "{name}, round {round}");
            }
            None if name == "another chain" => {
                // Every checkpoint is of another chain, and not one event fits.
                assert!(found.findings.contains(&Finding { seq: 1, fault: Fault::Hash }), "{name}, {round}");
                assert_eq!(found.events, 0, "{name}, round {round}");
            }
            expected => assert_eq!(found.first(), expected, "{name}, round {round}"),
        }
    }
}

fn swap_events_11_and_21(content: &mut Content) {
    content.records.swap(10, 20);
    (content.records[10].seq, content.records[20].seq) = (11, 21);
}

#[test]
fn the_table_of_what_an_outside_checkpoint_shows() {
    let folder = tempfile::tempdir().unwrap();
    let (original, _) = journal(&folder.path().join("audit.db"), 500, 400);
    let outside = Checkpoint::parse(&original.notes[0].1).unwrap();
    assert_eq!(outside.seq, 400);
    let outside = Witness { checkpoints: vec![outside], ..Witness::default() };

    type Change = fn(&mut Content);
    let cases: &[(&str, Change, Option<Fault>, Option<Fault>)] = &[
        ("edit one body", |content| content.records[76].body[0] = b' ', Some(Fault::Hash), Some(Fault::Hash)),
        (
            "delete in the middle",
            |content| drop(content.records.remove(76)),
            Some(Fault::Missing),
            Some(Fault::Missing),
        ),
        ("reorder", swap_events_11_and_21, Some(Fault::Hash), Some(Fault::Hash)),
        ("truncate before it", |content| content.records.truncate(300), None, Some(Fault::BeyondHead)),
        ("truncate after it", |content| content.records.truncate(450), None, None),
        (
            "rewrite before it",
            |content| {
                content.records.remove(0);
                content.rehash(0)
            },
            None,
            Some(Fault::Fork),
        ),
        (
            "rewrite after it",
            |content| {
                content.records.pop();
                content.rehash(449)
            },
            None,
            None,
        ),
        ("replace chain id", |content| content.chain.0[0] ^= 1, Some(Fault::Hash), Some(Fault::Hash)),
    ];
    for (name, change, alone, with_outside) in cases {
        let mut changed = original.clone();
        // Whoever rewrites the file rewrites the checkpoints in it too, or leaves them out.
        changed.notes.clear();
        changed
            .records
            .retain(|record| !record.body.windows(20).any(|text| text == b"\"kind\":\"checkpoint\",\""));
        changed.rehash(changed.records.len() - 1);
        change(&mut changed);
        let faults = |witness: &Witness| {
            let found = changed.verify(witness).findings;
            found
                .iter()
                .map(|finding| finding.fault)
                .find(|fault| !matches!(fault, Fault::Pairing | Fault::CheckpointMissing | Fault::OtherChain))
        };
        assert_eq!((faults(&Witness::default()), faults(&outside)), (*alone, *with_outside), "{name}");
    }
}

/// Bytes of the file itself: whatever changes what is recorded is found, or the file cannot be read any more.
#[test]
fn random_bytes_of_the_file_change_nothing_unnoticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.db");
    let (original, verifier) = journal(&path, 60, 20);
    Connection::open(&path).unwrap().pragma_update(None, "journal_mode", "DELETE").unwrap();
    let bytes = fs::read(&path).unwrap();
    let copy = folder.path().join("copy.db");
    let mut random = fastrand::Rng::with_seed(5);
    let witness = Witness { verifiers: vec![verifier], ..Witness::default() };
    let mut noticed = 0;
    for round in 0..1500 {
        let mut changed = bytes.clone();
        flip(&mut changed, &mut random);
        fs::write(&copy, &changed).unwrap();
        if verify(&copy, &witness).is_ok_and(|found| found.is_intact()) {
            assert!(Content::read(&copy) == original, "round {round}");
        } else {
            noticed += 1;
        }
    }
    assert!(noticed > 500, "hardly anything was hit: {noticed}");
}

#[test]
fn a_sink_remembers_what_the_file_forgot() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.db");
    let (original, _) = journal(&path, 20, 1000);
    let reader = Reader::open(&path).unwrap();
    for format in [ExportFormat::Ocsf, ExportFormat::JsonLines] {
        let mut dump = Vec::new();
        export(&reader, &Filter::default(), format, &mut dump).unwrap();
        let sent = Attested::parse_dump(std::str::from_utf8(&dump).unwrap()).unwrap();
        assert_eq!(sent.len(), original.records.len());
        let witness = Witness { sent, ..Witness::default() };
        assert!(verify(&path, &witness).unwrap().is_intact());

        let mut cut = original.clone();
        cut.records.truncate(15);
        assert_eq!(cut.verify(&witness).first(), at(16, Fault::BeyondHead));
        let mut rewritten = original.clone();
        rewritten.records[6].body.push(b' ');
        rewritten.rehash(6);
        assert_eq!(rewritten.verify(&witness).first(), at(7, Fault::Fork));
        let mut other = original.clone();
        other.chain.0[0] ^= 1;
        other.rehash(0);
        assert_eq!(other.verify(&witness).first(), at(1, Fault::OtherChain));
    }
    let refused = Attested::parse_dump("\n{\"attestation\":{}}\n").unwrap_err();
    assert!(refused.to_string().starts_with("line 2 of the dump"), "{refused}");
}

#[test]
fn attempts_and_outcomes_belong_together() {
    let folder = tempfile::tempdir().unwrap();
    let (original, _) = journal(&folder.path().join("audit.db"), 4, 1000);
    // A refusal, an attempt, its outcome, and a notice.
    let cases: [(usize, usize, Option<Finding>); 4] = [
        (3, 2, None),
        (1, 2, at(2, Fault::Pairing)),
        (2, 0, at(3, Fault::Pairing)),
        (3, 1, at(4, Fault::Pairing)),
    ];
    for (place, of, expected) in cases {
        let mut changed = original.clone();
        changed.records[place].body = original.records[of].body.clone();
        changed.rehash(place);
        assert_eq!(changed.verify(&Witness::default()).first(), expected, "{of} at {place}");
    }
}
