//! The columns of the data set Cost and Usage, FOCUS 1.4 (focus.finops.org), in the order of the file: those of FOCUS
//! by name, then our own.

use super::column::{FocusColumn, Form, Presence};

use Form::{Currency, DateTime, Decimal, Json, KeyValue, Price, Text};
use Presence::{Consumed, OnlyWith, Optional, Priced, With};

const NEGOTIATED: &str = "NEGOTIATED_PRICING_SUPPORTED";
const LIST_PRICES: &str = "PUBLIC_PRICE_LIST_SUPPORTED";
const INVOICES: &str = "INVOICE_ISSUER_PAYABLE_INVOICES_SUPPORTED";
const SUB_ACCOUNTS: &str = "SUB_ACCOUNT_SUPPORTED";
const USAGE: &str = "USAGE_MEASUREMENT_SUPPORTED";
const CURRENCIES: &str = "MULTIPLE_CURRENCIES_SUPPORTED";
const ALLOCATION: &str = "DATA_GENERATOR_CALCULATED_SPLIT_COST_ALLOCATION_SUPPORTED";
const RESERVATIONS: &str = "CAPACITY_RESERVATION_SUPPORTED";
const DISCOUNTS: &str = "COMMITMENT_DISCOUNTS_SUPPORTED";
const RESOURCES: &str = "BILLING_BASED_ON_PROVISIONED_RESOURCES_SUPPORTED";
const REGIONS: &str = "REGIONS_SUPPORTED";

/// The categories of charges that rows have.
pub(super) mod category {
    pub(in super::super) const USAGE: &str = "Usage";
    pub(in super::super) const PURCHASE: &str = "Purchase";
    pub(in super::super) const TAX: &str = "Tax";
    pub(in super::super) const CREDIT: &str = "Credit";
}

/// `ChargeClass` of a row that corrects a closed month.
pub(super) const CORRECTION: &str = "Correction";

/// The unit of quantities.
pub(super) const UNIT: &str = "License-Months";

/// The columns.
pub(super) const COST_AND_USAGE: &[FocusColumn] = &[
    FocusColumn::unused("AllocatedMethodDetails", Json, ALLOCATION),
    FocusColumn::unused("AllocatedMethodId", Text, ALLOCATION),
    FocusColumn::unused("AllocatedResourceId", Text, ALLOCATION),
    FocusColumn::unused("AllocatedResourceName", Text, ALLOCATION),
    FocusColumn::unused("AllocatedTags", KeyValue, ALLOCATION),
    FocusColumn::unused("AvailabilityZone", Text, REGIONS),
    FocusColumn::new(
        "BilledCost",
        Decimal,
        "What the invoice asks for; zero for the shares of what was prepaid",
    ),
    FocusColumn::new("BillingAccountId", Text, "Salesforce's id of the org"),
    FocusColumn::new("BillingAccountName", Text, "Name of the org"),
    FocusColumn::new("BillingAccountType", Text, "Salesforce Org")
        .with_feature("BILLING_ACCOUNT_TYPES_SUPPORTED"),
    FocusColumn::new("BillingCurrency", Currency, "What costs are counted in"),
    FocusColumn::new("BillingPeriodEnd", DateTime, "First instant after the month"),
    FocusColumn::new("BillingPeriodStart", DateTime, "First instant of the month"),
    FocusColumn::unused("CapacityReservationId", Text, RESERVATIONS),
    FocusColumn::unused("CapacityReservationStatus", Text, RESERVATIONS),
    FocusColumn::new("ChargeCategory", Text, "What kind of charge it is").one_of(&[
        category::USAGE,
        category::PURCHASE,
        category::TAX,
        category::CREDIT,
        "Adjustment",
    ]),
    FocusColumn::new("ChargeClass", Text, "Correction when the row corrects a closed month")
        .present(Optional)
        .one_of(&[CORRECTION]),
    FocusColumn::new("ChargeDescription", Text, "The charge in words"),
    FocusColumn::new("ChargeFrequency", Text, "How often it is charged").one_of(&[
        "One-Time",
        "Recurring",
        "Usage-Based",
    ]),
    FocusColumn::new("ChargePeriodEnd", DateTime, "First instant after what is charged"),
    FocusColumn::new("ChargePeriodStart", DateTime, "First instant of what is charged"),
    FocusColumn::unused("CommitmentDiscountCategory", Text, DISCOUNTS),
    FocusColumn::unused("CommitmentDiscountId", Text, DISCOUNTS),
    FocusColumn::unused("CommitmentDiscountName", Text, DISCOUNTS),
    FocusColumn::unused("CommitmentDiscountQuantity", Decimal, DISCOUNTS),
    FocusColumn::unused("CommitmentDiscountStatus", Text, DISCOUNTS),
    FocusColumn::unused("CommitmentDiscountType", Text, DISCOUNTS),
    FocusColumn::unused("CommitmentDiscountUnit", Text, DISCOUNTS),
    FocusColumn::unused("CommitmentProgramEligibilityDetails", Json, DISCOUNTS),
    FocusColumn::new(
        "ConsumedQuantity",
        Decimal,
        "License-months that were held; zero for those nobody held",
    )
    .present(Consumed)
    .with_feature(USAGE),
    FocusColumn::new("ConsumedUnit", Text, "Unit of ConsumedQuantity")
        .present(With("ConsumedQuantity"))
        .with_feature(USAGE),
    FocusColumn::new("ContractApplied", Json, "The contract commitment that the charge draws on")
        .present(Optional)
        .with_feature("CONTRACT_COMMITMENTS_SUPPORTED"),
    FocusColumn::new("ContractedCost", Decimal, "ContractedUnitPrice x PricingQuantity, not rounded"),
    FocusColumn::new("ContractedUnitPrice", Price, "Contracted price of a license-month")
        .present(Priced)
        .with_feature(NEGOTIATED),
    FocusColumn::new("EffectiveCost", Decimal, "The row's part of what was paid, exact to the minor unit"),
    FocusColumn::new("HostProviderName", Text, "Who runs the service"),
    FocusColumn::new("InvoiceDetailId", Text, "The line of the invoice")
        .present(With("InvoiceId"))
        .with_feature(INVOICES),
    FocusColumn::new("InvoiceId", Text, "The invoice, once its number is in the contract file")
        .present(Optional)
        .with_feature(INVOICES),
    FocusColumn::new("InvoiceIssuerName", Text, "Who invoices it"),
    FocusColumn::new("ListCost", Decimal, "ListUnitPrice x PricingQuantity, not rounded"),
    FocusColumn::new(
        "ListUnitPrice",
        Price,
        "List price of a license-month; the contracted one where none is known",
    )
    .present(With("SkuPriceId"))
    .with_feature(LIST_PRICES),
    FocusColumn::new("PricingCategory", Text, "How the price came about")
        .present(Priced)
        .one_of(&["Standard", "Committed", "Dynamic", "Other"])
        .with_feature("MULTIPLE_PRICING_CATEGORIES_SUPPORTED"),
    FocusColumn::new("PricingCurrency", Currency, "What prices are counted in").with_feature(CURRENCIES),
    FocusColumn::new("PricingCurrencyContractedUnitPrice", Price, "ContractedUnitPrice in PricingCurrency")
        .present(With("ContractedUnitPrice"))
        .with_feature(CURRENCIES),
    FocusColumn::new("PricingCurrencyEffectiveCost", Decimal, "EffectiveCost in PricingCurrency")
        .with_feature(CURRENCIES),
    FocusColumn::new("PricingCurrencyListUnitPrice", Price, "ListUnitPrice in PricingCurrency")
        .present(With("ListUnitPrice"))
        .with_feature(CURRENCIES),
    FocusColumn::new("PricingQuantity", Decimal, "License-months that are priced").present(Priced),
    FocusColumn::new("PricingUnit", Text, "Unit of PricingQuantity").present(With("PricingQuantity")),
    FocusColumn::new("ProviderName", Text, "Who sells it; deprecated by FOCUS and still demanded"),
    FocusColumn::new("PublisherName", Text, "Salesforce; deprecated by FOCUS and still demanded"),
    FocusColumn::unused("RegionId", Text, REGIONS),
    FocusColumn::unused("RegionName", Text, REGIONS),
    FocusColumn::unused("ResourceId", Text, RESOURCES),
    FocusColumn::unused("ResourceName", Text, RESOURCES),
    FocusColumn::unused("ResourceType", Text, RESOURCES),
    FocusColumn::new("ServiceCategory", Text, "Business Applications").one_of(&["Business Applications"]),
    FocusColumn::new("ServiceName", Text, "What the seller calls it"),
    FocusColumn::new("ServiceProviderName", Text, "Salesforce"),
    FocusColumn::new("ServiceSubcategory", Text, "Productivity and Collaboration")
        .one_of(&["Productivity and Collaboration", "Other (Business Applications)"]),
    FocusColumn::new("SkuId", Text, "Key of the license").present(Priced).with_feature(LIST_PRICES),
    FocusColumn::new("SkuMeter", Text, "What is measured").present(With("SkuId")).with_feature(LIST_PRICES),
    FocusColumn::new("SkuPriceDetails", KeyValue, "Key and kind of the license")
        .present(OnlyWith("SkuPriceId"))
        .with_feature(LIST_PRICES),
    FocusColumn::new("SkuPriceId", Text, "The line of the contract that sets the price")
        .present(Priced)
        .with_feature(LIST_PRICES),
    FocusColumn::new(
        "SubAccountId",
        Text,
        "Who bears it: LE: and a company, UNASSIGNED, UNALLOCATED or UNMATCHED",
    )
    .present(Optional)
    .with_feature(SUB_ACCOUNTS),
    FocusColumn::new("SubAccountName", Text, "The same for people")
        .present(With("SubAccountId"))
        .with_feature(SUB_ACCOUNTS),
    FocusColumn::new("SubAccountType", Text, "What kind of part of the org bears it")
        .present(With("SubAccountId"))
        .with_feature(SUB_ACCOUNTS),
    FocusColumn::new("Tags", KeyValue, "Nothing yet").with_feature("TAGGING_SUPPORTED"),
    FocusColumn::new(
        "x_LedgerEntry",
        Text,
        "e0 as first published; of a correction, odd numbers take back and even ones book anew",
    ),
    FocusColumn::new(
        "x_LedgerKey",
        Text,
        "What is booked: org, kind, license, line and start of its term, category, month",
    ),
    FocusColumn::new("x_ListPriceBasis", Text, "Whether ListUnitPrice is a list price or the contracted one")
        .present(With("ListUnitPrice"))
        .one_of(&["List", "Contracted"]),
    FocusColumn::new("x_Org", Text, "Short name of the org"),
];
