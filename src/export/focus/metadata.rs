//! The metadata that goes with the data sets: who made them, what their columns are and how recent they are.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::column::{Form, Presence};
use super::data_set::{DataSet, FocusRow};
use super::parquet::SCALE;

/// Its file in a feed.
pub(in crate::export) const METADATA: &str = "focus-metadata.json";

/// The version of FOCUS that the data sets follow.
pub(super) const FOCUS_VERSION: &str = "1.4";
/// The version of the columns; raised when they change.
const SCHEMA_VERSION: &str = "1.0.0";
/// The digits that numbers are counted with.
const PRECISION: u32 = 28;
/// When the columns last changed.
const SCHEMA_CREATED: &str = "2026-11-22T00:00:00Z";

/// The document about data sets at `as_of`, in whole seconds.
pub(super) fn document(charges: &[FocusRow], is_complete: bool, as_of: &str) -> Vec<u8> {
    let schemas: Vec<_> = DataSet::ALL.iter().map(|set| schema(*set)).collect();
    let instances: Vec<_> = DataSet::ALL
        .iter()
        .map(|set| {
            json!({"DatasetInstanceId": instance(*set), "DatasetInstanceName": set.csv_file(), "FocusDatasetId": set.id()})
        })
        .collect();
    let recency: Vec<_> = DataSet::ALL
        .iter()
        .map(|set| {
            let mut recency = json!({
                "DatasetInstanceId": instance(*set), "DatasetInstanceComplete": is_complete,
                "DatasetInstanceLastUpdated": as_of, "RecencyLastUpdated": as_of,
            });
            if *set == DataSet::CostAndUsage {
                recency["TimeSectors"] = time_sectors(charges, as_of);
            }
            recency
        })
        .collect();
    let document = json!({
        "DataGenerator": {"DataGenerator": "Seatledger"},
        "DatasetInstance": instances,
        "Schema": schemas,
        "Recency": recency,
        "x_CorrectionHandling": {
            "OpenBillingPeriod": "Replacement",
            "ClosedBillingPeriod": "Ledger",
            "ClosedWhen": "a feed was published at or after the end of the billing period",
        },
    });
    let mut bytes = serde_json::to_vec_pretty(&document).expect("plain JSON");
    bytes.push(b'\n');
    bytes
}

fn instance(set: DataSet) -> String {
    format!("seatledger.{}", set.id())
}

fn schema(set: DataSet) -> Value {
    let columns: Vec<_> = set
        .columns()
        .iter()
        .map(|column| {
            let mut definition = json!({"ColumnName": column.name, "DataType": column.data_type()});
            match column.form {
                Form::Decimal | Form::Price => {
                    definition["NumericPrecision"] = json!(PRECISION);
                    definition["NumberScale"] = json!(SCALE);
                }
                Form::DateTime => {}
                _ => definition["StringEncoding"] = json!("UTF-8"),
            }
            if let Some(feature) = column.feature {
                definition["x_Feature"] = json!(feature);
                definition["x_FeatureSupported"] = json!(column.presence != Presence::Never);
            }
            if ["ProviderName", "PublisherName"].contains(&column.name) {
                definition["Deprecated"] = json!(true);
            }
            definition
        })
        .collect();
    json!({
        "SchemaId": format!("{}.{FOCUS_VERSION}.{SCHEMA_VERSION}", instance(set)),
        "DatasetInstanceId": instance(set), "FocusDatasetId": set.id(), "FocusVersion": FOCUS_VERSION,
        "CreationDate": SCHEMA_CREATED, "DataGeneratorVersion": SCHEMA_VERSION, "ColumnDefinition": columns,
    })
}

/// Each billing period, complete once it is over.
fn time_sectors(charges: &[FocusRow], as_of: &str) -> Value {
    let periods: BTreeSet<_> =
        charges.iter().map(|row| (row.get("BillingPeriodStart"), row.get("BillingPeriodEnd"))).collect();
    let sectors = periods.into_iter().map(|(start, end)| {
        json!({
            "TimeSectorStart": start, "TimeSectorEnd": end, "TimeSectorComplete": end <= as_of,
            "TimeSectorLastUpdated": as_of,
        })
    });
    sectors.collect()
}
