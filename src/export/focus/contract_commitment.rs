//! The columns of the data set Contract Commitment, FOCUS 1.4 (focus.finops.org), in the order of the file.

use super::column::{FocusColumn, Form, Presence};

use Form::{Currency, DateTime, Decimal, Json, Text};
use Presence::Optional;

/// The columns.
pub(super) const CONTRACT_COMMITMENT: &[FocusColumn] =
    &[
        FocusColumn::new("BillingCurrency", Currency, "What costs are counted in"),
        FocusColumn::new("ContractCommitmentApplicability", Json, "What the commitment is about"),
        FocusColumn::new("ContractCommitmentBenefitCategory", Text, "What the commitment gives").one_of(&[
            "Discount",
            "Availability",
            "Entitlement",
        ]),
        FocusColumn::new("ContractCommitmentCategory", Text, "Whether usage or spending is committed to")
            .one_of(&["Spend", "Usage"]),
        FocusColumn::new("ContractCommitmentCost", Decimal, "What the seats cost for the whole term")
            .present(Optional),
        FocusColumn::new("ContractCommitmentCreated", DateTime, "When the line became known first"),
        FocusColumn::new("ContractCommitmentDescription", Text, "The line in words"),
        FocusColumn::new(
            "ContractCommitmentDiscountPercentage",
            Decimal,
            "What the price is below the list price, 0 to 1",
        )
        .present(Optional),
        FocusColumn::new("ContractCommitmentDurationType", Text, "Length of the term, such as 1 Year"),
        FocusColumn::new("ContractCommitmentFulfillmentInterval", Text, "Over what it is measured").one_of(
            &["Hourly", "Daily", "Weekly", "Monthly", "Quarterly", "Semi-Annual", "Annual", "Custom"],
        ),
        FocusColumn::new("ContractCommitmentId", Text, "Org, kind, license, line and start of its term"),
        FocusColumn::new("ContractCommitmentLastUpdated", DateTime, "When what is said here became known"),
        FocusColumn::new("ContractCommitmentLifecycleStatus", Text, "Where it stands").one_of(&[
            "Proposed",
            "Pending",
            "Active",
            "Exhausted",
            "Expired",
            "Canceled",
            "Superseded",
        ]),
        FocusColumn::new("ContractCommitmentModel", Text, "Whether what is not used is lost")
            .one_of(&["Continuous", "Discontinuous"]),
        FocusColumn::new("ContractCommitmentOfferCategory", Text, "Whose terms they are")
            .one_of(&["Negotiated", "Public"]),
        FocusColumn::new("ContractCommitmentPaymentInterval", Text, "How often it is invoiced").one_of(&[
            "One-Time",
            "Monthly",
            "Quarterly",
            "Semi-Annual",
            "Annual",
            "Custom",
        ]),
        FocusColumn::new("ContractCommitmentPaymentModel", Text, "Whether it is paid ahead").one_of(&[
            "No Upfront",
            "Partial Upfront",
            "All Upfront",
        ]),
        FocusColumn::new(
            "ContractCommitmentPaymentUpfrontPercentage",
            Decimal,
            "Part paid at the start, 0 to 1",
        ),
        FocusColumn::new("ContractCommitmentPeriodEnd", DateTime, "First instant after the term"),
        FocusColumn::new("ContractCommitmentPeriodStart", DateTime, "First instant of the term"),
        FocusColumn::new("ContractCommitmentQuantity", Decimal, "License-months of the whole term"),
        FocusColumn::new("ContractCommitmentType", Text, "What the seller calls such a commitment"),
        FocusColumn::new("ContractCommitmentUnit", Text, "Unit of ContractCommitmentQuantity"),
        FocusColumn::new("ContractId", Text, "Org and line of the contract"),
        FocusColumn::new("ContractPeriodEnd", DateTime, "First instant after all terms of the contract line"),
        FocusColumn::new("ContractPeriodStart", DateTime, "First instant of all terms of the contract line"),
        FocusColumn::new("InvoiceIssuerName", Text, "Who invoices it"),
        FocusColumn::new("PricingCurrency", Currency, "What prices are counted in"),
        FocusColumn::new(
            "PricingCurrencyContractCommitmentCost",
            Decimal,
            "ContractCommitmentCost in PricingCurrency",
        )
        .present(Presence::With("ContractCommitmentCost")),
        FocusColumn::new("ServiceProviderName", Text, "Salesforce"),
    ];
