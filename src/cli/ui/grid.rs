//! Small tables for people: aligned columns without lines, readable by eye and by `awk`.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};

use crate::base::printable;

/// Lines of aligned columns under `header`; a header that ends with `#` (not shown) marks a column of numbers.
pub(in crate::cli) fn grid(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.iter().map(|name| name.trim_end_matches('#')));
    table.add_rows(rows.into_iter().map(|row| row.into_iter().map(|cell| printable(&cell).into_owned())));
    for (column, name) in table.column_iter_mut().zip(header) {
        column.set_padding((0, 2));
        if name.ends_with('#') {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_without_spaces() {
        let rows = [vec!["acme".to_owned(), "12".to_owned()], vec!["a".to_owned(), "5000".to_owned()]];
        assert_eq!(grid(&["org", "rows#"], rows), "org   rows\nacme    12\na     5000\n");
    }

    #[test]
    fn what_a_cell_holds_cannot_reach_the_terminal() {
        let rows = [vec!["a\u{1b}]0;x\u{7}".to_owned()], vec!["N\u{202e}g".to_owned()]];
        assert_eq!(grid(&["org"], rows), "org\na\\u{1b}]0;x\\u{7}\nN\\u{202e}g\n");
    }
}
