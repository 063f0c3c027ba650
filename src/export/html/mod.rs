//! One page for a browser that needs nothing but itself: a manager opens it from a mail.
//!
//! A page holds one report, or the overview of several. It fetches nothing, and its content security
//! policy lets only its own style and script run, which it names by their hashes, so that a name that is markup stays a
//! name. Bars are elements of the page rather than a drawn picture: they follow its width and colors, and their numbers
//! are read out.

mod absence;
mod chart;
mod charts;
mod draw;
mod human;
mod overview;
mod page;
mod section;

use std::io::{self, Write};

use self::page::Page;
use self::section::Section;
use super::{Document, RowWriter};
use crate::report::Cell;

pub use overview::{overview_reports, write_overview};

/// More rows than this, nobody reads on a page.
const MOST_ROWS: usize = 300;

/// One report being written as a page.
pub(super) struct Html<'state, 'out> {
    document: Document<'state>,
    section: Section,
    out: &'out mut dyn Write,
}

impl<'state, 'out> Html<'state, 'out> {
    pub(super) fn begin(document: &Document<'state>, out: &'out mut dyn Write) -> Self {
        Self { document: *document, section: Section::begin(document, MOST_ROWS), out }
    }
}

impl RowWriter for Html<'_, '_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self.section.row(cells);
        Ok(())
    }

    fn finish(self: Box<Self>, totals: &[Cell<'_>]) -> io::Result<()> {
        let Self { document, section, out } = *self;
        let report = document.report;
        let page = Page {
            title: report.title,
            lead: report.description,
            completeness: document.completeness,
            people: document.people,
            headlines: Vec::new(),
            sections: vec![section.finish(totals)],
        };
        page.write(out)
    }
}

#[cfg(test)]
mod tests {
    use crate::export::Format;
    use crate::export::sample::{row, rows, written};

    fn page(rows: &[Vec<crate::report::Cell<'_>>]) -> String {
        String::from_utf8(written(Format::Html, rows)).unwrap()
    }

    #[test]
    fn a_name_that_is_markup_stays_a_name() {
        let page = page(&rows());
        for expected in [
            "<bdi>&#60;script&#62;alert(1)&#60;/script&#62;</bdi>",
            "<bdi>\\u{202e}gpj.exe</bdi>",
            "<bdi>محمد بن عبد الله</bdi>",
            "&#34; onmouseover=&#34;alert(1)&#39; &#60;/td&#62;&#60;/table&#62;",
            "a\\u{0}b\\u{1b}[2J\\r\\n\\tc",
        ] {
            assert!(page.contains(expected), "{expected}");
        }
        assert_eq!(page.matches("<script").count(), 1);
        assert!(!page.contains("http://evil.example\">"));
    }

    #[test]
    fn a_page_tells_values_populations_and_what_is_unknown() {
        let page = page(&rows());
        for expected in [
            "Complete</span> as of <time datetime=\"2026-11-21T03:00:00.000Z\">2026-11-21 03:00</time> UTC",
            "<dt>all seats</dt><dd>98,760</dd><dd class=\"population\">Seats of all</dd>",
            "<td class=\"number\" data-sort=\"12345\"><bdi>12,345</bdi></td>",
            "<td class=\"number\" data-sort=\"78.43\"><bdi>78.43 %</bdi></td>",
            "<td class=\"number\" data-sort=\"-12345.67\"><bdi>-12,345.67</bdi></td>",
            "<span class=\"aside\">unknown</span>",
            "One row per seat &#38; holder.",
            "One more column is in the workbook: seatledger report sample --format xlsx.",
        ] {
            assert!(page.contains(expected), "{expected} in\n{page}");
        }
    }

    #[test]
    fn a_page_stops_at_some_hundred_rows_and_says_so() {
        let many: Vec<_> = (0..super::MOST_ROWS + 45).map(|_| row("Zoë")).collect();
        let page = page(&many);
        assert_eq!(page.matches("<tr>").count(), super::MOST_ROWS + 1);
        for expected in ["Sample: the first 300 of 345 rows", "the other 45 are in the workbook"] {
            assert!(page.contains(expected), "{page}");
        }
    }

    #[test]
    fn nothing_in_a_page_comes_from_elsewhere() {
        let page = page(&rows());
        for fetched in
            [" src=", "url(", "@import", "http-equiv=\"refresh\"", "<iframe", "<form", " style=", " onclick="]
        {
            assert!(!page.contains(fetched), "{fetched}");
        }
        assert!(page.contains("content=\"default-src &#39;none&#39;; style-src &#39;sha256-"), "{page}");
    }
}
