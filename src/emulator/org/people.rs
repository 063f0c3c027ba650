//! Who the users are: name, company, profile, place in the hierarchy, and the dates of their life in the org.

use super::companies::{COMPANIES, Company};
use super::draw::Aspect;
use super::licenses::{PROFILES, Profile, USER_LICENSES};
use super::names::{ENGLISH, Language, Name};
use super::population::Population;
use super::value::DAY_MILLISECONDS;
use crate::emulator::USERNAME;

/// Departments, in the order of each language's titles.
pub(crate) const DEPARTMENTS: &[&str] =
    &["Sales", "Service", "Engineering", "Procurement", "Finance", "Human Resources", "Product", "Logistics"];

/// Managers have this many reports, so that the hierarchy stays shallow.
const REPORTS_PER_MANAGER: u64 = 8;

/// The org's people joined over ten years.
const HISTORY_DAYS: u64 = 3650;

/// A user that every org has, or that this one has for a purpose.
pub(crate) struct SpecialUser {
    pub(crate) first: Option<&'static str>,
    pub(crate) last: &'static str,
    pub(crate) username: &'static str,
    /// Name of the profile; system users have none.
    pub(crate) profile: Option<&'static str>,
    /// Overrides the profile's user type.
    pub(crate) user_type: Option<&'static str>,
    /// Logs in through the API every day.
    pub(crate) integration: bool,
}

const fn special(
    last: &'static str,
    username: &'static str,
    profile: Option<&'static str>,
    user_type: Option<&'static str>,
    integration: bool,
) -> SpecialUser {
    SpecialUser { first: None, last, username, profile, user_type, integration }
}

/// The run-as user's place.
pub(crate) const COLLECTOR: u64 = 0;

/// The first users.
pub(crate) const SPECIAL_USERS: &[SpecialUser] = &[
    SpecialUser {
        first: Some("License"),
        ..special("Collector", USERNAME, Some("Minimum Access - API Only Integrations"), None, true)
    },
    SpecialUser {
        first: Some("Ada"),
        ..special("Admin", "ada.admin@emulated.example", Some("System Administrator"), None, false)
    },
    special("Automated Process", "autoproc@emulated.example", None, Some("AutomatedProcess"), false),
    special(
        "Platform Integration User",
        "cloud@emulated.example",
        Some("Cloud Integration User"),
        None,
        false,
    ),
    SpecialUser {
        first: Some("Integration"),
        ..special(
            "User",
            "integration@emulated.example",
            Some("Analytics Cloud Integration User"),
            None,
            false,
        )
    },
    SpecialUser {
        first: Some("Security"),
        ..special(
            "User",
            "insightssecurity@emulated.example",
            Some("Analytics Cloud Security User"),
            None,
            false,
        )
    },
    special(
        "Customer Hub Site Guest User",
        "customer_hub@emulated.example",
        Some("Customer Hub Profile"),
        None,
        false,
    ),
    SpecialUser {
        first: Some("Nightly"),
        ..special(
            "ERP Sync",
            "erp.sync@emulated.example",
            Some("Salesforce API Only System Integrations"),
            None,
            true,
        )
    },
    special("Data.com Clean", "autoclean@emulated.example", None, Some(""), false),
];

/// The properties of user `user`.
impl Population {
    /// The record among the special users, if it is one.
    pub(crate) fn special_user(&self, user: u64) -> Option<&'static SpecialUser> {
        SPECIAL_USERS.get(usize::try_from(user).ok()?)
    }

    /// The number of the user's profile.
    pub(crate) fn profile_number(&self, user: u64) -> Option<usize> {
        if let Some(special) = self.special_user(user) {
            return PROFILES.iter().position(|profile| Some(profile.name) == special.profile);
        }
        Some(self.profiles().winner(self.draw(Aspect::Profile, user)))
    }

    /// The user's profile.
    pub(crate) fn profile(&self, user: u64) -> Option<&'static Profile> {
        self.profile_number(user).map(|number| &PROFILES[number])
    }

    /// True for employees: portal and guest users, and system users without a license, are not.
    pub(crate) fn is_internal(&self, user: u64) -> bool {
        self.profile(user).is_some_and(|profile| USER_LICENSES[profile.license].internal)
    }

    /// `User.UserType`.
    pub(crate) fn user_type(&self, user: u64) -> Option<&'static str> {
        let overridden = self.special_user(user).and_then(|special| special.user_type);
        overridden
            .or_else(|| self.profile(user).map(|profile| profile.user_type))
            .filter(|user_type| !user_type.is_empty())
    }

    /// The entity the person works for.
    pub(crate) fn company(&self, user: u64) -> &'static Company {
        &COMPANIES[self.companies().winner(self.draw(Aspect::Company, user))]
    }

    /// `User.CompanyName`, as somebody spelled it.
    pub(crate) fn company_name(&self, user: u64) -> Option<&'static str> {
        if !self.is_ordinary(user) {
            return None;
        }
        let company = self.company(user);
        let draw = self.draw(Aspect::Spelling, user);
        let others = company.spellings.len() as u64 - 1;
        let spelling = if others > 0 && draw.happens(180) { 1 + draw.number() % others } else { 0 };
        company.spellings[spelling as usize]
    }

    /// The language the person works in.
    pub(crate) fn language(&self, user: u64) -> &'static Language {
        if self.is_ordinary(user) { self.company(user).language } else { ENGLISH }
    }

    /// Given name; a few people have only one name.
    pub(crate) fn first_name(&self, user: u64) -> Option<&'static str> {
        match self.special_user(user) {
            Some(special) => special.first,
            None if self.draw(Aspect::Identity, user).happens(4) => None,
            None => Some(self.drawn_first_name(user).0),
        }
    }

    /// Family name.
    pub(crate) fn last_name(&self, user: u64) -> &'static str {
        self.special_user(user).map_or_else(|| self.drawn_last_name(user).0, |special| special.last)
    }

    /// `User.Name`.
    pub(crate) fn full_name(&self, user: u64) -> String {
        match self.first_name(user) {
            Some(first) => format!("{first} {}", self.last_name(user)),
            None => self.last_name(user).to_owned(),
        }
    }

    /// The user name: unique, looks like a mail address, is none.
    pub(crate) fn username(&self, user: u64) -> String {
        match self.special_user(user) {
            Some(special) => special.username.to_owned(),
            None => self.address(user, &format!(".{user}")),
        }
    }

    /// The mail address; namesakes share one.
    pub(crate) fn email(&self, user: u64) -> String {
        match self.special_user(user) {
            Some(special) => special.username.to_owned(),
            None => self.address(user, ""),
        }
    }

    fn address(&self, user: u64, distinction: &str) -> String {
        let (first, last) = (self.drawn_first_name(user).1, self.drawn_last_name(user).1);
        format!("{first}.{last}{distinction}@{}", self.company(user).domain)
    }

    fn drawn_first_name(&self, user: u64) -> &'static Name {
        let names = self.language(user).first;
        &names[self.draw(Aspect::FirstName, user).below(names.len() as u64) as usize]
    }

    fn drawn_last_name(&self, user: u64) -> &'static Name {
        let names = self.language(user).last;
        &names[self.draw(Aspect::LastName, user).below(names.len() as u64) as usize]
    }

    /// The place of the person's department in [`DEPARTMENTS`]; only employees have one.
    pub(crate) fn department(&self, user: u64) -> Option<usize> {
        let draw = self.draw(Aspect::Department, user);
        (self.is_ordinary(user) && self.is_internal(user) && !draw.happens(30))
            .then(|| draw.number() as usize % DEPARTMENTS.len())
    }

    /// Job title, in the person's language.
    pub(crate) fn title(&self, user: u64) -> Option<&'static str> {
        let department = self.department(user)?;
        (!self.draw(Aspect::Title, user).happens(60)).then(|| self.language(user).titles[department])
    }

    /// The value of the custom field for the cost center.
    pub(crate) fn cost_center(&self, user: u64) -> Option<String> {
        let department = self.department(user)?;
        let draw = self.draw(Aspect::CostCenter, user);
        (!draw.happens(50)).then(|| format!("CC-{}{:02}", 41 + department, draw.number() % 12))
    }

    /// The user's manager: people who joined early lead those who joined later.
    pub(crate) fn manager(&self, user: u64) -> Option<u64> {
        let first = SPECIAL_USERS.len() as u64;
        (user > first && self.is_internal(user)).then(|| first + (user - first - 1) / REPORTS_PER_MANAGER)
    }

    /// The number of the user's role.
    pub(crate) fn role(&self, user: u64) -> Option<u64> {
        let draw = self.draw(Aspect::Role, user);
        (self.is_ordinary(user) && self.is_internal(user) && !draw.happens(80))
            .then(|| draw.number() % self.roles())
    }

    /// True while the user may log in.
    pub(crate) fn is_active(&self, user: u64) -> bool {
        !self.is_ordinary(user) || !self.draw(Aspect::Active, user).happens(170)
    }

    /// True when an administrator froze the user: a few active ones, and many on their way out.
    pub(crate) fn is_frozen(&self, user: u64) -> bool {
        let per_mille = if self.is_active(user) { 8 } else { 350 };
        self.is_ordinary(user) && self.draw(Aspect::Frozen, user).happens(per_mille)
    }

    /// The day the user was created: in the order of the records, the last ones yesterday.
    pub(crate) fn created_on(&self, user: u64) -> i64 {
        let before = 1 + (self.users() - 1 - user) * HISTORY_DAYS / self.users();
        self.born_on() - before as i64
    }

    /// The instant the user was created.
    pub(crate) fn created_at(&self, user: u64) -> i64 {
        self.created_on(user) * DAY_MILLISECONDS + self.seconds_of_day(Aspect::Created, user)
    }

    /// The day a deactivated user was deactivated.
    pub(crate) fn deactivated_on(&self, user: u64) -> Option<i64> {
        if self.is_active(user) {
            return None;
        }
        let created = self.created_on(user);
        let since = (self.born_on() - 1 - created) as u64;
        Some(created + self.draw(Aspect::Deactivated, user).below(since + 1) as i64)
    }

    /// The instant of the last change to the user's record.
    pub(crate) fn modified_at(&self, user: u64) -> i64 {
        let day = self.deactivated_on(user).unwrap_or_else(|| {
            let created = self.created_on(user);
            let since = (self.born_on() - 1 - created) as u64;
            created + self.draw(Aspect::Modified, user).below(since + 1) as i64
        });
        let later = day * DAY_MILLISECONDS + self.seconds_of_day(Aspect::Modified, user);
        later.max(self.created_at(user))
    }

    /// A whole second of a day, in milliseconds.
    pub(crate) fn seconds_of_day(&self, aspect: Aspect, row: u64) -> i64 {
        (self.draw(aspect, row).number() % 86_400 * 1000) as i64
    }
}
