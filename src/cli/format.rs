//! How a report is to be written.

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::ui::Ui;
use crate::export::{self, CsvProfile, Separators};

/// The options that choose a format.
#[derive(Debug, Args)]
pub(super) struct FormatArguments {
    /// How to write it
    #[arg(long, value_enum, default_value = "table")]
    pub format: FormatName,
    /// Write CSV that Excel opens as it is: byte order mark, CRLF, text that begins like a formula after an apostrophe
    #[arg(long)]
    pub excel: bool,
    /// The language whose separators Excel expects
    #[arg(long, value_enum, requires = "excel")]
    pub locale: Option<Locale>,
}

/// The formats by their names on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatName {
    /// Aligned columns for people
    Table,
    /// For programs, every value exact; with --excel for Excel
    Csv,
    /// One document
    Json,
    /// A workbook with a sheet of definitions
    Xlsx,
    /// One page that needs no network
    Html,
}

impl FormatName {
    /// The word for it on the command line.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Xlsx => "xlsx",
            Self::Html => "html",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Locale {
    /// `,` between fields, `.` before decimals
    En,
    /// `;` between fields, `,` before decimals
    De,
}

impl FormatArguments {
    /// Checks that the options belong together.
    ///
    /// # Errors
    /// `--excel` with a format that is not CSV.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.excel && self.format != FormatName::Csv {
            return Err(
                Failure::usage("--excel is about CSV only").hint("add --format csv, or leave --excel out")
            );
        }
        Ok(())
    }

    /// The format, for standard output when `is_printed`.
    ///
    /// # Errors
    /// A terminal would be given a workbook.
    pub(super) fn format(&self, is_printed: bool, ui: &Ui) -> Result<export::Format, Failure> {
        Ok(match self.format {
            FormatName::Table => export::Format::Table {
                bold_header: is_printed && ui.styles_data(),
                room: ui.data_width().filter(|_| is_printed),
            },
            FormatName::Csv => export::Format::Csv(self.profile()),
            FormatName::Json => export::Format::Json,
            FormatName::Xlsx if is_printed && ui.data_width().is_some() => {
                return Err(Failure::usage("a workbook cannot be shown on a terminal")
                    .hint("name a file with --output, such as --output report.xlsx"));
            }
            FormatName::Xlsx => export::Format::Xlsx,
            FormatName::Html => export::Format::Html,
        })
    }

    fn profile(&self) -> CsvProfile {
        match (self.excel, self.locale) {
            (false, _) => CsvProfile::Machine,
            (true, None | Some(Locale::En)) => CsvProfile::Excel(Separators::CommaAndPoint),
            (true, Some(Locale::De)) => CsvProfile::Excel(Separators::SemicolonAndComma),
        }
    }
}
