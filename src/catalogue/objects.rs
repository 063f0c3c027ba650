//! The catalogue itself. Fields and key prefixes follow the Object Reference for the Salesforce Platform.

use super::field::FieldType::{Boolean, Date, DateTime, Id, Integer, Number, Text};
use super::field::{Field, Source, attribute, counted, counted_counter, counted_key, counter, gathered, key};
use super::object::{Dataset, Holder, Need, Object, Shape};

/// Feature licenses are checkboxes on User whose names begin so (most end in `User`, some do not, such as
/// `UserPermissionsCallCenterAutoLogin`).
pub const FEATURE_FLAG_PREFIX: &str = "UserPermissions";

/// Columns that hold live credentials (OauthToken's hold usable tokens, AuthProvider's the client secret). No query
/// may name them, wherever the name comes from.
pub const SECRET_FIELDS: &[&str] = &["AccessToken", "RequestToken", "DeleteToken", "ConsumerSecret"];

const VIEW_SETUP: &str = "View Setup and Configuration";

/// Everything that is collected, in the order it is asked for.
pub const OBJECTS: &[Object] = &[
    Object {
        name: "Organization",
        dataset: Dataset {
            table: "organization",
            fields: &[
                key("Id", "id", Id),
                attribute("Name", "name", Text),
                attribute("OrganizationType", "edition", Text),
                attribute("InstanceName", "instance_name", Text),
                attribute("IsSandbox", "is_sandbox", Boolean),
                attribute("TrialExpirationDate", "trial_expires_at", DateTime),
                attribute("TimeZoneSidKey", "time_zone", Text),
                attribute("CreatedDate", "created_at", DateTime),
            ],
        },
        need: Need::Required,
        permission: "API Enabled",
        lost_without: "everything: the org cannot be told from another",
        ..SNAPSHOT
    },
    Object {
        name: "UserLicense",
        dataset: Dataset {
            table: "user_license",
            fields: &[
                key("Id", "id", Id),
                attribute("LicenseDefinitionKey", "license_definition_key", Text),
                attribute("Name", "name", Text),
                attribute("MasterLabel", "label", Text),
                attribute("Status", "status", Text),
                attribute("TotalLicenses", "total", Integer),
                attribute("MonthlyLoginsEntitlement", "monthly_logins_entitlement", Integer),
                counter("UsedLicenses", "used", Integer),
                counter("UsedLicensesLastUpdated", "used_counted_at", DateTime),
                counter("MonthlyLoginsUsed", "monthly_logins_used", Integer),
            ],
        },
        need: Need::Required,
        permission: VIEW_SETUP,
        lost_without: "how many seats of each user license the org owns and uses",
        ..SNAPSHOT
    },
    Object {
        name: "PermissionSetLicense",
        dataset: Dataset {
            table: "permission_set_license",
            fields: &[
                key("Id", "id", Id),
                attribute("PermissionSetLicenseKey", "permission_set_license_key", Text),
                attribute("DeveloperName", "developer_name", Text),
                attribute("MasterLabel", "label", Text),
                attribute("Status", "status", Text),
                attribute("ExpirationDate", "expires_on", Date),
                attribute("TotalLicenses", "total", Integer),
                attribute("IsAvailableForIntegrations", "is_available_for_integrations", Boolean),
                counter("UsedLicenses", "used", Integer),
            ],
        },
        need: Need::Required,
        permission: VIEW_SETUP,
        lost_without: "permission set licenses: seats, use and expiry",
        ..SNAPSHOT
    },
    Object {
        name: "PermissionSetLicenseAssign",
        dataset: Dataset {
            table: "permission_set_license_assign",
            fields: &[
                key("Id", "id", Id),
                attribute("AssigneeId", "assignee_id", Id).personal(),
                attribute("PermissionSetLicenseId", "permission_set_license_id", Id),
                attribute("CreatedDate", "created_at", DateTime),
            ],
        },
        need: Need::Required,
        holder: Holder::User("assignee_id"),
        permission: "View Setup and Configuration, or Assign Permission Sets",
        lost_without: "who holds which permission set license",
        ..SNAPSHOT
    },
    Object {
        name: "PackageLicense",
        dataset: Dataset {
            table: "package_license",
            fields: &[
                key("Id", "id", Id),
                attribute("NamespacePrefix", "namespace_prefix", Text),
                attribute("Status", "status", Text),
                attribute("AllowedLicenses", "allowed", Integer),
                attribute("ExpirationDate", "expires_at", DateTime),
                attribute("IsProvisioned", "is_provisioned", Boolean),
                attribute("CreatedDate", "created_at", DateTime),
                counter("UsedLicenses", "used", Integer),
            ],
        },
        need: Need::Required,
        permission: VIEW_SETUP,
        lost_without: "licenses of managed packages",
        ..SNAPSHOT
    },
    Object {
        name: "UserPackageLicense",
        dataset: Dataset {
            table: "user_package_license",
            fields: &[
                key("Id", "id", Id),
                attribute("UserId", "user_id", Id).personal(),
                attribute("PackageLicenseId", "package_license_id", Id),
                attribute("CreatedDate", "created_at", DateTime),
            ],
        },
        need: Need::Required,
        holder: Holder::User("user_id"),
        permission: VIEW_SETUP,
        lost_without: "who holds which managed package license",
        ..SNAPSHOT
    },
    Object {
        name: "TenantUsageEntitlement",
        dataset: Dataset {
            table: "tenant_usage_entitlement",
            fields: &[
                key("Id", "id", Id),
                attribute("Setting", "setting", Text),
                attribute("MasterLabel", "label", Text),
                attribute("ResourceGroupKey", "resource_group_key", Text),
                attribute("CurrentAmountAllowed", "amount_allowed", Number),
                attribute("Frequency", "frequency", Text),
                attribute("StartDate", "start_on", Date),
                attribute("EndDate", "end_on", Date),
                attribute("HasRollover", "has_rollover", Boolean),
                attribute("OverageGrace", "overage_grace_percent", Number),
                counter("AmountUsed", "amount_used", Number),
                counter("UsageDate", "usage_counted_at", DateTime),
            ],
        },
        need: Need::Optional("the org has no usage-based entitlements, or its edition does not show them"),
        permission: VIEW_SETUP,
        lost_without: "consumption of usage-based entitlements",
        ..SNAPSHOT
    },
    Object {
        name: "User",
        dataset: Dataset { table: "user", fields: USER_FIELDS },
        need: Need::Required,
        holder: Holder::Oneself,
        permission: "API Enabled, and View All Users where users are shared privately",
        lost_without: "everything about people: who holds a seat and who uses it",
        ..SNAPSHOT
    },
    Object {
        name: "Profile",
        dataset: Dataset {
            table: "profile",
            fields: &[
                key("Id", "id", Id),
                attribute("Name", "name", Text),
                attribute("UserLicenseId", "user_license_id", Id),
                attribute("UserType", "user_type", Text),
            ],
        },
        need: Need::Required,
        permission: "API Enabled",
        lost_without: "which user license a user holds",
        ..SNAPSHOT
    },
    Object {
        name: "UserRole",
        dataset: Dataset {
            table: "user_role",
            fields: &[
                key("Id", "id", Id),
                attribute("Name", "name", Text),
                attribute("ParentRoleId", "parent_role_id", Id),
            ],
        },
        need: Need::Optional("View Roles and Role Hierarchy is not granted"),
        permission: "View Roles and Role Hierarchy",
        lost_without: "role names",
        ..SNAPSHOT
    },
    Object {
        name: "PermissionSet",
        dataset: Dataset {
            table: "permission_set",
            fields: &[
                key("Id", "id", Id),
                attribute("Name", "name", Text),
                attribute("Label", "label", Text),
                attribute("LicenseId", "license_id", Id),
                attribute("Type", "type", Text),
                attribute("PermissionSetGroupId", "permission_set_group_id", Id),
                attribute("NamespacePrefix", "namespace_prefix", Text),
                attribute("IsCustom", "is_custom", Boolean),
            ],
        },
        // Every profile owns a hidden permission set; those say nothing that Profile does not.
        filter: Some("IsOwnedByProfile = false"),
        need: Need::Required,
        permission: VIEW_SETUP,
        lost_without: "which permission sets need which permission set license",
        ..SNAPSHOT
    },
    Object {
        name: "PermissionSetAssignment",
        dataset: Dataset {
            table: "permission_set_assignment",
            fields: &[
                key("Id", "id", Id),
                attribute("AssigneeId", "assignee_id", Id).personal(),
                attribute("PermissionSetId", "permission_set_id", Id),
                attribute("PermissionSetGroupId", "permission_set_group_id", Id),
                attribute("IsActive", "is_active", Boolean),
                attribute("ExpirationDate", "expires_at", DateTime),
            ],
        },
        // A user's profile shows up as an assignment too.
        filter: Some("PermissionSet.IsOwnedByProfile = false"),
        need: Need::Required,
        holder: Holder::User("assignee_id"),
        permission: "View Setup and Configuration, Assign Permission Sets, or Manage Users",
        lost_without: "whether a permission set license is used by any permission set of its holder",
        ..SNAPSHOT
    },
    Object {
        name: "UserLogin",
        dataset: Dataset {
            table: "user_login",
            fields: &[
                // One row per user, and found by the user.
                key("UserId", "user_id", Id).personal(),
                attribute("IsFrozen", "is_frozen", Boolean),
                attribute("IsPasswordLocked", "is_password_locked", Boolean),
            ],
        },
        // Every user has a row and nearly all of them say nothing.
        filter: Some("(IsFrozen = true OR IsPasswordLocked = true)"),
        need: Need::Optional("Manage Users is not granted"),
        holder: Holder::User("user_id"),
        permission: "Manage Users",
        lost_without: "which users are frozen (shown as unknown)",
        ..SNAPSHOT
    },
    Object {
        name: "LoginHistory",
        dataset: Dataset {
            table: "login",
            fields: &[
                key("Id", "id", Id),
                attribute("UserId", "user_id", Id).personal(),
                attribute("LoginTime", "login_at", DateTime).personal(),
                attribute("LoginType", "login_type", Text),
                attribute("Status", "status", Text),
            ],
        },
        described: false,
        ordered_by_id: false,
        need: Need::Required,
        shape: Shape::LoginDays,
        holder: Holder::User("user_id"),
        permission: "Monitor Login History, or Manage Users",
        lost_without: "when users last logged in, and whether interactively or by API",
        ..SNAPSHOT
    },
    Object {
        name: "ActiveProfileMetric",
        dataset: Dataset {
            table: "active_profile_metric",
            fields: &[
                key("ProfileId", "profile_id", Id),
                attribute("UserLicenseId", "user_license_id", Id),
                counter("MetricsDate", "metrics_on", Date),
                counter("AssignedUserCount", "assigned", Integer),
                counter("ActiveUserCount", "active", Integer),
            ],
        },
        ..METRIC
    },
    Object {
        name: "ActivePermSetLicenseMetric",
        dataset: Dataset {
            table: "active_permission_set_license_metric",
            fields: &[
                key("PermissionSetLicenseId", "permission_set_license_id", Id),
                attribute("DeveloperName", "developer_name", Text),
                attribute("MasterLabel", "label", Text),
                counter("MetricsDate", "metrics_on", Date),
                counter("TotalLicenses", "total", Integer),
                counter("AssignedUserCount", "assigned", Integer),
                counter("ActiveUserCount", "active", Integer),
            ],
        },
        ..METRIC
    },
    Object {
        name: "ActiveFeatureLicenseMetric",
        dataset: Dataset {
            table: "active_feature_license_metric",
            fields: &[
                key("FeatureType", "feature_type", Text),
                counter("MetricsDate", "metrics_on", Date),
                counter("TotalLicenseCount", "total", Integer),
                counter("AssignedUserCount", "assigned", Integer),
                counter("ActiveUserCount", "active", Integer),
            ],
        },
        ..METRIC
    },
];

const USER_FIELDS: &[Field] = &[
    key("Id", "id", Id).personal(),
    attribute("Username", "username", Text).personal(),
    attribute("Name", "name", Text).personal(),
    attribute("Email", "email", Text).personal(),
    attribute("CompanyName", "company_name", Text),
    attribute("Department", "department", Text),
    attribute("Division", "division", Text),
    attribute("Title", "title", Text).personal(),
    attribute("EmployeeNumber", "employee_number", Text).personal(),
    attribute("FederationIdentifier", "federation_identifier", Text).personal(),
    attribute("IsActive", "is_active", Boolean),
    attribute("UserType", "user_type", Text),
    attribute("ProfileId", "profile_id", Id),
    attribute("UserRoleId", "role_id", Id),
    attribute("ManagerId", "manager_id", Id).personal(),
    attribute("ContactId", "contact_id", Id).personal(),
    attribute("CreatedDate", "created_at", DateTime),
    gathered("feature_licenses", Source::FeatureFlags),
    gathered("extra", Source::ExtraFields).personal(),
    counter("LastLoginDate", "last_login_at", DateTime).personal(),
];

/// The feature licenses that the org's `describe` offers, with our count of active holders over the whole org.
pub const FEATURE_LICENSES: Dataset = Dataset {
    table: "feature_license",
    fields: &[counted_key("flag", Text), counted("label", Text), counted_counter("holders", Integer)],
};

/// Which configured company each spelling of `User.CompanyName` stands for. The empty spelling stands for every user,
/// where the whole org is one company.
pub const COMPANY_SPELLINGS: Dataset =
    Dataset { table: "company_spelling", fields: &[counted_key("spelling", Text), counted("company", Text)] };

/// Users per company, user license (empty: none) and state. The company is a configured name, `(unmatched)` or `(ambiguous)`.
pub const COMPANY_COUNTS: Dataset = Dataset {
    table: "company_count",
    fields: &[
        counted_key("company", Text),
        counted_key("license_id", Id),
        counted_key("is_active", Boolean),
        counted("users", Integer),
    ],
};

/// Assignment rows per license over the whole org, counted before rows outside the companies are dropped.
pub const ASSIGNMENT_COUNTS: Dataset = Dataset {
    table: "assignment_count",
    fields: &[counted_key("kind", Text), counted_key("license_id", Id), counted_counter("holders", Integer)],
};

/// The objects of which a whole state has been read, so that "no rows" and "never read" stay apart.
pub const OBJECT_STATES: Dataset =
    Dataset { table: "object_state", fields: &[counted_key("object", Text), counted("status", Text)] };

/// What is counted here rather than read.
pub const DERIVED: &[Dataset] =
    &[FEATURE_LICENSES, COMPANY_SPELLINGS, COMPANY_COUNTS, ASSIGNMENT_COUNTS, OBJECT_STATES];

const SNAPSHOT: Object = Object {
    name: "",
    dataset: Dataset { table: "", fields: &[] },
    filter: None,
    described: true,
    ordered_by_id: true,
    need: Need::Required,
    shape: Shape::Snapshot,
    holder: Holder::Organization,
    permission: "",
    lost_without: "",
};

const METRIC: Object = Object {
    described: false,
    ordered_by_id: false,
    need: Need::Optional("the org does not compute this metric"),
    shape: Shape::Newest("metrics_on"),
    permission: VIEW_SETUP,
    lost_without: "Salesforce's own 30-day activity figures, to hold ours against",
    ..SNAPSHOT
};
