//! `init`: a first configuration with key and certificate, and what to do in Salesforce.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::keygen::{DEFAULT_DAYS, refuse_to_replace, write_key_pair};
use crate::auth::KeySize;
use crate::base::write_private;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::export::PrivacyKey;

const TEMPLATE: &str = include_str!("init.toml");

/// Write a configuration, a key and a certificate, and print what to do in Salesforce
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  seatledger init --org acme --url https://acme.my.salesforce.com \\\n    \
    --username collector@acme.example"
)]
pub(in crate::cli) struct Init {
    /// Short name of the org
    #[arg(long, value_name = "ID", default_value = "acme")]
    org: String,
    /// My Domain URL of the org
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Consumer key of the External Client App
    #[arg(long, value_name = "KEY")]
    client_id: Option<String>,
    /// The user to impersonate
    #[arg(long, value_name = "USERNAME")]
    username: Option<String>,
    /// Where the token is asked for [default: the My Domain URL]
    #[arg(long, value_name = "URL")]
    login_url: Option<String>,
    /// Permit http:// to this machine, for `seatledger emulator`
    #[arg(long)]
    insecure_loopback: bool,
    /// The folder to write into [default: the working folder]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Init {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        self.check_org()?;
        let folder =
            self.dir.as_ref().map_or(context.world.current_dir.clone(), |dir| context.world.absolute(dir));
        let keys = folder.join("keys");
        let config = folder.join("seatledger.toml");
        let (key, certificate) =
            (keys.join(format!("{}.key", self.org)), keys.join(format!("{}.crt", self.org)));
        refuse_to_replace(&[&config, &key, &certificate])?;
        fs::create_dir_all(&keys).map_err(|error| Failure::file("create the folder", &keys, &error))?;
        let common_name = format!("seatledger {}", self.org);
        write_key_pair(&key, &certificate, KeySize::default(), &common_name, DEFAULT_DAYS, &context.world)?;
        let privacy_key = write_privacy_key(&keys)?;
        write_private(&config, self.configuration().as_bytes())?;
        for path in [&config, &key, &certificate, &privacy_key] {
            context.ui.status(&format!("Wrote {}.", path.display()));
        }
        context.print(self.steps(&certificate.display().to_string(), &config.display().to_string()))?;
        Ok(Exit::Complete)
    }

    /// The id becomes part of file names.
    fn check_org(&self) -> Result<(), Failure> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        if !self.org.is_empty() && self.org.bytes().all(is_plain) {
            return Ok(());
        }
        Err(Failure::usage("the short name of an org has only the characters a-z, 0-9, - and _"))
    }

    fn configuration(&self) -> String {
        let url = self.url.clone().unwrap_or_else(|| format!("https://{}.my.salesforce.com", self.org));
        let login_url = self.login_url.as_ref().unwrap_or(&url);
        let values = [
            ("{org}", self.org.as_str()),
            ("{url}", &url),
            ("{login_url}", login_url),
            ("{client_id}", self.client_id.as_deref().unwrap_or("the consumer key of the app")),
            ("{username}", self.username.as_deref().unwrap_or("the username of the user to impersonate")),
            ("{key_file}", &format!("keys/{}.key", self.org)),
            ("{certificate_file}", &format!("keys/{}.crt", self.org)),
        ];
        let mut text = fill_in(TEMPLATE, &values.map(|(place, value)| (place, value.to_owned())));
        if self.insecure_loopback {
            text.push_str(
                "insecure_loopback = true         # permits http:// to this machine, and nothing else\n",
            );
        }
        text
    }

    /// What a Salesforce administrator does next; the menu names are those of Setup in Summer '26.
    fn steps(&self, certificate: &str, config: &str) -> String {
        let username = self.username.as_deref().unwrap_or("the user to impersonate");
        format!(
            "\nIn Salesforce Setup, as an administrator:\n\
             1. External Client App Manager > New External Client App. Name it Seatledger, distribution state Local.\n\
             2. API (Enable OAuth Settings): tick Enable OAuth. Callback URL: https://localhost/ (it is not used).\n   \
                Scopes: Manage user data via APIs (api), and Perform requests at any time (refresh_token,\n   \
                offline_access); without the second, the user counts as not having approved the app.\n\
             3. Still there, after Enable OAuth: tick Enable JWT Bearer Flow and upload\n   {certificate}\n\
             4. Policies > OAuth Policies: Permitted Users = Admin approved users are pre-authorized.\n   \
                Then select a profile or a permission set of {username}.\n   \
                A permission set of the Salesforce API Integration license cannot be used for this.\n\
             5. Give that user the permissions API Enabled, View Setup and Configuration, View Roles and Role\n   \
                Hierarchy, and Manage Users or Monitor Login History. Do not require MFA for API logins.\n\
             6. Settings > OAuth Settings > Consumer Key and Secret: copy the consumer key into `client_id` in\n   {config}\n\
             7. Wait 2 to 10 minutes for the app to take effect, then run: seatledger doctor\n"
        )
    }
}

/// `template` with each place replaced by a quoted text.
pub(super) fn fill_in(template: &str, values: &[(&str, String)]) -> String {
    values.iter().fold(template.to_owned(), |text, (place, value)| {
        // What JSON escapes in a text, TOML escapes the same way (TOML 1.0, "String").
        text.replace(place, &serde_json::Value::from(value.as_str()).to_string())
    })
}

/// Makes the key of the pseudonyms in the folder `keys`. One that is there stays, since pseudonyms must stay the same.
pub(super) fn write_privacy_key(keys: &Path) -> Result<PathBuf, Failure> {
    let path = keys.join("privacy.key");
    if !path.exists() {
        write_private(&path, PrivacyKey::generate().expose().as_bytes())?;
    }
    Ok(path)
}
