//! From complete sheets to settings.

use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeValue;

use super::document::Document;
use super::keys::{self, KeyDefault};
use super::problem::{Origin, Problems};
use super::settings::{
    AuditSettings, CollectSettings, FinanceSettings, OrgSettings, PolicySettings, PrivacySettings, Settings,
    StoreSettings,
};
use super::sheet::{Found, Sheet};
use super::show::shown;
use super::value::Value;
use crate::auth::{KeySettings, KeySource, PassphraseSource};
use crate::base::{RecordId, Secret};
use crate::collect::CompanyField;
use crate::http::{self, Proxy, Roots};

/// The journal's name beside the store.
const AUDIT_FILE: &str = "audit.db";

/// Gives every key that is not written its default, and reports those that have none.
pub(super) fn fill_in_defaults(document: &mut Document, file: &Path, problems: &mut Problems) {
    let folder = file.parent().unwrap_or(Path::new(""));
    for sheet in document.sheets_mut() {
        for key in keys::in_section(sheet.section) {
            if sheet.values.contains_key(key.name) || sheet.refused.contains(&key.name) {
                continue;
            }
            let value = match key.default {
                KeyDefault::Required => {
                    problems.add(&sheet.origin, format!("`{}` is missing: {}", key.name, key.about));
                    None
                }
                KeyDefault::Toml(text) => {
                    let value = DeValue::parse(text).expect("the defaults in the table are TOML");
                    Some(key.kind.read(value.get_ref(), folder).expect("the defaults in the table are valid"))
                }
                KeyDefault::SameAs(other) => sheet.values.get(other).map(|found| found.value.clone()),
                KeyDefault::Words(_) => None,
            };
            if let Some(value) = value {
                sheet.values.insert(key.name, Found { value, origin: Origin::Default });
            }
        }
    }
    if let Some(store) = document.table("store").path("path") {
        let value = Value::Path(store.with_file_name(AUDIT_FILE));
        let audit = &mut document.table_mut("audit").values;
        audit.entry("path").or_insert(Found { value, origin: Origin::Default });
    }
}

/// The settings of a document in which everything was found to be right.
pub(super) fn settings(document: &Document, file: PathBuf) -> Settings {
    let [store, collect, http, policy, audit, privacy, finance] =
        ["store", "collect", "http", "policy", "audit", "privacy", "finance"]
            .map(|name| document.table(name));
    Settings {
        file,
        store: StoreSettings { path: store.expect_path("path") },
        collect: CollectSettings {
            concurrency: collect.number("concurrency"),
            login_history_days: collect.number("login_history_days"),
            keep_free_api_percent: collect.number("keep_free_api_percent"),
            include: collect.texts("include"),
            exclude: collect.texts("exclude"),
        },
        http: http::Settings {
            proxy: match http.expect_text("proxy").as_str() {
                "none" => Proxy::None,
                "env" => Proxy::Environment,
                url => Proxy::Url(Secret::new(url.to_owned())),
            },
            ca_file: http.path("ca_file"),
            roots: if http.text("roots") == Some("bundled") { Roots::Bundled } else { Roots::System },
            timeout: Duration::from_secs(http.number("timeout_seconds")),
        },
        policy: PolicySettings { file: policy.path("file") },
        audit: AuditSettings { path: audit.expect_path("path") },
        privacy: PrivacySettings {
            key_file: privacy.path("key_file"),
            smallest_group: privacy.number("smallest_group"),
        },
        finance: FinanceSettings {
            contracts: finance.path("contracts"),
            exemptions: finance.path("exemptions"),
            people: finance.path("people"),
            cost_center_field: finance.text("cost_center_field").map(str::to_owned),
            people_complete: finance.is_true("people_complete"),
            grace_days: finance.number("grace_days"),
        },
        orgs: document.orgs.iter().map(org_settings).collect(),
        shown: shown(document),
    }
}

fn org_settings(org: &Sheet) -> OrgSettings {
    OrgSettings {
        id: org.expect_text("id"),
        url: org.expect_text("url"),
        login_url: org.expect_text("login_url"),
        audience: org.expect_text("audience"),
        client_id: org.expect_text("client_id"),
        username: org.expect_text("username"),
        key: key_settings(org),
        company_names: org.texts("company_names"),
        company_aliases: org.text_lists("company_aliases"),
        company_field: match org.text("company_field") {
            Some("Organization.Name") => CompanyField::OrganizationName,
            _ => CompanyField::UserCompanyName,
        },
        organization_id: org.text("organization_id").and_then(|id| RecordId::parse(id).ok()),
        api_version: org.expect_text("api_version"),
        insecure_loopback: org.is_true("insecure_loopback"),
        extra_fields: org.text_lists("extra_fields"),
    }
}

fn key_settings(org: &Sheet) -> KeySettings {
    let from_environment = || org.text("private_key_env").map(|name| KeySource::Environment(name.to_owned()));
    let from_credential =
        || org.text("private_key_credential").map(|name| KeySource::Credential(name.to_owned()));
    let passphrase_variable = || org.text("private_key_passphrase_env").map(str::to_owned);
    KeySettings {
        key: org
            .path("private_key_file")
            .map(KeySource::File)
            .or_else(from_environment)
            .or_else(from_credential)
            .expect("an org without a key source was refused"),
        passphrase: org
            .path("private_key_passphrase_file")
            .map(PassphraseSource::File)
            .or_else(|| passphrase_variable().map(PassphraseSource::Environment)),
        certificate_file: org.path("certificate_file"),
    }
}
