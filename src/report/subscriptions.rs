//! Report `subscriptions`: what was bought or granted, how much of it is used, and when it ends.

use super::measure::days_until;
use super::measure::usage::share_of_amounts;
use super::table::{Cell, Column, Kind};
use super::{Basis, Error, Evidence, Formula, Reach, Report, Sink, knows_all};
use crate::store::{Selection, SubscriptionRow};

/// The report.
pub const SUBSCRIPTIONS: Report = Report {
    id: "subscriptions",
    title: "Subscriptions",
    description: "Licenses and usage-based entitlements with quantity, use, term and state; always of the whole org",
    definition: "One row per license or usage-based entitlement that an org has. `quantity` and `used` are Salesforce's \
                 own numbers; a quantity without a limit is empty and in no sum.",
    reach: Reach::WholeOrgs,
    options: &[],
    columns: &[
        Column::new("org", Kind::Text, "Short name of the org").shown(),
        Column::new("subscription_id", Kind::Text, "Salesforce's id of the record"),
        Column::new("source", Kind::Text, "The object it comes from").shown(),
        Column::new("key", Kind::Text, "Key, the same in every org"),
        Column::new("name", Kind::Text, "Label").shown(),
        Column::new("quantity", Kind::Number, "What is allowed; empty when unlimited or unknown")
            .of(&[
                "UserLicense.TotalLicenses",
                "PermissionSetLicense.TotalLicenses",
                "PackageLicense.AllowedLicenses",
                "TenantUsageEntitlement.CurrentAmountAllowed",
            ])
            .shown(),
        Column::new("used", Kind::Number, "What is used; empty when not metered")
            .of(&[
                "UserLicense.UsedLicenses",
                "PermissionSetLicense.UsedLicenses",
                "PackageLicense.UsedLicenses",
                "TenantUsageEntitlement.AmountUsed",
            ])
            .shown(),
        Column::new(
            "utilization_percent",
            Kind::Percent,
            "used / quantity; empty without a positive quantity",
        )
        .from(Formula::Rule, &["used", "quantity"])
        .shown(),
        Column::new("frequency", Kind::Text, "How often a usage-based entitlement starts anew").shown(),
        Column::new("start_on", Kind::Date, "First day").shown(),
        Column::new("end_on", Kind::Date, "Last day").shown(),
        Column::new("ends_in_days", Kind::Integer, "Days from as_of to end_on")
            .from(Formula::Rule, &["end_on"]),
        Column::new("status", Kind::Text, "Salesforce's word for its state").shown(),
    ],
    totals: &[
        Column::new("subscriptions", Kind::Integer, "Subscriptions listed").sum(),
        Column::new("exceeded_subscriptions", Kind::Integer, "Of these, used beyond their quantity").sum(),
    ],
    sources: SOURCES,
    key: &["org", "source", "subscription_id"],
    label: &["org", "source", "name"],
    about: &["quantity", "used"],
    write,
};

const SOURCES: &[&str] = &["UserLicense", "PermissionSetLicense", "PackageLicense", "TenantUsageEntitlement"];

/// Without one of these, nobody knows how many subscriptions there are. Most orgs lack the fourth source.
const COUNTED: &[&str] = &["UserLicense", "PermissionSetLicense", "PackageLicense"];

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, .. } = *basis;
    let (mut subscriptions, mut exceeded) = (0_i64, 0_i64);
    reader.subscriptions(selection, |subscription| {
        let mut because = |measure, because| {
            let evidence = Evidence {
                row: &[],
                measure,
                amount: Cell::Integer(1),
                org: &subscription.org,
                object: "subscriptions",
                record_id: &subscription.subscription_id,
                user_id: None,
                because,
            };
            sink.evidence(&evidence).map_err(Error::Write)
        };
        subscriptions += 1;
        because("subscriptions", "is a subscription of the org")?;
        if subscription.used.zip(subscription.quantity).is_some_and(|(used, of)| used > of) {
            exceeded += 1;
            because("exceeded_subscriptions", "uses more than its quantity")?;
        }
        sink.row(&cells(&subscription, selection)).map_err(Error::Write)
    })?;
    let is_known = knows_all(reader, selection, COUNTED)?;
    let known = |number: i64| if is_known { Cell::Integer(number) } else { Cell::Null };
    Ok(vec![known(subscriptions), known(exceeded)])
}

fn cells<'row>(subscription: &'row SubscriptionRow, selection: &Selection) -> [Cell<'row>; 13] {
    let ends_in_days = subscription.end_on.as_deref().and_then(|end| days_until(end, selection.as_of));
    [
        (&subscription.org).into(),
        (&subscription.subscription_id).into(),
        (&subscription.source).into(),
        subscription.key.as_ref().into(),
        subscription.name.as_ref().into(),
        subscription.quantity.into(),
        subscription.used.into(),
        share(subscription).map_or(Cell::Null, Cell::BasisPoints),
        subscription.frequency.as_ref().into(),
        subscription.start_on.as_ref().into(),
        subscription.end_on.as_ref().into(),
        ends_in_days.into(),
        subscription.status.as_ref().into(),
    ]
}

fn share(subscription: &SubscriptionRow) -> Option<i64> {
    let (used, quantity) = subscription.used.zip(subscription.quantity)?;
    share_of_amounts(used, quantity)
}
