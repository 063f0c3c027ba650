//! Which seats can be taken back: every held seat gets exactly one verdict.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::activity::Activity;

/// Why a seat can be taken back. The first that fits counts, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A permission set or package seat of a deactivated user.
    HeldByDeactivated,
    /// The person has left.
    Leaver,
    /// The user is frozen, which blocks the login and not the seat.
    Frozen,
    /// The same person holds the same license in the same org with an account used more recently.
    Duplicate,
    /// The user never logged in.
    Never,
    /// The user did not log in during the window.
    Inactive,
    /// A permission set license that no permission set of the holder needs.
    PermissionSetLicenseUnused,
    /// A cheaper license would do. Which objects a user works with cannot be collected, so the evidence for this class is
    /// always insufficient and no seat is in it.
    Downgrade,
}

impl Class {
    /// Every class, in order.
    pub const ALL: [Self; 8] = [
        Self::HeldByDeactivated,
        Self::Leaver,
        Self::Frozen,
        Self::Duplicate,
        Self::Never,
        Self::Inactive,
        Self::PermissionSetLicenseUnused,
        Self::Downgrade,
    ];

    /// Its word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::HeldByDeactivated => "held_by_deactivated",
            Self::Leaver => "leaver",
            Self::Frozen => "frozen",
            Self::Duplicate => "duplicate",
            Self::Never => "never",
            Self::Inactive => "inactive",
            Self::PermissionSetLicenseUnused => "psl_unused",
            Self::Downgrade => "downgrade",
        }
    }

    /// A phrase for people that says why.
    pub const fn words(self) -> &'static str {
        match self {
            Self::HeldByDeactivated => "the user is deactivated",
            Self::Leaver => "the person has left",
            Self::Frozen => "the user is frozen",
            Self::Duplicate => "the same person used another account with this license later",
            Self::Never => "never logged in",
            Self::Inactive => "no login during the window",
            Self::PermissionSetLicenseUnused => "no permission set of the user needs the license",
            Self::Downgrade => "a cheaper license would do",
        }
    }
}

/// Why a seat stays where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kept {
    /// The license has expired or is disabled, so that nobody else could use the seat.
    LicenseOver,
    /// Its holder uses the account.
    InUse,
    /// It is too new for not being used to mean anything. An account can also be made ready, frozen or deactivated, for
    /// someone who is on no list of employees yet.
    New,
    /// The license is made for programs.
    ForPrograms,
    /// The holder is the user that collects.
    Collector,
    /// The holder is one of Salesforce's own users.
    OfSalesforce,
    /// The holder's user type is none that holds paid seats.
    OutsideScope,
}

impl Kept {
    /// A phrase for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::LicenseOver => "the license has expired or is disabled",
            Self::InUse => "in use",
            Self::New => "new",
            Self::ForPrograms => "a license for programs",
            Self::Collector => "the user that collects",
            Self::OfSalesforce => "a user of Salesforce's own",
            Self::OutsideScope => "a user type that holds no paid seats",
        }
    }
}

/// What becomes of a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It can be taken back.
    Reclaimable(Class),
    /// It stays.
    Kept(Kept),
    /// It stays because someone said so.
    Exempt,
    /// The evidence is missing.
    Unknown,
}

impl Verdict {
    /// A phrase for people that says why, as far as the verdict alone tells.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Reclaimable(class) => class.words(),
            Self::Kept(kept) => kept.words(),
            Self::Exempt => "exempt",
            Self::Unknown => "the evidence is missing",
        }
    }
}

/// What is known of a seat and its holder.
#[derive(Clone, Copy, Debug)]
pub struct SeatFacts<'a> {
    /// Whether the license has expired or is disabled.
    pub is_license_over: bool,
    /// Whether an exemption holds.
    pub is_exempt: bool,
    /// Whether the license is made for programs.
    pub is_for_programs: bool,
    /// Whether the holder is the user that collects.
    pub is_collector: bool,
    /// `User.UserType`.
    pub user_type: Option<&'a str>,
    /// `User.IsActive`; `None` when the holder's record was not read.
    pub is_active: Option<bool>,
    /// `UserLogin.IsFrozen`.
    pub is_frozen: Option<bool>,
    /// Whether the person has left, by the list of people.
    pub has_left: bool,
    /// Whether another seat of the same person was used more recently.
    pub is_duplicate: bool,
    /// Whether account or assignment are too new to be judged.
    pub is_new: bool,
    /// Whether the account is used.
    pub activity: Activity,
    /// For a permission set license: whether a permission set of the holder needs it; `None` when that is not known.
    pub is_needed: Option<bool>,
}

/// User types that hold paid seats (Object Reference, "User", field `UserType`).
const PAID_USER_TYPES: &[&str] = &[
    "CspLitePortal",
    "CsnOnly",
    "CustomerSuccess",
    "PowerCustomerSuccess",
    "PowerPartner",
    "SelfService",
    "Standard",
];

/// User types of users that Salesforce makes for itself and for sites: `Guest` by the Object Reference ("User", field
/// `UserType`), the others are seen in orgs.
const SALESFORCE_USER_TYPES: &[&str] = &["AutomatedProcess", "CloudIntegrationUser", "Guest"];

/// The verdict on a seat.
pub fn verdict(seat: &SeatFacts<'_>) -> Verdict {
    if seat.is_exempt {
        return Verdict::Exempt;
    }
    let Some(is_active) = seat.is_active else { return Verdict::Unknown };
    if let Some(kept) = protection(seat) {
        return Verdict::Kept(kept);
    }
    if let Some(class) = class_without_activity(seat, is_active) {
        return Verdict::Reclaimable(class);
    }
    match seat.activity {
        Activity::Unknown => Verdict::Unknown,
        Activity::Never => Verdict::Reclaimable(Class::Never),
        Activity::Inactive(_) => Verdict::Reclaimable(Class::Inactive),
        Activity::Active(_) if seat.is_needed == Some(false) => {
            Verdict::Reclaimable(Class::PermissionSetLicenseUnused)
        }
        Activity::Active(_) => Verdict::Kept(Kept::InUse),
    }
}

/// What keeps a seat whatever else is known of it.
fn protection(seat: &SeatFacts<'_>) -> Option<Kept> {
    let is_type_among = |types: &[&str]| seat.user_type.is_some_and(|found| types.contains(&found));
    let protections = [
        (seat.is_license_over, Kept::LicenseOver),
        (seat.is_for_programs, Kept::ForPrograms),
        (seat.is_collector, Kept::Collector),
        (is_type_among(SALESFORCE_USER_TYPES), Kept::OfSalesforce),
        (!is_type_among(PAID_USER_TYPES), Kept::OutsideScope),
        (seat.is_new, Kept::New),
    ];
    protections.into_iter().find(|(holds, _)| *holds).map(|(_, kept)| kept)
}

/// The classes that stand on other evidence than logins.
fn class_without_activity(seat: &SeatFacts<'_>, is_active: bool) -> Option<Class> {
    let classes = [
        (!is_active, Class::HeldByDeactivated),
        (seat.has_left, Class::Leaver),
        (seat.is_frozen == Some(true), Class::Frozen),
        (seat.is_duplicate, Class::Duplicate),
    ];
    classes.into_iter().find(|(holds, _)| *holds).map(|(_, class)| class)
}

/// One of several seats of the same license that one person holds in one org.
#[derive(Clone, Copy, Debug)]
pub struct Rival<'a> {
    /// The account that holds it.
    pub user_id: &'a str,
    /// What else is known of it.
    pub facts: SeatFacts<'a>,
    /// The account's last login of any kind.
    pub last_any: Option<Timestamp>,
}

/// The place of the seat that the person keeps: the one used most recently, of equals the first by user id. Seats that
/// can be taken back for an earlier reason are out of it. `None` when fewer than two are left, or when nobody knows
/// which was used last.
pub fn kept_of_rivals(rivals: &[Rival<'_>]) -> Option<usize> {
    let is_in = |rival: &&(usize, &Rival<'_>)| match verdict(&rival.1.facts) {
        Verdict::Reclaimable(class) => class >= Class::Duplicate,
        Verdict::Unknown => rival.1.facts.is_active.is_some(),
        Verdict::Kept(_) | Verdict::Exempt => true,
    };
    let left: Vec<_> = rivals.iter().enumerate().filter(|rival| is_in(&rival)).collect();
    let is_unclear =
        |rival: &Rival<'_>| rival.last_any.is_none() && rival.facts.activity == Activity::Unknown;
    if left.len() < 2 || left.iter().any(|(_, rival)| is_unclear(rival)) {
        return None;
    }
    let newest = left.into_iter().max_by_key(|(_, rival)| (rival.last_any, Reverse(rival.user_id)));
    newest.map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A seat in daily use.
    fn used() -> SeatFacts<'static> {
        SeatFacts {
            is_license_over: false,
            is_exempt: false,
            is_for_programs: false,
            is_collector: false,
            user_type: Some("Standard"),
            is_active: Some(true),
            is_frozen: Some(false),
            has_left: false,
            is_duplicate: false,
            is_new: false,
            activity: Activity::Active(at("2026-11-20T08:00:00Z")),
            is_needed: None,
        }
    }

    #[test]
    fn the_first_class_that_fits_counts() {
        let old = Activity::Inactive(at("2026-01-01T00:00:00Z"));
        // Each case has the evidence of all classes from its own on, so that only the order tells.
        let psl = SeatFacts { is_needed: Some(false), ..used() };
        let inactive = SeatFacts { activity: old, ..psl };
        let never = SeatFacts { activity: Activity::Never, ..psl };
        let duplicate = SeatFacts { is_duplicate: true, ..never };
        let frozen = SeatFacts { is_frozen: Some(true), ..duplicate };
        let leaver = SeatFacts { has_left: true, ..frozen };
        let deactivated = SeatFacts { is_active: Some(false), ..leaver };
        let cases = [
            (deactivated, Class::HeldByDeactivated),
            (leaver, Class::Leaver),
            (frozen, Class::Frozen),
            (duplicate, Class::Duplicate),
            (never, Class::Never),
            (inactive, Class::Inactive),
            (psl, Class::PermissionSetLicenseUnused),
        ];
        for (facts, class) in cases {
            assert_eq!(verdict(&facts), Verdict::Reclaimable(class), "{facts:?}");
            let without_right = SeatFacts { activity: Activity::Unknown, ..facts };
            let expected = if class < Class::Never { Verdict::Reclaimable(class) } else { Verdict::Unknown };
            assert_eq!(verdict(&without_right), expected, "{class:?} without the login history");
            let protections = [
                (SeatFacts { is_exempt: true, ..facts }, Verdict::Exempt),
                (SeatFacts { is_license_over: true, ..facts }, Verdict::Kept(Kept::LicenseOver)),
                (SeatFacts { is_for_programs: true, ..facts }, Verdict::Kept(Kept::ForPrograms)),
                (SeatFacts { is_collector: true, ..facts }, Verdict::Kept(Kept::Collector)),
                (SeatFacts { user_type: Some("Guest"), ..facts }, Verdict::Kept(Kept::OfSalesforce)),
                (SeatFacts { user_type: Some("Martian"), ..facts }, Verdict::Kept(Kept::OutsideScope)),
                (SeatFacts { user_type: None, ..facts }, Verdict::Kept(Kept::OutsideScope)),
                (SeatFacts { is_new: true, ..facts }, Verdict::Kept(Kept::New)),
                (SeatFacts { is_active: None, ..facts }, Verdict::Unknown),
            ];
            for (protected, expected) in protections {
                assert_eq!(verdict(&protected), expected, "{class:?}");
            }
        }
    }

    #[test]
    fn what_is_used_and_needed_or_perhaps_needed_stays() {
        for is_needed in [None, Some(true)] {
            for is_frozen in [None, Some(false)] {
                let facts = SeatFacts { is_needed, is_frozen, ..used() };
                assert_eq!(verdict(&facts), Verdict::Kept(Kept::InUse));
            }
        }
    }

    #[test]
    fn of_the_seats_of_a_person_the_one_used_last_is_kept() {
        let (early, late) = (Some(at("2026-10-01T00:00:00Z")), Some(at("2026-11-01T00:00:00Z")));
        let rival = |user_id, last_any, facts| Rival { user_id, facts, last_any };
        let never = SeatFacts { activity: Activity::Never, ..used() };
        let unknown = SeatFacts { activity: Activity::Unknown, ..used() };
        let frozen = SeatFacts { is_frozen: Some(true), ..used() };
        let cases = [
            (vec![rival("b", early, used()), rival("a", late, used())], Some(1)),
            (vec![rival("b", late, used()), rival("a", late, used())], Some(1)),
            (vec![rival("b", None, never), rival("a", early, used())], Some(1)),
            (vec![rival("b", None, never), rival("a", None, never)], Some(1)),
            (vec![rival("b", None, unknown), rival("a", early, used())], None),
            (vec![rival("b", early, unknown), rival("a", late, unknown)], Some(1)),
            (vec![rival("b", early, used()), rival("a", late, frozen)], None),
            (vec![rival("c", early, used()), rival("b", None, never), rival("a", late, frozen)], Some(0)),
            (vec![rival("a", early, used())], None),
            (vec![], None),
        ];
        for (rivals, kept) in cases {
            assert_eq!(kept_of_rivals(&rivals), kept, "{rivals:?}");
        }
    }
}
