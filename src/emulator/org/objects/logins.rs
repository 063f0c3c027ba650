//! Logins, and whether users may log in.

use super::{boolean, dense, modified, modified_by, never, no, prefix};
use crate::emulator::org::draw::Aspect;
use crate::emulator::org::key::Key;
use crate::emulator::org::logins::{Login, Way};
use crate::emulator::org::population::Population;
use crate::emulator::org::schema::{Field, FieldType, Object, OrderedBy};
use crate::emulator::org::value::Value;

pub(crate) static USER_LOGIN: Object = Object {
    name: "UserLogin",
    prefix: prefix::USER_LOGIN,
    shows_prefix: true,
    fields: &[
        Field::id(|_, user| Value::Id(Key::new(prefix::USER_LOGIN, user))),
        Field::reference("UserId", "User", &["User"], |_, user| Value::Id(Key::new(prefix::USER, user)))
            .nillable(),
        boolean("IsFrozen", |population, user| Value::Boolean(population.is_frozen(user))),
        boolean("IsPasswordLocked", no),
        modified(|population, user| Value::Instant(population.modified_at(user))),
        modified_by(),
    ],
    next: |population, from| dense(population.users(), from),
    count: Population::users,
    ordered_by: Some(OrderedBy::User { field: "UserId", slots: 1 }),
};

/// What may be filtered is the list of the Object Reference, "LoginHistory".
pub(crate) static LOGIN_HISTORY: Object = Object {
    name: "LoginHistory",
    prefix: prefix::LOGIN_HISTORY,
    shows_prefix: false,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::LOGIN_HISTORY, row))),
        // Null where the attempt named no user of the org.
        Field::reference("UserId", "User", &["User"], |population, row| {
            let login = population.login(row);
            let user = (!population.login_is_of_nobody(login)).then_some(login.user);
            Value::from_option(user, |user| Value::Id(Key::new(prefix::USER, user)))
        })
        .nillable(),
        Field::new("LoginTime", FieldType::DateTime, |population, row| {
            Value::Instant(population.login_at(population.login(row)))
        }),
        Field::picklist("LoginType", |population, row| Value::text(way(population, row).login_type)),
        Field::text("LoginUrl", 2083, |_, _| Value::text("acme.my.salesforce.com")).nillable(),
        Field::text("SourceIp", 39, |population, row| {
            let number = population.draw(Aspect::LoginKind, row).number() % 254 + 1;
            format!("198.51.100.{number}").into()
        })
        .nillable(),
        Field::text("Status", 128, |population, row| {
            Value::text(population.login_status(population.login(row)))
        })
        .nillable()
        .unfilterable(),
        Field::text("Application", 64, |population, row| Value::text(way(population, row).application))
            .nillable()
            .unfilterable(),
        Field::text("Browser", 64, |population, row| Value::text(way(population, row).browser))
            .nillable()
            .unfilterable(),
        Field::text("Platform", 64, |population, row| Value::text(way(population, row).platform))
            .nillable()
            .unfilterable(),
        Field::text("ClientVersion", 64, never).nillable().unfilterable(),
        Field::text("ApiType", 64, |population, row| {
            Value::from_option(way(population, row).api_type, Value::text)
        })
        .nillable()
        .unfilterable(),
        Field::text("ApiVersion", 32, |population, row| {
            let version = way(population, row).api_type.map(|_| "67.0");
            Value::text(version.unwrap_or("N/A"))
        })
        .nillable()
        .unfilterable(),
        Field::text("CountryIso", 3, |population, row| {
            Value::text(country_iso(population, population.login(row)))
        })
        .nillable(),
        Field::picklist("TlsProtocol", |_, _| Value::text("TLS 1.3")).nillable(),
        Field::picklist("CipherSuite", |_, _| Value::text("TLS_AES_256_GCM_SHA384")).nillable(),
        Field::picklist("LoginSubType", never).nillable().unfilterable(),
        Field::text("AuthenticationServiceId", 18, never).nillable(),
        Field::text("NetworkId", 18, never).nillable(),
        Field::text("ForwardedForIp", 256, never).nillable().unfilterable(),
    ],
    next: Population::next_login,
    count: Population::login_count,
    ordered_by: Some(OrderedBy::Day { field: "LoginTime", first_place: Population::first_login_row_at }),
};

fn way(population: &Population, row: u64) -> &'static Way {
    population.login_way(population.login(row))
}

fn country_iso(population: &Population, login: Login) -> &'static str {
    match population.language(login.user).locale.rsplit_once('_') {
        Some((_, country)) => country,
        None => "DE",
    }
}
