//! The least a collector of users can do: one thread downloads page by page, parses into a struct, and inserts into
//! one table in one transaction. No history, no checks, no resumption.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rusqlite::{Connection, params};
use seatledger::emulator::{CLIENT_ID, USERNAME};
use serde::Deserialize;

const FIELDS: &str = "Id,Username,Name,Email,CompanyName,Department,Division,Title,EmployeeNumber,\
    FederationIdentifier,IsActive,UserType,ProfileId,UserRoleId,ManagerId,ContactId,CreatedDate,LastLoginDate,\
    LastModifiedDate,SystemModstamp,Alias,FirstName,LastName,LocaleSidKey,TimeZoneSidKey";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    next_records_url: Option<String>,
    records: Vec<User>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct User {
    id: String,
    username: String,
    name: Option<String>,
    email: Option<String>,
    company_name: Option<String>,
    department: Option<String>,
    division: Option<String>,
    title: Option<String>,
    employee_number: Option<String>,
    federation_identifier: Option<String>,
    is_active: bool,
    user_type: Option<String>,
    profile_id: Option<String>,
    user_role_id: Option<String>,
    manager_id: Option<String>,
    contact_id: Option<String>,
    created_date: Option<String>,
    last_login_date: Option<String>,
    last_modified_date: Option<String>,
    system_modstamp: Option<String>,
    alias: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    locale_sid_key: Option<String>,
    time_zone_sid_key: Option<String>,
}

/// Downloads all users of the org at `url` into `database`.
pub(crate) fn run(url: &str, key: &str, database: &str) {
    let agent: ureq::Agent = ureq::Agent::config_builder().proxy(None).build().into();
    let key = EncodingKey::from_rsa_pem(&std::fs::read(key).unwrap()).unwrap();
    let expiry = seatledger::base::Clock::now(&seatledger::base::SystemClock).as_second() + 180;
    let claims = serde_json::json!({"iss": CLIENT_ID, "sub": USERNAME, "aud": url, "exp": expiry});
    let assertion = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).unwrap();
    let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &assertion)];
    let mut answer = agent.post(format!("{url}/services/oauth2/token")).send_form(form).unwrap();
    let grant: serde_json::Value =
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    let token = grant["access_token"].as_str().unwrap();

    let mut connection = Connection::open(database).unwrap();
    connection.execute_batch(&format!("CREATE TABLE user ({FIELDS}, PRIMARY KEY (Id))")).unwrap();
    let transaction = connection.transaction().unwrap();
    let mut insert = transaction.prepare(&format!("INSERT INTO user VALUES (?{})", ",?".repeat(24))).unwrap();
    let soql = format!("SELECT+{FIELDS}+FROM+User");
    let mut next = Some(format!("/services/data/v67.0/query?q={soql}"));
    while let Some(path) = next {
        let mut answer = agent
            .get(format!("{url}{path}"))
            .header("Authorization", format!("Bearer {token}"))
            .call()
            .unwrap();
        let body = answer.body_mut().with_config().limit(64 << 20).read_to_vec().unwrap();
        let page: Page = serde_json::from_slice(&body).unwrap();
        for user in page.records {
            insert
                .execute(params![
                    user.id,
                    user.username,
                    user.name,
                    user.email,
                    user.company_name,
                    user.department,
                    user.division,
                    user.title,
                    user.employee_number,
                    user.federation_identifier,
                    user.is_active,
                    user.user_type,
                    user.profile_id,
                    user.user_role_id,
                    user.manager_id,
                    user.contact_id,
                    user.created_date,
                    user.last_login_date,
                    user.last_modified_date,
                    user.system_modstamp,
                    user.alias,
                    user.first_name,
                    user.last_name,
                    user.locale_sid_key,
                    user.time_zone_sid_key,
                ])
                .unwrap();
        }
        next = page.next_records_url;
    }
    drop(insert);
    transaction.commit().unwrap();
}
