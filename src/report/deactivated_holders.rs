//! Report `deactivated-holders`: seats that deactivated users still hold.

use super::evidence::Evidence;
use super::seat_price::{PriceBasis, SeatPrice, SeatPrices, price_cells};
use super::table::{Cell, Column, Kind};
use super::user_columns::{
    COMPANY, CONTRACT_ENDS_ON, CONTRACT_LINE, CURRENCY, DEPARTMENT, KIND, LICENSE, LICENSE_ID, LICENSE_KEY,
    NAME, ORG, PRICE_BASIS, USER_ID, USERNAME, YEAR_PRICE, count, instant, people, text,
};
use super::{Basis, Error, Reach, Report, ReportOption, Sink, knows_all};
use crate::store::HolderRow;

/// The report.
pub const DEACTIVATED_HOLDERS: Report = Report {
    id: "deactivated-holders",
    title: "Seats of deactivated users",
    description: "Permission set license and package seats that deactivated users still hold, with their price",
    definition: "One row per seat. Deactivating a user frees the user license and the feature licenses and nothing else: \
                 permission set licenses and package licenses stay assigned until someone removes them. The price is \
                 the one of the contract line in force at as_of for twelve months, of several that of the line with most \
                 seats and of equals of the one that began first; a seat without such a line is \
                 unpriced, which is not free. With `--assume-list`, it has the list price, where there is one, of \
                 the license's line that ended last, else of the one that begins next. Such a price is an estimate, \
                 marked `list_estimated`: it is in no sum, and its seat counts in `estimated_seats` and not in \
                 `unpriced_seats`.",
    reach: Reach::Companies,
    options: &[ReportOption::KnownOn, ReportOption::AssumeList],
    columns: &[
        ORG,
        KIND,
        LICENSE_ID,
        LICENSE_KEY,
        LICENSE,
        USER_ID,
        USERNAME,
        NAME,
        COMPANY,
        DEPARTMENT,
        Column::new("assigned_at", Kind::DateTime, "When the seat was assigned")
            .of(&["PermissionSetLicenseAssign.CreatedDate", "UserPackageLicense.CreatedDate"])
            .shown(),
        Column::new("last_login_at", Kind::DateTime, "Last login by Salesforce's field")
            .of(&["User.LastLoginDate"])
            .shown(),
        YEAR_PRICE,
        CURRENCY,
        PRICE_BASIS,
        CONTRACT_LINE,
        CONTRACT_ENDS_ON,
    ],
    totals: &[
        count("seats", "Seats listed"),
        count("permission_set_seats", "Of these, of permission set licenses"),
        count("package_seats", "Of these, of packages"),
        count("unpriced_seats", "Of these, without a price"),
        count("estimated_seats", "Of these, priced by list"),
        people("deactivated_users", "Deactivated users who hold them"),
    ],
    sources: &[
        "User",
        "PermissionSetLicense",
        "PermissionSetLicenseAssign",
        "PackageLicense",
        "UserPackageLicense",
    ],
    key: &["org", "kind", "license_id", "user_id"],
    label: &["org", "license", "username"],
    about: &["year_price", PriceBasis::COLUMN],
    write,
};

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, .. } = *basis;
    let mut seats = Vec::new();
    reader.holders(selection, |seat| -> Result<(), Error> {
        if seat.holder.is_active == Some(false) {
            seats.push(seat.clone());
        }
        Ok(())
    })?;
    let mut prices = SeatPrices::of(basis);
    let mut counts = [0_i64; MEASURES.len()];
    let mut previous: Option<&HolderRow> = None;
    for seat in &seats {
        let price = prices.price(seat);
        let priced_by = price.map(|price| price.basis);
        let is_next_user =
            previous.is_none_or(|previous| !std::rc::Rc::ptr_eq(&previous.holder, &seat.holder));
        previous = Some(seat);
        let counted = [
            true,
            seat.license.kind == "permission_set",
            seat.license.kind == "package",
            priced_by.is_none(),
            priced_by == Some(PriceBasis::ListEstimated),
            is_next_user,
        ];
        for ((count, is_counted), measure) in counts.iter_mut().zip(counted).zip(MEASURES) {
            if is_counted {
                *count += 1;
                sink.evidence(&evidence(seat, measure)).map_err(Error::Write)?;
            }
        }
        sink.row(&cells(seat, price)).map_err(Error::Write)?;
    }
    let is_known = |objects: &[&str]| -> Result<bool, Error> {
        knows_all(reader, selection, &[&["User"], objects].concat())
    };
    let (sets, packages) = (is_known(&["PermissionSetLicenseAssign"])?, is_known(&["UserPackageLicense"])?);
    let all = sets && packages;
    let cell = |(number, is_known): (i64, bool)| if is_known { Cell::Integer(number) } else { Cell::Null };
    Ok(counts.into_iter().zip([all, sets, packages, all, all, all]).map(cell).collect())
}

/// The totals, in order.
const MEASURES: [&str; 6] = [
    "seats",
    "permission_set_seats",
    "package_seats",
    "unpriced_seats",
    "estimated_seats",
    "deactivated_users",
];

fn evidence<'a>(seat: &'a HolderRow, measure: &'static str) -> Evidence<'a> {
    Evidence {
        row: &[],
        measure,
        amount: Cell::Integer(1),
        org: &seat.holder.org,
        object: seat.object(),
        record_id: &seat.license.license_id,
        user_id: Some(&seat.holder.user_id),
        because: "the user is deactivated and holds a seat of this license",
    }
}

fn cells<'row>(seat: &'row HolderRow, price: Option<SeatPrice<'row>>) -> [Cell<'row>; 17] {
    let HolderRow { holder, license, assigned_at } = seat;
    let [year_price, currency, price_basis, contract_line, contract_ends_on] = price_cells(price);
    [
        Cell::from(&*holder.org),
        license.kind.into(),
        (&license.license_id).into(),
        license.key.as_ref().into(),
        license.name.as_ref().into(),
        (&holder.user_id).into(),
        holder.username.as_ref().into(),
        holder.name.as_ref().into(),
        text(holder.company.as_ref()),
        text(holder.department.as_ref()),
        instant(*assigned_at),
        instant(holder.last_login_at),
        year_price,
        currency,
        price_basis,
        contract_line,
        contract_ends_on,
    ]
}
