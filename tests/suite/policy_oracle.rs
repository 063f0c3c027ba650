//! Decisions against an oracle that was written on its own, and properties that hold for every policy.
//!
//! The oracle knows a policy as bit sets over tiny alphabets and decides by them; the evaluator gets the same policy as
//! a file. They share no code but the names of operations, scopes and reasons.

use fastrand::Rng;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use seatledger::policy::{
    Account, Channel, Companies, CompaniesAsked, Decision, Hop, Person, Policy, Principal, Request, decide,
};

/// What each bit of a set stands for.
const SCOPES: [&str; 3] = ["a", "b", "c"];
const COMPANIES: [&str; 3] = ["Acme GmbH", "Acme SAS", "Acme UK Ltd"];
const TIERS: [&str; 4] = ["interactive", "api", "subagent", "background"];
const CHANNELS: [(&str, Channel); 3] =
    [("cli", Channel::Cli), ("mcp-stdio", Channel::McpStdio), ("mcp-http", Channel::McpHttp)];

/// Name, whether it can run, and what it has to do with companies: `-` nothing, `s` its own, `w` all of them.
const OPERATIONS: [(&str, bool, char); 6] = [
    ("usage.report", true, 's'),
    ("usage.export", true, 's'),
    ("usage.purge", true, 'w'),
    ("audit.read", true, '-'),
    ("salesforce.query", false, 's'),
    ("salesforce.getRecord", false, 's'),
];
const PATTERNS: [&str; 8] = [
    "usage.report",
    "usage.*",
    "usage.*rt",
    "salesforce.*",
    "salesforce.*Record",
    "audit.read",
    "u*e",
    "usage.p*",
];

const SUBJECTS: [&str; 2] = ["ann", "bob"];
const ROLES: [&str; 2] = ["reader", "writer"];
const USERS: [&str; 2] = ["nightly", "weekly"];

/// A set of companies: `None` is all of them.
type CompanySet = Option<u8>;

#[derive(Clone, Debug)]
struct Model {
    grant: u8,
    token_has_companies: bool,
    services: Vec<(usize, usize, u8, CompanySet)>,
    roles: Vec<(usize, u8, CompanySet)>,
    operations: Vec<(usize, u8)>,
    channels: Vec<(usize, u8)>,
    permissions: Vec<Rule>,
    forbids: Vec<Ban>,
    enforce: bool,
}

#[derive(Clone, Debug)]
struct Rule {
    subject: Option<usize>,
    operation: Option<usize>,
    tier: Option<usize>,
    allow: bool,
}

#[derive(Clone, Debug)]
struct Ban {
    id: usize,
    tiers: u8,
    pattern: usize,
    except: Option<usize>,
}

#[derive(Clone, Debug)]
struct Asking {
    /// A user name, or a subject with scopes, roles and companies.
    account: Option<usize>,
    subject: usize,
    scopes: u8,
    roles: u8,
    companies: u8,
    operation: usize,
    channel: usize,
    asked: Asked,
    claimed: Option<usize>,
    hops: Vec<Option<u8>>,
}

#[derive(Clone, Debug)]
enum Asked {
    Permitted,
    Named(u8),
    All,
}

// ---- the oracle -------------------------------------------------------------------------------------------------

/// What must come out: the code of the refusal, or the companies that may be seen.
fn oracle(model: &Model, asking: &Asking) -> Result<CompanySet, String> {
    let no = |code: &str| Err(code.to_owned());
    let (name, runs, concern) = OPERATIONS[asking.operation];
    let service = asking
        .account
        .map(|user| model.services.iter().filter(|service| service.0 == user).collect::<Vec<_>>());
    match &service {
        Some(_) if asking.channel == 2 => return no("token_missing"),
        _ if asking.hops.len() > 8 => return no("delegation_too_deep"),
        Some(found) if found.is_empty() => return no("principal_unknown"),
        _ => {}
    }
    let service = service.map(|found| *found[0]);

    let Some((_, needed)) = model.operations.iter().find(|(operation, _)| *operation == asking.operation)
    else {
        return no("operation_unknown");
    };
    if model
        .channels
        .iter()
        .any(|(operation, from)| *operation == asking.operation && from >> asking.channel & 1 == 0)
    {
        return no("channel_denied");
    }

    let mut tiers = 1_u8 << service.map_or(0, |service| service.1);
    tiers |= asking.claimed.map_or(0, |claimed| if claimed < 4 { 1 << claimed } else { 15 });
    tiers |= if asking.hops.is_empty() { 0 } else { 4 };
    let mut bans: Vec<_> = model
        .forbids
        .iter()
        .filter(|ban| ban.tiers == 0 || ban.tiers & tiers != 0)
        .filter(|ban| fits(PATTERNS[ban.pattern], name) && ban.except != Some(asking.operation))
        .map(|ban| ban.id)
        .collect();
    bans.sort_unstable();
    if let Some(first) = bans.first() {
        return no(&format!("forbidden:ban-{first}"));
    }

    let mut weights = [[false; 2]; 4];
    for rule in &model.permissions {
        let subject = rule.subject.map(|subject| asking.account.is_none() && subject == asking.subject);
        let operation = rule.operation.map(|operation| operation == asking.operation);
        let weight = match (subject, operation, rule.tier) {
            (Some(true), Some(true), _) => 3,
            (None, Some(true), _) => 2,
            (Some(true), None, _) => 1,
            (None, None, Some(tier)) if tiers >> tier & 1 == 1 => 0,
            _ => continue,
        };
        weights[weight][usize::from(rule.allow)] = true;
    }
    match weights.iter().rev().find(|weight| weight[0] || weight[1]) {
        Some([true, true]) => return no("permission_conflict"),
        Some([true, false]) => return no("permission_denied"),
        _ => {}
    }

    let held_roles: Vec<_> = model.roles.iter().filter(|role| asking.roles >> role.0 & 1 == 1).collect();
    let by_role = held_roles.iter().fold(0, |all, role| all | role.1);
    let mut held = match service {
        Some(service) => service.2,
        None => [asking.scopes, by_role, asking.scopes & by_role][usize::from(model.grant)],
    };
    for passed_on in asking.hops.iter().flatten() {
        held &= passed_on;
    }
    if needed & !held != 0 {
        return no("scope_missing");
    }
    if !runs {
        return no("operation_unavailable");
    }

    let permitted: CompanySet = if model.enforce {
        let of_roles = held_roles.iter().try_fold(0, |all, role| role.2.map(|companies| all | companies));
        let of_token = if model.token_has_companies { Some(asking.companies) } else { None };
        match (service, model.grant) {
            (Some(service), _) => service.3,
            (None, 0) => Some(of_token.unwrap_or(0)),
            (None, 1) => of_roles,
            (None, _) => match (of_token, of_roles) {
                (Some(one), Some(other)) => Some(one & other),
                (one, other) => one.or(other),
            },
        }
    } else {
        None
    };
    if concern == '-' {
        return Ok(permitted);
    }
    if permitted == Some(0) {
        return no("company_none");
    }
    let covers = |wanted: u8| permitted.is_none_or(|permitted| wanted & !permitted == 0);
    match asking.asked {
        _ if concern == 'w' && permitted.is_some() => no("company_denied"),
        _ if concern == 'w' => Ok(None),
        Asked::Permitted => Ok(permitted),
        Asked::All if permitted.is_none() => Ok(None),
        Asked::Named(wanted) if wanted != 0 && covers(wanted) => Ok(Some(wanted)),
        Asked::All | Asked::Named(_) => no("company_denied"),
    }
}

/// Whether a name fits a pattern, sign by sign.
fn fits(pattern: &str, name: &str) -> bool {
    match (pattern.chars().next(), name.chars().next()) {
        (None, None) => true,
        (Some('*'), _) => fits(&pattern[1..], name) || (!name.is_empty() && fits(pattern, &name[1..])),
        (Some(one), Some(other)) => one == other && fits(&pattern[1..], &name[1..]),
        _ => false,
    }
}

// ---- the same policy as a file, the same request as a value -------------------------------------------------------

impl Model {
    fn random(rng: &mut Rng) -> Self {
        let pick = |rng: &mut Rng, most: usize| rng.usize(..=most);
        let companies = |rng: &mut Rng| if rng.bool() { None } else { Some(rng.u8(..8)) };
        let mut model = Self {
            grant: rng.u8(..3),
            token_has_companies: rng.bool(),
            services: Vec::new(),
            roles: Vec::new(),
            operations: Vec::new(),
            channels: Vec::new(),
            permissions: Vec::new(),
            forbids: Vec::new(),
            enforce: rng.u8(..4) > 0,
        };
        for user in 0..pick(rng, 2) {
            model.services.push((user, rng.usize(..4), rng.u8(1..8), companies(rng)));
        }
        for role in 0..pick(rng, 2) {
            model.roles.push((role, rng.u8(1..8), companies(rng)));
        }
        for operation in 0..OPERATIONS.len() {
            if rng.u8(..8) > 0 {
                model
                    .operations
                    .push((operation, 1 << rng.u8(..3) | if rng.bool() { 0 } else { rng.u8(..8) }));
            }
            if rng.u8(..5) == 0 {
                model.channels.push((operation, rng.u8(1..8)));
            }
        }
        if model.operations.is_empty() {
            model.operations.push((0, 1));
        }
        for _ in 0..pick(rng, 3) {
            model.permissions.push(Rule::random(rng));
        }
        for id in 0..pick(rng, 2) {
            model.forbids.push(Ban::random(rng, id));
        }
        model
    }

    fn shuffle(&mut self, rng: &mut Rng) {
        rng.shuffle(&mut self.services);
        rng.shuffle(&mut self.roles);
        rng.shuffle(&mut self.operations);
        rng.shuffle(&mut self.channels);
        rng.shuffle(&mut self.permissions);
        rng.shuffle(&mut self.forbids);
    }

    fn policy(&self) -> Policy {
        let text = self.file();
        Policy::parse(text.as_bytes()).unwrap_or_else(|problems| panic!("{problems}\n{text}"))
    }

    fn file(&self) -> String {
        let companies_claim = if self.token_has_companies { r#", companies = "companies""# } else { "" };
        let grant = ["scope", "role", "scope_and_role"][usize::from(self.grant)];
        let mut file = format!(
            "version = 1\ntenant = \"acme\"\n[[identity.issuer]]\nname = \"idp\"\nissuer = \"https://login.acme.example\"\n\
             audience = [\"x\"]\nalgorithms = [\"RS256\"]\ngrant = \"{grant}\"\nclaims = {{ roles = \"groups\"{companies_claim} }}\n"
        );
        let mut line = |text: String| {
            file.push_str(&text);
            file.push('\n');
        };
        for (user, tier, scopes, companies) in &self.services {
            let (user, tier) = (USERS[*user], TIERS[*tier]);
            line(format!(
                "[[identity.service]]\nname = \"{user}\"\nunix_user = \"{user}\"\ntier = \"{tier}\""
            ));
            line(format!("scopes = {}\ncompanies = {}", list(*scopes, &SCOPES), company_list(*companies)));
        }
        for (role, scopes, companies) in &self.roles {
            line(format!("[[role]]\nmatch = \"{}\"", ROLES[*role]));
            line(format!("scopes = {}\ncompanies = {}", list(*scopes, &SCOPES), company_list(*companies)));
        }
        for rule in &self.permissions {
            line("[[permission]]".into());
            rule.subject.into_iter().for_each(|subject| {
                line(format!("subject = {{ issuer = \"idp\", sub = \"{}\" }}", SUBJECTS[subject]));
            });
            rule.operation
                .into_iter()
                .for_each(|operation| line(format!("operation = \"{}\"", OPERATIONS[operation].0)));
            rule.tier.into_iter().for_each(|tier| line(format!("tier = \"{}\"", TIERS[tier])));
            line(format!("effect = \"{}\"", if rule.allow { "allow" } else { "deny" }));
        }
        for ban in &self.forbids {
            line(format!("[[forbid]]\nid = \"ban-{}\"\noperation = \"{}\"", ban.id, PATTERNS[ban.pattern]));
            if ban.tiers != 0 {
                line(format!("tiers = {}", list(ban.tiers, &TIERS)));
            }
            ban.except
                .into_iter()
                .for_each(|operation| line(format!("except = [\"{}\"]", OPERATIONS[operation].0)));
        }
        line(format!("[company]\nenforce = {}\n[operations]", self.enforce));
        for (operation, scopes) in &self.operations {
            line(format!("\"{}\" = {}", OPERATIONS[*operation].0, list(*scopes, &SCOPES)));
        }
        line("[channels]".into());
        for (operation, channels) in &self.channels {
            let names = CHANNELS.map(|(name, _)| name);
            line(format!("\"{}\" = {}", OPERATIONS[*operation].0, list(*channels, &names)));
        }
        file
    }
}

impl Rule {
    fn random(rng: &mut Rng) -> Self {
        let (subject, operation, allow) = (rng.usize(..2), rng.usize(..OPERATIONS.len()), rng.bool());
        let none = Self { subject: None, operation: None, tier: None, allow };
        match rng.u8(..4) {
            0 => Self { tier: Some(rng.usize(..4)), ..none },
            1 => Self { subject: Some(subject), ..none },
            2 => Self { operation: Some(operation), ..none },
            _ => Self { subject: Some(subject), operation: Some(operation), ..none },
        }
    }
}

impl Ban {
    fn random(rng: &mut Rng, id: usize) -> Self {
        let pattern = rng.usize(..PATTERNS.len());
        let candidates: Vec<_> = (0..OPERATIONS.len())
            .filter(|operation| fits(PATTERNS[pattern], OPERATIONS[*operation].0))
            .collect();
        let except = if rng.bool() { rng.choice(candidates) } else { None };
        Self { id, tiers: if rng.bool() { 0 } else { rng.u8(1..16) }, pattern, except }
    }
}

impl Asking {
    fn random(rng: &mut Rng) -> Self {
        let hops = if rng.u8(..4) == 0 { rng.usize(1..10) } else { 0 };
        Self {
            account: if rng.u8(..3) == 0 { Some(rng.usize(..2)) } else { None },
            subject: rng.usize(..2),
            scopes: rng.u8(..8) | rng.u8(..8),
            roles: rng.u8(..4) | rng.u8(..4),
            companies: rng.u8(..8),
            operation: rng.usize(..OPERATIONS.len()),
            channel: rng.usize(..3),
            asked: match rng.u8(..4) {
                0 => Asked::All,
                1 => Asked::Named(rng.u8(..8)),
                _ => Asked::Permitted,
            },
            claimed: if rng.u8(..4) == 0 { Some(rng.usize(..5)) } else { None },
            hops: (0..hops)
                .map(|_| if rng.bool() { None } else { Some(rng.u8(..8) | rng.u8(..8)) })
                .collect(),
        }
    }

    fn principal(&self, token_has_companies: bool) -> Principal {
        match self.account {
            Some(user) => Principal::Account(Account { uid: 1000, name: Some(USERS[user].into()) }),
            None => Principal::Person(Person {
                issuer: "idp".into(),
                subject: SUBJECTS[self.subject].into(),
                scopes: names(self.scopes, &SCOPES).map(str::to_owned).collect(),
                roles: names(self.roles, &ROLES).map(str::to_owned).collect(),
                companies: token_has_companies
                    .then(|| names(self.companies, &COMPANIES).map(str::to_owned).collect()),
                actors: Vec::new(),
            }),
        }
    }

    /// What the evaluator says, in the oracle's words.
    fn verdict(&self, policy: &Policy, token_has_companies: bool) -> Result<CompanySet, String> {
        let scopes: Vec<_> =
            self.hops.iter().map(|hop| hop.map(|hop| names(hop, &SCOPES).collect::<Vec<_>>())).collect();
        let delegation: Vec<_> =
            scopes.iter().map(|scopes| Hop { agent: "agent", scopes: scopes.as_deref() }).collect();
        let wanted: Vec<_> = match self.asked {
            Asked::Named(wanted) => names(wanted, &COMPANIES).collect(),
            Asked::Permitted | Asked::All => Vec::new(),
        };
        let request = Request {
            operation: OPERATIONS[self.operation].0,
            channel: CHANNELS[self.channel].1,
            companies: match self.asked {
                Asked::Permitted => CompaniesAsked::Permitted,
                Asked::Named(_) => CompaniesAsked::Named(&wanted),
                Asked::All => CompaniesAsked::All,
            },
            argument_bytes: 0,
            claimed_tier: self.claimed.map(|claimed| TIERS.get(claimed).copied().unwrap_or("root")),
            delegation: &delegation,
        };
        match decide(policy, &self.principal(token_has_companies), &request) {
            Decision::Deny(denial) => Err(denial.recorded_code()),
            Decision::Allow(obligations) => Ok(match obligations.companies {
                Companies::All => None,
                Companies::None => Some(0),
                Companies::Only(only) => Some(bits(&only.iter().map(String::as_str).collect::<Vec<_>>())),
            }),
        }
    }
}

fn names<'n>(set: u8, all: &[&'n str]) -> impl Iterator<Item = &'n str> {
    all.iter().enumerate().filter(move |(place, _)| set >> place & 1 == 1).map(|(_, name)| *name)
}

fn bits(companies: &[&str]) -> u8 {
    companies.iter().map(|name| 1 << COMPANIES.iter().position(|known| known == name).unwrap()).sum()
}

fn list(set: u8, all: &[&str]) -> String {
    format!("{:?}", names(set, all).collect::<Vec<_>>())
}

fn company_list(set: CompanySet) -> String {
    set.map_or_else(|| r#"["*"]"#.into(), |set| list(set, &COMPANIES))
}

// ---- tests --------------------------------------------------------------------------------------------------------

#[test]
fn the_evaluator_and_the_oracle_agree_on_100_000_cases() {
    const POLICIES: usize = 2_000;
    const REQUESTS: usize = 50;
    let mut rng = Rng::with_seed(20_260_102);
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for _ in 0..POLICIES {
        let model = Model::random(&mut rng);
        let policy = model.policy();
        for _ in 0..REQUESTS {
            let asking = Asking::random(&mut rng);
            let verdict = asking.verdict(&policy, model.token_has_companies);
            assert_eq!(verdict, oracle(&model, &asking), "{asking:?}\n{}", model.file());
            *seen.entry(verdict.err().unwrap_or_else(|| "allowed".into())).or_default() += 1;
        }
    }
    let common = [
        "allowed",
        "channel_denied",
        "company_denied",
        "company_none",
        "delegation_too_deep",
        "forbidden:ban-0",
        "forbidden:ban-1",
        "operation_unavailable",
        "operation_unknown",
        "permission_conflict",
        "permission_denied",
        "principal_unknown",
        "scope_missing",
        "token_missing",
    ];
    for code in common {
        assert!(seen.get(code).is_some_and(|times| *times > 100), "{code} is hardly tried: {seen:?}");
    }
    assert_eq!(seen.len(), common.len(), "{seen:?}");
}

/// Requests that one property is tried with, per policy.
const TRIES: usize = 40;

fn properties() -> ProptestConfig {
    ProptestConfig {
        cases: 200,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(properties())]

    #[test]
    fn adding_a_forbid_never_allows(seed: u64) {
        let mut rng = Rng::with_seed(seed);
        let model = Model::random(&mut rng);
        let mut stricter = model.clone();
        stricter.forbids.push(Ban::random(&mut rng, 9));
        let (before, after) = (model.policy(), stricter.policy());
        for _ in 0..TRIES {
            let asking = Asking::random(&mut rng);
            let was = asking.verdict(&before, model.token_has_companies);
            let is = asking.verdict(&after, model.token_has_companies);
            prop_assert!(is == was || is == Err("forbidden:ban-9".into()), "{was:?} became {is:?}: {asking:?}");
        }
    }

    #[test]
    fn a_permission_about_somebody_leaves_everybody_else_alone(seed: u64) {
        let mut rng = Rng::with_seed(seed);
        let model = Model::random(&mut rng);
        let mut changed = model.clone();
        let mut rule = Rule::random(&mut rng);
        rule.subject = Some(0);
        rule.tier = None;
        changed.permissions.push(rule);
        let (before, after) = (model.policy(), changed.policy());
        for _ in 0..TRIES {
            let asking = Asking::random(&mut rng);
            if asking.account.is_none() && asking.subject == 0 {
                continue;
            }
            let was = asking.verdict(&before, model.token_has_companies);
            prop_assert_eq!(asking.verdict(&after, model.token_has_companies), was);
        }
    }

    #[test]
    fn the_order_of_rules_is_irrelevant(seed: u64) {
        let mut rng = Rng::with_seed(seed);
        let model = Model::random(&mut rng);
        let mut shuffled = model.clone();
        shuffled.shuffle(&mut rng);
        let (before, after) = (model.policy(), shuffled.policy());
        for _ in 0..TRIES {
            let asking = Asking::random(&mut rng);
            let was = asking.verdict(&before, model.token_has_companies);
            prop_assert_eq!(asking.verdict(&after, model.token_has_companies), was);
        }
    }

    #[test]
    fn what_the_caller_states_never_allows(seed: u64) {
        let mut rng = Rng::with_seed(seed);
        let model = Model::random(&mut rng);
        let policy = model.policy();
        for _ in 0..TRIES {
            let plain = Asking { claimed: None, hops: Vec::new(), ..Asking::random(&mut rng) };
            let stating = Asking {
                claimed: Some(rng.usize(..5)),
                hops: (0..rng.usize(..3)).map(|_| Some(rng.u8(..8))).collect(),
                ..plain.clone()
            };
            let was = plain.verdict(&policy, model.token_has_companies);
            let is = stating.verdict(&policy, model.token_has_companies);
            prop_assert!(is.is_err() || is == was, "{was:?} became {is:?}: {stating:?}");
        }
    }
}
