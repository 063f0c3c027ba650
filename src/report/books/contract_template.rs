//! A contract file to start from: every column explained, and rows to fill in.

use std::collections::BTreeMap;

use super::contract_file::CONTRACT_COLUMNS;
use super::sheet::BookColumn;

/// The cells of a row by the name of their column; the others are empty.
pub type FilledCells = BTreeMap<&'static str, String>;

/// A whole row as an example.
pub fn sample_contract_row() -> FilledCells {
    CONTRACT_COLUMNS.iter().map(|column| (column.name, column.sample.to_owned())).collect()
}

/// A contract file with these rows. `remark` says what they are.
pub fn contract_template(remark: &str, rows: &[FilledCells]) -> String {
    let what = "One row for each line of an order form, and for each tax or credit on an invoice.";
    let mut text = book_template(CONTRACT_COLUMNS, &[what], &[remark]);
    for row in rows {
        let cells = CONTRACT_COLUMNS.iter().map(|column| row.get(column.name).map_or("", String::as_str));
        text += &csv_row(&cells.collect::<Vec<_>>());
    }
    text
}

/// A file of these columns without rows: remarks, what each column holds, further remarks, and the header.
pub fn book_template(columns: &[BookColumn], before: &[&str], after: &[&str]) -> String {
    let about = columns.iter().map(|column| {
        let need = if column.needed { "" } else { " (the column may be left out)" };
        format!("{}: {}{need}", column.name, column.about)
    });
    let before = before.iter().map(|remark| (*remark).to_owned());
    let remarks = before.chain(about).chain(after.iter().map(|remark| (*remark).to_owned()));
    let header: Vec<_> = columns.iter().map(|column| column.name).collect();
    remarks.map(|remark| format!("# {remark}\n")).collect::<String>() + &csv_row(&header)
}

/// A line of a CSV file, its end included.
pub fn csv_row(cells: &[&str]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).expect("writing to memory does not fail");
    let bytes = writer.into_inner().expect("writing to memory does not fail");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::Contracts;
    use super::*;

    #[test]
    fn the_sample_is_a_contract() {
        let text = contract_template("A sample.", &[sample_contract_row()]);
        let contracts = Contracts::parse(&text, &["acme"]).unwrap_or_else(|problems| panic!("{problems:?}"));
        let [line] = contracts.lines.as_slice() else { panic!("one line") };
        assert_eq!((line.quantity, line.price_of_add_on().to_string()), (150, "150".to_owned()));
        assert!(line.auto_renew && line.list_price.is_some() && line.uplift_percent.is_some());
    }

    #[test]
    fn every_remark_names_its_column() {
        let text = contract_template("A sample.", &[]);
        for column in CONTRACT_COLUMNS {
            assert!(text.contains(&format!("\n# {}: {}", column.name, column.about)), "{}", column.name);
            assert!(!column.about.ends_with('.') && !column.about.contains('\n'), "{}", column.name);
        }
    }
}
