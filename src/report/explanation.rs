//! Where a number of a report comes from: the records behind it, or the columns that it is made from.

use super::table::{Cell, Column, Kind, Personal};
use super::{Basis, Error, Evidence, Formula, Made, Reach, Report, Sink};

/// The shape of an explanation: one row per record (or column) behind the number, amounts that add up to it.
pub const EXPLANATION: Report = Report {
    id: "explanation",
    title: "Explanation",
    description: "The records behind one number of a report",
    definition: "One row per record behind the number. The amounts add up to it, unless it is made from other columns, \
                 which are then listed with their values.",
    reach: Reach::Companies,
    options: &[],
    columns: &[
        Column::new("org", Kind::Text, "Org of the record").shown(),
        Column::new("object", Kind::Text, "Salesforce object, file or column").shown(),
        Column::new("record_id", Kind::Text, "Id of the record, or its line in the file")
            .personal(Personal::Pseudonym("User.Id"))
            .shown(),
        Column::new("user_id", Kind::Text, "User that it is about")
            .personal(Personal::Pseudonym("User.Id"))
            .shown(),
        Column::new("amount", Kind::Number, "What it adds to the number").shown(),
        Column::new("currency", Kind::Text, "What the amount is counted in, if it is money"),
        Column::new("because", Kind::Text, "Why it counts").shown(),
    ],
    totals: &[Column::new("explained", Kind::Number, "The number as the report shows it")],
    sources: &[],
    key: &["org", "object", "record_id", "user_id"],
    label: &["org", "record_id"],
    about: &["amount"],
    // It is a shape only: [`Question::answer`] fills it.
    write: |_, _| Ok(Vec::new()),
};

/// One cell of a report: a number column of the one row that `at` selects, or a total.
pub struct Question {
    report: &'static Report,
    measure: &'static Column,
    is_total: bool,
    at: Vec<(usize, String)>,
}

/// The one row that a [`Question`] is about (no cells for a total), and the totals of its report.
pub struct Found {
    row: Vec<Cell<'static>>,
    totals: Vec<Cell<'static>>,
}

/// Why a cell cannot be explained.
#[derive(Debug, thiserror::Error)]
pub enum QuestionError {
    /// The report has no such number.
    #[error("report `{report}` has no number `{measure}`; it has {}", known.join(", "))]
    UnknownMeasure {
        /// Which report.
        report: &'static str,
        /// What was asked for.
        measure: String,
        /// The numbers it has.
        known: Vec<&'static str>,
    },
    /// The report has no such column.
    #[error("report `{report}` has no column `{column}`; it has {}", known.join(", "))]
    UnknownColumn {
        /// Which report.
        report: &'static str,
        /// What was asked for.
        column: String,
        /// The columns it has.
        known: Vec<&'static str>,
    },
    /// A total is not in a row.
    #[error("`{0}` is a total of the whole report, which stands in no row")]
    TotalInRow(&'static str),
    /// A number of the rows was asked for without saying which row.
    #[error("`{0}` stands in every row: say in which with --at COLUMN=VALUE")]
    NoRow(&'static str),
    /// Not exactly one row is selected.
    #[error("{found} rows of report `{report}` are selected, not one")]
    NotOneRow {
        /// Which report.
        report: &'static str,
        /// How many.
        found: u64,
    },
    /// The report cannot be made.
    #[error(transparent)]
    Report(#[from] Error),
}

impl Question {
    /// Asks for `measure` of `report`, in the row where each column of `at` has the value beside it, as text.
    ///
    /// # Errors
    /// [`QuestionError`] names what there is instead.
    pub fn new(
        report: &'static Report,
        measure: &str,
        at: &[(String, String)],
    ) -> Result<Self, QuestionError> {
        let is_called = |column: &&Column| {
            column.kind.is_number()
                && (column.name == measure || column.name.strip_suffix("_percent") == Some(measure))
        };
        let in_rows = report.columns.iter().find(is_called);
        let Some(column) = in_rows.or_else(|| report.totals.iter().find(is_called)) else {
            let known = report.measures().map(|column| column.name).collect();
            return Err(QuestionError::UnknownMeasure {
                report: report.id,
                measure: measure.to_owned(),
                known,
            });
        };
        let is_total = in_rows.is_none();
        match (is_total, at.is_empty()) {
            (true, false) => return Err(QuestionError::TotalInRow(column.name)),
            (false, true) => return Err(QuestionError::NoRow(column.name)),
            _ => {}
        }
        let place = |(name, value): &(String, String)| {
            let found = report.columns.iter().position(|column| column.name == *name);
            let known = || report.columns.iter().map(|column| column.name).collect();
            found.map(|place| (place, value.clone())).ok_or_else(|| QuestionError::UnknownColumn {
                report: report.id,
                column: name.clone(),
                known: known(),
            })
        };
        Ok(Self { report, measure: column, is_total, at: at.iter().map(place).collect::<Result<_, _>>()? })
    }

    /// Whether the number counts people or is made from such counts, so that its evidence tells what a small group's
    /// count would.
    pub fn counts_people(&self) -> bool {
        let columns = if self.is_total { self.report.totals } else { self.report.columns };
        let counts_people = |column: &Column| column.counts_people;
        counts_people(self.measure) || self.measure.is_made_from(columns, &counts_people)
    }

    /// Hands the rows of [`EXPLANATION`] about what was found to `sink` and gives its total: the number itself.
    ///
    /// # Errors
    /// Those of the report.
    pub fn answer(
        &self,
        Found { row, totals }: &Found,
        basis: &Basis<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Vec<Cell<'static>>, Error> {
        let columns = if self.is_total { self.report.totals } else { self.report.columns };
        let cells = if self.is_total { totals } else { row };
        let named = |name: &str| {
            columns
                .iter()
                .position(|column| column.name == name)
                .map_or(Cell::Null, |place| cells[place].clone())
        };
        let org = named("org");
        let mut part = |object: &str, record_id: Cell<'_>, amount: Cell<'_>, because: &str| {
            let currency = currency(&amount);
            sink.row(&[org.clone(), object.into(), record_id, Cell::Null, amount, currency, because.into()])
                .map_err(Error::Write)
        };
        match self.measure.made {
            Made::Sum => {
                let key = key_of(self.report, row);
                let mut collector =
                    Collector { question: self, key: if self.is_total { &[] } else { &key }, sink };
                (self.report.write)(basis, &mut collector)?;
            }
            Made::From(formula, names) => {
                for (place, name) in names.iter().enumerate() {
                    part(name, Cell::Null, named(name), of_formula(formula, place))?;
                }
            }
            Made::Record => {
                let key = key_of(self.report, row).last().map_or(Cell::Null, Clone::clone);
                let because = match self.measure.fields {
                    [] => self.measure.meaning.to_owned(),
                    fields => format!("{} ({})", self.measure.meaning, fields.join(", ")),
                };
                part(self.report.sources.first().unwrap_or(&""), key, named(self.measure.name), &because)?;
            }
        }
        Ok(vec![named(self.measure.name)])
    }

    /// Finds what is asked about, so that nothing of the answer is written before it is known that there is one.
    ///
    /// # Errors
    /// [`QuestionError::NotOneRow`], and the report's own.
    pub fn find(&self, basis: &Basis<'_>) -> Result<Found, QuestionError> {
        let mut found = 0;
        let mut row = Vec::new();
        let totals = (self.report.write)(basis, &mut |cells: &[Cell<'_>]| {
            if !self.is_total && self.at.iter().all(|(place, value)| cells[*place].text() == value.as_str()) {
                found += 1;
                row = cells.iter().map(Cell::to_owned_cell).collect();
            }
            Ok(())
        })?;
        if !self.is_total && found != 1 {
            return Err(QuestionError::NotOneRow { report: self.report.id, found });
        }
        Ok(Found { row, totals })
    }
}

/// Passes on the evidence of one cell.
struct Collector<'a> {
    question: &'a Question,
    key: &'a [Cell<'a>],
    sink: &'a mut dyn Sink,
}

impl Sink for Collector<'_> {
    fn row(&mut self, _cells: &[Cell<'_>]) -> std::io::Result<()> {
        Ok(())
    }

    fn wants_evidence(&self) -> bool {
        true
    }

    fn evidence(&mut self, evidence: &Evidence<'_>) -> std::io::Result<()> {
        if evidence.measure != self.question.measure.name || evidence.row != self.key {
            return Ok(());
        }
        self.sink.row(&[
            evidence.org.into(),
            evidence.object.into(),
            evidence.record_id.into(),
            evidence.user_id.into(),
            evidence.amount.clone(),
            currency(&evidence.amount),
            evidence.because.into(),
        ])
    }
}

/// The cells of the report's key columns.
fn key_of<'row>(report: &Report, row: &[Cell<'row>]) -> Vec<Cell<'row>> {
    let places =
        report.key.iter().filter_map(|name| report.columns.iter().position(|column| column.name == *name));
    places.filter_map(|place| row.get(place).cloned()).collect()
}

fn currency(amount: &Cell<'_>) -> Cell<'static> {
    match amount {
        Cell::Money(amount) => amount.currency.code().into(),
        _ => Cell::Null,
    }
}

/// What the column at this place does in the formula.
const fn of_formula(formula: Formula, place: usize) -> &'static str {
    match (formula, place) {
        (Formula::Sum, _) => "is added",
        (Formula::Difference | Formula::Excess, 0) => "is taken",
        (Formula::Difference, _) => "is taken away",
        (Formula::Excess, _) => "is taken away, as far as there is any",
        (Formula::Share, 0) => "is divided",
        (Formula::Share, _) => "divides",
        (Formula::Rule, _) => "goes into its rule",
    }
}
