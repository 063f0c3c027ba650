//! Users.

use super::{
    boolean, created, created_by, dense, integer, modified, modified_by, never, no, prefix, system_modstamp,
};
use crate::emulator::org::draw::Aspect;
use crate::emulator::org::key::Key;
use crate::emulator::org::licenses::{FEATURES, PROFILES};
use crate::emulator::org::people::DEPARTMENTS;
use crate::emulator::org::population::Population;
use crate::emulator::org::schema::{Field, FieldType, Object};
use crate::emulator::org::value::{DAY_MILLISECONDS, Value};

const fn email(name: &'static str, read: crate::emulator::org::schema::Read) -> Field {
    let mut field = Field::new(name, FieldType::Email, read);
    field.length = 128;
    field
}

/// The checkbox of the feature license at a place of [`FEATURES`].
const fn feature<const PLACE: usize>() -> Field {
    boolean(FEATURES[PLACE].field, |population, user| Value::Boolean(population.has_feature(user, PLACE)))
}

pub(crate) static USER: Object = Object {
    name: "User",
    prefix: prefix::USER,
    shows_prefix: true,
    fields: &[
        Field::id(|_, user| Value::Id(Key::new(prefix::USER, user))),
        Field::text("Username", 80, |population, user| population.username(user).into()),
        Field::text("LastName", 80, |population, user| Value::text(population.last_name(user))),
        Field::text("FirstName", 40, |population, user| {
            Value::from_option(population.first_name(user), Value::text)
        })
        .nillable(),
        Field::text("Name", 121, |population, user| population.full_name(user).into()),
        Field::text("CompanyName", 80, |population, user| {
            Value::from_option(population.company_name(user), Value::text)
        })
        .nillable(),
        Field::text("Division", 80, |population, user| {
            Value::from_option(population.department(user), |department| {
                Value::text(if department < 4 { "Operations" } else { "Corporate" })
            })
        })
        .nillable(),
        Field::text("Department", 80, |population, user| {
            Value::from_option(population.department(user), |department| Value::text(DEPARTMENTS[department]))
        })
        .nillable(),
        Field::text("Title", 80, |population, user| Value::from_option(population.title(user), Value::text))
            .nillable(),
        Field::text("Country", 80, |population, user| {
            Value::from_option(population.department(user), |_| {
                Value::text(population.language(user).country)
            })
        })
        .nillable(),
        email("Email", |population, user| population.email(user).into()),
        Field::text("Alias", 8, |population, user| {
            let username = population.username(user);
            username.chars().filter(char::is_ascii_alphanumeric).take(8).collect::<String>().into()
        }),
        Field::text("CommunityNickname", 40, |population, user| {
            let username = population.username(user);
            let local = username.split('@').next().unwrap_or_default();
            local.chars().take(40).collect::<String>().into()
        }),
        Field::text("EmployeeNumber", 20, |population, user| {
            let draw = population.draw(Aspect::Identity, user);
            let numbered = population.is_ordinary(user) && population.is_internal(user) && !draw.happens(120);
            Value::from_option(numbered.then(|| format!("{:06}", 100_000 + user)), Value::from)
        })
        .nillable(),
        Field::text("FederationIdentifier", 512, |population, user| {
            let federated = population.department(user).is_some()
                && !population.draw(Aspect::Identity, user).happens(350);
            Value::from_option(federated.then(|| population.username(user)), Value::from)
        })
        .nillable(),
        boolean("IsActive", |population, user| Value::Boolean(population.is_active(user))),
        Field::picklist("UserType", |population, user| {
            Value::from_option(population.user_type(user), Value::text)
        })
        .nillable(),
        Field::reference("ProfileId", "Profile", &["Profile"], |population, user| {
            Value::from_option(population.profile_number(user), |profile| {
                Value::Id(Key::new(prefix::PROFILE, profile as u64))
            })
        })
        .nillable(),
        Field::reference("UserRoleId", "UserRole", &["UserRole"], |population, user| {
            Value::from_option(population.role(user), |role| Value::Id(Key::new(prefix::USER_ROLE, role)))
        })
        .nillable(),
        Field::reference("ManagerId", "Manager", &["User"], |population, user| {
            Value::from_option(population.manager(user), |manager| Value::Id(Key::new(prefix::USER, manager)))
        })
        .nillable(),
        Field::reference("ContactId", "Contact", &["Contact"], |population, user| {
            Value::from_option(contact(population, user), |contact| {
                Value::Id(Key::new(prefix::CONTACT, contact))
            })
        })
        .nillable(),
        Field::reference("AccountId", "Account", &["Account"], |population, user| {
            Value::from_option(contact(population, user), |contact| {
                Value::Id(Key::new(prefix::ACCOUNT, contact / 5))
            })
        })
        .nillable(),
        Field::picklist("TimeZoneSidKey", |population, user| {
            Value::text(population.language(user).time_zone)
        }),
        Field::picklist("LocaleSidKey", |population, user| Value::text(population.language(user).locale)),
        Field::picklist("LanguageLocaleKey", |population, user| {
            Value::text(population.language(user).language)
        }),
        Field::picklist("EmailEncodingKey", |_, _| Value::text("UTF-8")),
        Field::new("LastLoginDate", FieldType::DateTime, |population, user| {
            Value::from_option(population.last_login_at(user), Value::Instant)
        })
        .nillable(),
        Field::new("LastPasswordChangeDate", FieldType::DateTime, |population, user| {
            let changed = population.last_seen_on(user).is_some();
            Value::from_option(changed.then(|| population.created_at(user)), Value::Instant)
        })
        .nillable(),
        integer("NumberOfFailedLogins", |population, user| {
            Value::Integer(i64::from(population.draw(Aspect::LoginStatus, user).happens(20)))
        })
        .nillable(),
        boolean("ForecastEnabled", no),
        boolean("ReceivesAdminInfoEmails", |_, user| Value::Boolean(user == 1)),
        Field::new("AboutMe", FieldType::TextArea, never).nillable().unfilterable().unsortable(),
        created(|population, user| Value::Instant(population.created_at(user))),
        created_by(),
        modified(|population, user| Value::Instant(population.modified_at(user))),
        modified_by(),
        system_modstamp(|population, user| {
            // The platform's own changes come a little later than people's.
            let later = population.draw(Aspect::Modified, user).below(600_000) as i64 / 1000 * 1000;
            let yesterday_evening = population.born_on() * DAY_MILLISECONDS - 1000;
            Value::Instant((population.modified_at(user) + later).min(yesterday_evening))
        }),
        feature::<0>(),
        feature::<1>(),
        feature::<2>(),
        feature::<3>(),
        feature::<4>(),
        feature::<5>(),
        feature::<6>(),
        feature::<7>(),
        feature::<8>(),
        feature::<9>(),
        Field::text("CostCenter__c", 20, |population, user| {
            Value::from_option(population.cost_center(user), Value::from)
        })
        .nillable(),
    ],
    next: |population, from| dense(population.users(), from),
    count: Population::users,
    ordered_by: None,
};

const _: () = assert!(FEATURES.len() == 10, "every feature license has its checkbox above");

/// Portal users are contacts of an account.
fn contact(population: &Population, user: u64) -> Option<u64> {
    let profile = &PROFILES[population.profile_number(user)?];
    let portal = !matches!(profile.user_type, "Standard" | "CsnOnly" | "Guest" | "CloudIntegrationUser");
    portal.then_some(user)
}
