//! The books that people keep beside Salesforce: what was bought, who is exempt, who is employed.
//!
//! Pure: a book is made from the text of its file. What is wrong with a file is told with its line.

mod cell;
mod contract_file;
mod contract_template;
mod contracts;
mod coverage;
mod exemptions;
mod people;
mod problem;
mod sheet;

pub use contract_file::CONTRACT_COLUMNS;
pub use contract_template::{FilledCells, book_template, contract_template, csv_row, sample_contract_row};
pub use contracts::{Billing, Charge, ContractLine, Contracts, InvoiceCharge, PricePeriod, nearest_key};
pub use coverage::{Coverage, Overlap};
pub use exemptions::{EXEMPTION_COLUMNS, Exempt, Exemption, Exemptions};
pub use people::{PEOPLE_COLUMNS, PeopleList, PersonOfRecord};
pub use problem::LineProblem;
pub use sheet::{BookColumn, FileForm, LineEnd, text_of};

/// One of the files that people keep. Without it some numbers cannot be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Book {
    /// [`Books::contracts`].
    Contracts,
    /// [`Books::exemptions`].
    Exemptions,
    /// [`Books::people`].
    People,
}

impl Book {
    /// Every book.
    pub const ALL: [Self; 3] = [Self::Contracts, Self::Exemptions, Self::People];

    /// The columns of its file.
    pub const fn columns(self) -> &'static [BookColumn] {
        match self {
            Self::Contracts => CONTRACT_COLUMNS,
            Self::Exemptions => EXEMPTION_COLUMNS,
            Self::People => PEOPLE_COLUMNS,
        }
    }

    /// Its word in the configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Contracts => "contracts",
            Self::Exemptions => "exemptions",
            Self::People => "people",
        }
    }

    /// Why nothing is known that only it tells, when it is not there.
    pub const fn absence(self) -> &'static str {
        match self {
            Self::Contracts => "no contract file is configured",
            Self::Exemptions => "no file of exemptions is configured",
            Self::People => "no list of people is configured",
        }
    }
}

impl Books {
    /// Whether the book is configured.
    pub const fn has(&self, book: Book) -> bool {
        match book {
            Book::Contracts => self.contracts.is_some(),
            Book::Exemptions => self.exemptions.is_some(),
            Book::People => self.people.is_some(),
        }
    }
}

/// The books that are configured. Without one its numbers are unknown, never zero.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// What was bought, from whom and at what price.
    pub contracts: Option<Contracts>,
    /// Who may keep a license without using it.
    pub exemptions: Option<Exemptions>,
    /// Who is employed, by human resources or the identity provider.
    pub people: Option<PeopleList>,
}
