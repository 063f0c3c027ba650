//! Counts and adds up a table of a feed again, from its CSV or its Parquet file, and holds it against the manifest.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;
use std::sync::Arc;

use ::parquet::file::reader::{FileReader as _, SerializedFileReader};
use ::parquet::record::Field;
use ::parquet::schema::types::Type;
use rust_decimal::Decimal;

use super::FileEntry;
use super::datapackage::DATAPACKAGE;
use crate::export::focus::DataSet;
use crate::report::PriceBasis;

/// What is wrong with a CSV file: its columns, where they should be `columns`, its rows, its classes and its sums.
pub(super) fn csv_problems(
    path: &Path,
    file: &FileEntry,
    columns: Option<&Vec<String>>,
) -> io::Result<Vec<String>> {
    let mut reader = ::csv::Reader::from_reader(BufReader::new(File::open(path)?));
    let header: Vec<_> = reader.headers()?.iter().map(str::to_owned).collect();
    let mut count = Count::of(file, &header);
    for record in reader.records() {
        let record = record?;
        count.row(|place| record.get(place).unwrap_or_default());
    }
    let mut problems = count.problems(file);
    if columns.is_some_and(|columns| *columns != header) {
        problems.insert(0, format!("its columns are not those of {DATAPACKAGE}"));
    }
    Ok(problems)
}

/// The same of a Parquet file; the rows are read only when they have classes or sums.
pub(super) fn parquet_problems(path: &Path, file: &FileEntry) -> io::Result<Vec<String>> {
    let reader = SerializedFileReader::new(File::open(path)?).map_err(io::Error::other)?;
    let metadata = reader.metadata().file_metadata();
    let names: Vec<_> = metadata.schema().get_fields().iter().map(|field| field.name().to_owned()).collect();
    let mut count = Count::of(file, &names);
    if file.control_totals.is_empty() && file.classes.is_empty() {
        count.rows = u64::try_from(metadata.num_rows()).unwrap_or_default();
        return Ok(count.problems(file));
    }
    let needed = count.places();
    let fields = needed.iter().map(|place| Arc::clone(&metadata.schema().get_fields()[*place]));
    let projection = Type::group_type_builder(metadata.schema().name()).with_fields(fields.collect()).build();
    let rows = reader.get_row_iter(Some(projection.map_err(io::Error::other)?)).map_err(io::Error::other)?;
    for row in rows {
        let row = row.map_err(io::Error::other)?;
        let texts: BTreeMap<_, _> =
            needed.iter().copied().zip(row.get_column_iter().map(|(_, field)| text(field))).collect();
        count.row(|place| texts.get(&place).map_or("", String::as_str));
    }
    Ok(count.problems(file))
}

/// A value as CSV has it.
fn text(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What is counted, and where it stands in a row.
struct Count {
    summed: Vec<(String, usize)>,
    currency: Option<usize>,
    class: Option<usize>,
    price_basis: Option<usize>,
    rows: u64,
    sums: BTreeMap<(String, String), Decimal>,
    classes: BTreeMap<String, u64>,
}

impl Count {
    fn of(file: &FileEntry, header: &[String]) -> Self {
        let place = |name: &str| header.iter().position(|column| column == name);
        let is_of = |set: &&DataSet| set.csv_file() == file.name || set.parquet_file() == file.name;
        let (currency, class) = match DataSet::ALL.iter().find(is_of) {
            Some(set) => (place("BillingCurrency"), place(set.class())),
            None => (place("currency"), place("class")),
        };
        let mut names: Vec<_> = file.control_totals.iter().map(|total| total.column.as_str()).collect();
        names.dedup();
        let summed = names.into_iter().filter_map(|name| Some((name.to_owned(), place(name)?))).collect();
        let price_basis = place(PriceBasis::COLUMN);
        let (sums, classes) = (BTreeMap::new(), BTreeMap::new());
        Self { summed, currency, class, price_basis, rows: 0, sums, classes }
    }

    /// The places of the cells that are looked at, in the order of the columns.
    fn places(&self) -> Vec<usize> {
        let summed = self.summed.iter().map(|(_, place)| *place);
        let marks = [self.currency, self.class, self.price_basis].into_iter().flatten();
        let mut places: Vec<_> = summed.chain(marks).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    fn row<'row>(&mut self, cell: impl Fn(usize) -> &'row str) {
        self.rows += 1;
        let is_estimate = self.price_basis.is_some_and(|place| PriceBasis::is_estimate(cell(place)));
        for (column, place) in self.summed.iter().filter(|_| !is_estimate) {
            if let Ok(amount) = cell(*place).parse::<Decimal>() {
                let currency = self.currency.map_or("", &cell).to_owned();
                *self.sums.entry((column.clone(), currency)).or_default() += amount;
            }
        }
        if let Some(class) = self.class {
            *self.classes.entry(cell(class).to_owned()).or_default() += 1;
        }
    }

    fn problems(mut self, file: &FileEntry) -> Vec<String> {
        let mut problems = Vec::new();
        if file.rows != Some(self.rows) {
            let said = file.rows.map_or("nothing".to_owned(), |rows| rows.to_string());
            problems.push(format!("has {} rows, and the manifest says {said}", self.rows));
        }
        if self.classes != file.classes {
            problems.push("its rows are not of the classes that the manifest counts".to_owned());
        }
        for total in &file.control_totals {
            let found = self.sums.remove(&(total.column.clone(), total.currency.clone())).unwrap_or_default();
            if total.amount.parse() != Ok(found) {
                problems.push(format!(
                    "{} adds up to {found} {}, and the manifest says {}",
                    total.column, total.currency, total.amount
                ));
            }
        }
        if let Some(((column, currency), found)) = self.sums.into_iter().next() {
            problems
                .push(format!("{column} adds up to {found} {currency}, of which the manifest says nothing"));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::super::ControlTotal;
    use super::*;
    use crate::export::{ParquetColumn, ParquetType, ParquetValue, ParquetWriter};

    fn entry(name: &str, rows: u64, totals: &[(&str, &str)], classes: &[(&str, u64)]) -> FileEntry {
        let total = |(currency, amount): &(&str, &str)| ControlTotal {
            column: "year_price".to_owned(),
            currency: (*currency).to_owned(),
            amount: (*amount).to_owned(),
        };
        FileEntry {
            name: name.to_owned(),
            path: String::new(),
            media_type: String::new(),
            bytes: 0,
            sha256: String::new(),
            rows: Some(rows),
            period: None,
            control_totals: totals.iter().map(total).collect(),
            classes: classes.iter().map(|(class, count)| ((*class).to_owned(), *count)).collect(),
        }
    }

    /// Four seats of two classes in both formats, one of them with an estimate, in a folder.
    fn tables() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let rows = [
            ("frozen", Some(1050), "EUR", "contract"),
            ("never", Some(200), "USD", "contract"),
            ("never", Some(300), "USD", "list_estimated"),
            ("never", None, "", ""),
        ];
        let mut csv = "class,user,year_price,currency,price_basis\n".to_owned();
        let columns = [
            ParquetColumn { name: "class", holds: ParquetType::Text },
            ParquetColumn { name: "user", holds: ParquetType::Text },
            ParquetColumn { name: "year_price", holds: ParquetType::Decimal { scale: 2 } },
            ParquetColumn { name: "currency", holds: ParquetType::Text },
            ParquetColumn { name: "price_basis", holds: ParquetType::Text },
        ];
        let mut parquet = Vec::new();
        let mut writer = ParquetWriter::begin(&columns, &[], &mut parquet).unwrap();
        for (class, cents, currency, basis) in rows {
            let price = cents.map_or(String::new(), |cents| format!("{}.{:02}", cents / 100, cents % 100));
            csv += &format!("{class},u,{price},{currency},{basis}\n");
            let cents = cents.map_or(ParquetValue::Null, ParquetValue::Decimal);
            let [currency, basis] = [currency, basis]
                .map(|text| if text.is_empty() { ParquetValue::Null } else { ParquetValue::Text(text) });
            writer
                .row(&[ParquetValue::Text(class), ParquetValue::Text("u"), cents, currency, basis])
                .unwrap();
        }
        writer.finish().unwrap();
        std::fs::write(folder.path().join("seats.csv"), csv).unwrap();
        std::fs::write(folder.path().join("seats.parquet"), parquet).unwrap();
        folder
    }

    #[test]
    fn both_formats_are_held_against_what_the_manifest_says() {
        let folder = tables();
        let sums: &[(&str, &str)] = &[("EUR", "10.50"), ("USD", "2.00")];
        let classes: &[(&str, u64)] = &[("frozen", 1), ("never", 3)];
        for (rows, sums, classes, expected) in [
            (4, sums, classes, ""),
            (5, sums, classes, "has 4 rows, and the manifest says 5"),
            (
                4,
                &[("EUR", "10.51"), ("USD", "2.00")],
                classes,
                "year_price adds up to 10.50 EUR, and the manifest says 10.51",
            ),
            (4, &sums[..1], classes, "year_price adds up to 2.00 USD, of which the manifest says nothing"),
            (4, sums, &classes[..1], "its rows are not of the classes that the manifest counts"),
        ] {
            let csv = csv_problems(
                &folder.path().join("seats.csv"),
                &entry("seats.csv", rows, sums, classes),
                None,
            );
            assert_eq!(csv.unwrap().join("; "), expected);
            let file = entry("seats.parquet", rows, sums, classes);
            let parquet = parquet_problems(&folder.path().join("seats.parquet"), &file);
            assert_eq!(parquet.unwrap().join("; "), expected);
        }
    }

    #[test]
    fn rows_are_counted_where_nothing_else_is() {
        let mut parquet = Vec::new();
        let columns = [ParquetColumn { name: "user", holds: ParquetType::Text }];
        let mut writer = ParquetWriter::begin(&columns, &[], &mut parquet).unwrap();
        (0..2).for_each(|_| writer.row(&[ParquetValue::Text("u")]).unwrap());
        writer.finish().unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), parquet).unwrap();
        let problems = |rows| parquet_problems(file.path(), &entry("users.parquet", rows, &[], &[])).unwrap();
        assert_eq!(problems(2), [""; 0]);
        assert_eq!(problems(1), ["has 2 rows, and the manifest says 1"]);
        std::fs::write(file.path(), "PAR1").unwrap();
        assert!(parquet_problems(file.path(), &entry("users.parquet", 2, &[], &[])).is_err());
    }
}
