//! Which seats can be taken back: every held seat gets exactly one verdict.

use std::cmp::Reverse;
use std::collections::BTreeMap;

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
}

/// Why a seat stays where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kept {
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

/// What is known of a seat and its holder.
#[derive(Clone, Copy, Debug)]
pub struct SeatFacts<'a> {
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

/// The verdicts on many seats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    verdicts: BTreeMap<Verdict, i64>,
}

impl Tally {
    /// Counts a seat.
    pub fn add(&mut self, verdict: Verdict) {
        *self.verdicts.entry(verdict).or_default() += 1;
    }

    /// Seats of a class.
    pub fn of_class(&self, class: Class) -> i64 {
        self.verdicts.get(&Verdict::Reclaimable(class)).copied().unwrap_or_default()
    }

    /// Seats that can be taken back: the sum of the classes.
    pub fn reclaimable(&self) -> i64 {
        Class::ALL.into_iter().map(|class| self.of_class(class)).sum()
    }

    /// Seats that stay, whatever the reason.
    pub fn kept(&self) -> i64 {
        self.sum(|verdict| matches!(verdict, Verdict::Kept(_)))
    }

    /// Of the seats that stay, the new ones.
    pub fn new_seats(&self) -> i64 {
        self.sum(|verdict| verdict == Verdict::Kept(Kept::New))
    }

    /// Exempt seats.
    pub fn exempt(&self) -> i64 {
        self.sum(|verdict| verdict == Verdict::Exempt)
    }

    /// Seats of which too little is known.
    pub fn unknown(&self) -> i64 {
        self.sum(|verdict| verdict == Verdict::Unknown)
    }

    /// Classes, kept, exempt and unknown together, which is what is assigned.
    pub fn assigned(&self) -> i64 {
        self.reclaimable() + self.kept() + self.exempt() + self.unknown()
    }

    fn sum(&self, counts: impl Fn(Verdict) -> bool) -> i64 {
        self.verdicts.iter().filter(|(verdict, _)| counts(**verdict)).map(|(_, seats)| seats).sum()
    }
}
