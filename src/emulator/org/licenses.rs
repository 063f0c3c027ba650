//! What the org has bought: user licenses, profiles on them, permission set licenses, packages and feature licenses.

/// How many seats a license has.
#[derive(Clone, Copy)]
pub(crate) enum Seats {
    /// `-1` on the wire.
    Unlimited,
    Fixed(i64),
    /// As many percent more than are used, rounded up to a multiple of five; negative: fewer than are used.
    Spare(i64),
}

impl Seats {
    /// The number on the wire, given how many are used.
    pub(crate) fn total(self, used: i64) -> i64 {
        match self {
            Self::Unlimited => -1,
            Self::Fixed(seats) => seats,
            Self::Spare(percent) if percent < 0 => used + used * percent / 100,
            Self::Spare(percent) => ((used + used * percent / 100) / 5 + 1) * 5,
        }
    }
}

/// A user license.
pub(crate) struct UserLicense {
    pub(crate) key: &'static str,
    pub(crate) name: &'static str,
    pub(crate) active: bool,
    pub(crate) seats: Seats,
    /// For employees: they have departments, roles and managers.
    pub(crate) internal: bool,
}

const fn license(
    key: &'static str,
    name: &'static str,
    active: bool,
    seats: Seats,
    internal: bool,
) -> UserLicense {
    UserLicense { key, name, active, seats, internal }
}

pub(crate) const SALESFORCE: usize = 0;
pub(crate) const PLATFORM: usize = 1;
pub(crate) const CHATTER_FREE: usize = 2;
pub(crate) const INTEGRATION: usize = 3;
pub(crate) const CUSTOMER_COMMUNITY: usize = 4;
pub(crate) const CUSTOMER_COMMUNITY_LOGIN: usize = 5;
pub(crate) const PARTNER_COMMUNITY: usize = 6;
pub(crate) const EXTERNAL_IDENTITY: usize = 7;
pub(crate) const HIGH_VOLUME_PORTAL: usize = 8;
pub(crate) const ANALYTICS: usize = 10;
pub(crate) const CLOUD_INTEGRATION: usize = 11;
pub(crate) const GUEST: usize = 12;
pub(crate) const PLATFORM_ONE: usize = 13;

/// The place of a license here is its record's number; the constants above name those that profiles use. The name
/// "High Volume Customer Portal" appears twice, and the Analytics license has active users but no seats: both are seen
/// in real orgs.
pub(crate) const USER_LICENSES: &[UserLicense] = &[
    license("SFDC", "Salesforce", true, Seats::Spare(12), true),
    license("AUL", "Salesforce Platform", true, Seats::Spare(35), true),
    license("PID_CHATTER", "Chatter Free", true, Seats::Fixed(5000), true),
    license("PID_Salesforce_Integration", "Salesforce Integration", true, Seats::Fixed(5), true),
    license("PID_Customer_Community", "Customer Community", true, Seats::Spare(60), false),
    license("PID_Customer_Community_Login", "Customer Community Login", true, Seats::Spare(25), false),
    license("PID_Partner_Community", "Partner Community", true, Seats::Spare(-4), false),
    license("PID_External_Identity", "External Identity", true, Seats::Unlimited, false),
    license(
        "PID_Overage_High Volume Customer Portal",
        "High Volume Customer Portal",
        true,
        Seats::Fixed(100),
        false,
    ),
    license(
        "PID_Limited_High_Volume_Customer_Portal",
        "High Volume Customer Portal",
        false,
        Seats::Fixed(0),
        false,
    ),
    license("AUL_EINSTEIN_ACTIVITY", "Analytics Cloud Integration User", false, Seats::Fixed(0), true),
    license("PID_Cloud_Integration_User", "Cloud Integration User", true, Seats::Fixed(1), true),
    license("PID_Guest_User", "Guest User License", true, Seats::Fixed(25), false),
    license("AUL1", "Platform One", true, Seats::Spare(3), true),
    license("PID_FDC_FREE", "Force.com - Free", true, Seats::Fixed(20), true),
    license("PID_STRATEGIC_PRM", "Gold Partner", true, Seats::Fixed(30), false),
    license("PID_IDEAS", "Work.com Only", false, Seats::Fixed(0), true),
];

/// A profile.
pub(crate) struct Profile {
    pub(crate) name: &'static str,
    pub(crate) license: usize,
    pub(crate) user_type: &'static str,
    /// Its share of the people; 0 for profiles that only special users have.
    pub(crate) weight: u8,
}

const fn profile(name: &'static str, license: usize, user_type: &'static str, weight: u8) -> Profile {
    Profile { name, license, user_type, weight }
}

/// The place of a profile here is its record's number.
pub(crate) const PROFILES: &[Profile] = &[
    profile("System Administrator", SALESFORCE, "Standard", 6),
    profile("Minimum Access - API Only Integrations", INTEGRATION, "Standard", 0),
    profile("Salesforce API Only System Integrations", INTEGRATION, "Standard", 0),
    profile("Analytics Cloud Integration User", ANALYTICS, "Standard", 0),
    profile("Analytics Cloud Security User", ANALYTICS, "Standard", 0),
    profile("Cloud Integration User", CLOUD_INTEGRATION, "CloudIntegrationUser", 0),
    profile("Customer Hub Profile", GUEST, "Guest", 0),
    profile("Standard User", SALESFORCE, "Standard", 40),
    profile("Read Only", SALESFORCE, "Standard", 12),
    profile("Minimum Access - Salesforce", SALESFORCE, "Standard", 30),
    profile("Solution Manager", SALESFORCE, "Standard", 4),
    profile("Marketing User", SALESFORCE, "Standard", 18),
    profile("Contract Manager", SALESFORCE, "Standard", 6),
    profile("Acme Vertrieb Innendienst", SALESFORCE, "Standard", 90),
    profile("Acme Vertrieb Außendienst", SALESFORCE, "Standard", 80),
    profile("Acme Kundenservice", SALESFORCE, "Standard", 70),
    profile("Acme UK Sales", SALESFORCE, "Standard", 50),
    profile("Acme UK Service", SALESFORCE, "Standard", 40),
    profile("Acme France Ventes", SALESFORCE, "Standard", 25),
    profile("アクメ営業", SALESFORCE, "Standard", 15),
    profile("Finance Approver", SALESFORCE, "Standard", 12),
    profile("Standard Platform User", PLATFORM, "Standard", 60),
    profile("Warehouse", PLATFORM, "Standard", 50),
    profile("HR Self Service", PLATFORM, "Standard", 45),
    profile("Procurement", PLATFORM, "Standard", 25),
    profile("Field Technician", PLATFORM, "Standard", 30),
    profile("One App User", PLATFORM_ONE, "Standard", 15),
    profile("Chatter Free User", CHATTER_FREE, "CsnOnly", 60),
    profile("Chatter Moderator User", CHATTER_FREE, "CsnOnly", 2),
    profile("Customer Community User", CUSTOMER_COMMUNITY, "CspLitePortal", 70),
    profile("Customer Community Plus User", CUSTOMER_COMMUNITY, "PowerCustomerSuccess", 20),
    profile("Customer Community Login User", CUSTOMER_COMMUNITY_LOGIN, "CspLitePortal", 50),
    profile("Customer Portal Manager", CUSTOMER_COMMUNITY, "CustomerSuccess", 8),
    profile("Partner Community User", PARTNER_COMMUNITY, "PowerPartner", 40),
    profile("Partner Community Login User", PARTNER_COMMUNITY, "PowerPartner", 10),
    profile("External Identity User", EXTERNAL_IDENTITY, "CspLitePortal", 25),
    profile("High Volume Customer Portal User", HIGH_VOLUME_PORTAL, "CspLitePortal", 4),
    profile("Authenticated Website", HIGH_VOLUME_PORTAL, "SelfService", 2),
    profile("Work.com Only User", PLATFORM, "Standard", 0),
];

/// A permission set license.
pub(crate) struct PermissionSetLicense {
    pub(crate) developer_name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) seats: Seats,
    /// Days from the org's birthday to the end; a license past it is Disabled.
    pub(crate) expires_in_days: Option<i64>,
    /// Holders in a thousand people who have it although no permission set of theirs needs it.
    pub(crate) unneeded_per_mille: u64,
}

const fn psl(
    developer_name: &'static str,
    label: &'static str,
    seats: Seats,
    expires_in_days: Option<i64>,
    unneeded_per_mille: u64,
) -> PermissionSetLicense {
    PermissionSetLicense { developer_name, label, seats, expires_in_days, unneeded_per_mille }
}

/// At most 32, so that what a person holds fits one number.
pub(crate) const PERMISSION_SET_LICENSES: &[PermissionSetLicense] = &[
    psl("SalesConsoleUser", "Sales Console User", Seats::Spare(10), None, 40),
    psl("SalesforceAPIIntegrationPsl", "Salesforce API Integration", Seats::Fixed(5), None, 0),
    psl("FieldServiceMobilePsl", "Field Service Mobile", Seats::Spare(8), Some(190), 20),
    psl("FieldServiceDispatcherPsl", "Field Service Dispatcher", Seats::Spare(0), Some(190), 5),
    psl("CRMAnalyticsPlus", "CRM Analytics Plus", Seats::Spare(40), Some(71), 30),
    psl("SalesEngagementPsl", "Sales Engagement", Seats::Spare(-5), Some(300), 15),
    psl("HealthCloudPsl", "Health Cloud", Seats::Fixed(10), Some(-40), 3),
    psl("IdentityConnect", "Identity Connect", Seats::Fixed(0), None, 0),
    psl("OrdersPlatform", "Orders Platform", Seats::Fixed(0), None, 1),
    psl("EinsteinGPTSalesEmailsPsl", "Einstein Sales Emails", Seats::Spare(100), Some(12), 10),
    psl("LightningSchedulerPsl", "Lightning Scheduler", Seats::Fixed(10), None, 0),
    psl("SalesforceCPQPsl", "Salesforce CPQ License", Seats::Spare(15), Some(365), 25),
    psl("ServiceCloudVoicePsl", "Service Cloud Voice", Seats::Spare(5), Some(540), 8),
    psl("SurveyCreatorPsl", "Surveys Creator", Seats::Unlimited, None, 12),
    psl("InsightsInboxAdminAnalyticsPsl", "Inbox (Retired)", Seats::Fixed(20), Some(-400), 2),
    psl("CustomerDataPlatformPsl", "Data Cloud", Seats::Spare(20), Some(90), 6),
];

/// A managed package with seats.
pub(crate) struct Package {
    pub(crate) namespace: &'static str,
    pub(crate) seats: Seats,
    pub(crate) status: &'static str,
    pub(crate) expires_in_days: Option<i64>,
    /// Internal people in a thousand who hold a seat.
    pub(crate) per_mille: u64,
}

const fn package(
    namespace: &'static str,
    seats: Seats,
    status: &'static str,
    expires_in_days: Option<i64>,
    per_mille: u64,
) -> Package {
    Package { namespace, seats, status, expires_in_days, per_mille }
}

/// At most 32, so that what a person holds fits one number.
pub(crate) const PACKAGES: &[Package] = &[
    package("SBQQ", Seats::Spare(20), "Active", Some(220), 120),
    package("dsfs", Seats::Spare(5), "Active", Some(45), 200),
    package("dlrs", Seats::Unlimited, "Free", None, 30),
    package("loop", Seats::Fixed(50), "Trial", Some(9), 4),
    package("APXTConga4", Seats::Spare(0), "Active", Some(410), 90),
    package("et4ae5", Seats::Fixed(25), "Expired", Some(-63), 6),
    package("mcdonbi", Seats::Fixed(0), "Active", None, 1),
];

/// A feature license: a checkbox on User, which exists only where the org has the feature.
pub(crate) struct Feature {
    /// The field on User.
    pub(crate) field: &'static str,
    /// The value of `ActiveFeatureLicenseMetric.FeatureType`.
    pub(crate) feature_type: &'static str,
    pub(crate) seats: i64,
    /// Internal people in a thousand who have it.
    pub(crate) per_mille: u64,
}

const fn feature(field: &'static str, feature_type: &'static str, seats: i64, per_mille: u64) -> Feature {
    Feature { field, feature_type, seats, per_mille }
}

pub(crate) const FEATURES: &[Feature] = &[
    feature("UserPermissionsMarketingUser", "MarketingUser", 500, 90),
    feature("UserPermissionsOfflineUser", "OfflineUser", 250, 12),
    feature("UserPermissionsSFContentUser", "SFContentUser", 10_000, 400),
    feature("UserPermissionsKnowledgeUser", "KnowledgeUser", 300, 160),
    feature("UserPermissionsInteractionUser", "InteractionUser", 10_000, 300),
    feature("UserPermissionsSupportUser", "SupportUser", 1_000, 240),
    feature("UserPermissionsLiveAgentUser", "LiveAgentUser", 40, 30),
    feature("UserPermissionsSiteforceContributorUser", "SiteforceContributorUser", 5, 2),
    feature("UserPermissionsSiteforcePublisherUser", "SiteforcePublisherUser", 5, 1),
    feature("UserPermissionsCallCenterAutoLogin", "CallCenterAutoLogin", 100, 25),
];

/// A usage-based entitlement.
pub(crate) struct Entitlement {
    pub(crate) setting: &'static str,
    pub(crate) label: Option<&'static str>,
    pub(crate) frequency: Option<&'static str>,
    pub(crate) allowed: f64,
    /// `None`: not metered, which is not the same as nothing used.
    pub(crate) used: Option<f64>,
    pub(crate) started_days_ago: i64,
    pub(crate) ends_in_days: Option<i64>,
}

pub(crate) const ENTITLEMENTS: &[Entitlement] = &[
    Entitlement {
        setting: "setting/force.com/orgValue.MaxCustomerNetworkLogins",
        label: Some("Customer Community Logins"),
        frequency: Some("Monthly"),
        allowed: 2000.0,
        used: Some(2760.0),
        started_days_ago: 610,
        ends_in_days: Some(120),
    },
    Entitlement {
        setting: "setting/force.com/orgValue.MaxRegularNetworkMembers",
        label: Some("Partner Community Members"),
        frequency: Some("Once"),
        allowed: 500.0,
        used: Some(431.0),
        started_days_ago: 610,
        ends_in_days: Some(120),
    },
    Entitlement {
        setting: "setting/force.com/orgValue.MaxExtIdentityLogins",
        label: Some("External Identity Logins"),
        frequency: Some("Yearly"),
        allowed: 25_000.0,
        used: Some(1022.5),
        started_days_ago: 200,
        ends_in_days: Some(165),
    },
    Entitlement {
        setting: "setting/force.com/orgValue.Provisioned30DayApiRequests",
        label: Some("API Request Limit per Month"),
        frequency: Some("Monthly"),
        allowed: 15_000_000.0,
        used: None,
        started_days_ago: 900,
        ends_in_days: None,
    },
    Entitlement {
        setting: "setting/force.com/orgValue.MaxCdpProfiles",
        label: None,
        frequency: Some("Daily"),
        allowed: 0.0,
        used: Some(0.0),
        started_days_ago: 31,
        ends_in_days: None,
    },
    Entitlement {
        setting: "setting/force.com/orgValue.RevOrderUsageAmount",
        label: Some("Revenue Lifecycle Usage"),
        frequency: None,
        allowed: 1_000_000.0,
        used: Some(250_000.25),
        started_days_ago: 365,
        ends_in_days: Some(-1),
    },
];
