-- The public interface of the database. Names and columns are stable, and columns may be added at the end.
-- Times are UTC text, booleans 0 or 1, ids have 18 characters. No statement here holds a semicolon inside.

CREATE VIEW org_state AS
SELECT org_no, max(run_no) AS run_no FROM run WHERE merged = 1 GROUP BY org_no;

CREATE VIEW orgs AS
SELECT
    org.org,
    o.id AS organization_id,
    o.name,
    o.edition,
    o.instance_name,
    o.is_sandbox,
    strftime('%Y-%m-%dT%H:%M:%fZ', run.finished_at / 1000.0, 'unixepoch') AS collected_at,
    run.run_id
FROM organization_now AS o
JOIN org ON org.org_no = o.org_no
JOIN org_state AS state ON state.org_no = o.org_no
JOIN run ON run.run_no = state.run_no;

CREATE VIEW users AS
SELECT
    org.org,
    u.id AS user_id,
    u.username,
    u.name,
    u.email,
    coalesce(spelling.company, whole.company) AS company,
    u.company_name,
    u.department,
    u.division,
    u.title,
    u.employee_number,
    u.federation_identifier,
    u.is_active,
    iif(logins_read.object IS NULL, NULL, coalesce(login.is_frozen, 0)) AS is_frozen,
    u.user_type,
    u.profile_id,
    p.name AS profile,
    p.user_license_id AS license_id,
    l.name AS license,
    u.role_id,
    r.name AS role,
    u.manager_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', u.created_at / 1000.0, 'unixepoch') AS created_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', u.last_login_at / 1000.0, 'unixepoch') AS last_login_at,
    u.extra
FROM user_now AS u
JOIN org ON org.org_no = u.org_no
LEFT JOIN company_spelling_now AS spelling
    ON spelling.org_no = u.org_no AND spelling.spelling = u.company_name
LEFT JOIN company_spelling_now AS whole ON whole.org_no = u.org_no AND whole.spelling = ''
LEFT JOIN object_state_now AS logins_read
    ON logins_read.org_no = u.org_no AND logins_read.object = 'UserLogin'
LEFT JOIN user_login_now AS login ON login.org_no = u.org_no AND login.user_id = u.id
LEFT JOIN profile_now AS p ON p.org_no = u.org_no AND p.id = u.profile_id
LEFT JOIN user_license_now AS l ON l.org_no = p.org_no AND l.id = p.user_license_id
LEFT JOIN user_role_now AS r ON r.org_no = u.org_no AND r.id = u.role_id;

CREATE VIEW license_assignments AS
SELECT org.org, 'user' AS kind, p.user_license_id AS license_id, u.id AS user_id, NULL AS assigned_at
FROM user_now AS u
JOIN org ON org.org_no = u.org_no
JOIN profile_now AS p ON p.org_no = u.org_no AND p.id = u.profile_id
WHERE u.is_active = 1 AND p.user_license_id IS NOT NULL
UNION ALL
SELECT
    org.org,
    'permission_set',
    a.permission_set_license_id,
    a.assignee_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', a.created_at / 1000.0, 'unixepoch')
FROM permission_set_license_assign_now AS a
JOIN org ON org.org_no = a.org_no
UNION ALL
SELECT
    org.org,
    'package',
    a.package_license_id,
    a.user_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', a.created_at / 1000.0, 'unixepoch')
FROM user_package_license_now AS a
JOIN org ON org.org_no = a.org_no
UNION ALL
SELECT org.org, 'feature', flag.value, u.id, NULL
FROM user_now AS u
JOIN org ON org.org_no = u.org_no
JOIN json_each(u.feature_licenses) AS flag
WHERE u.is_active = 1;

CREATE VIEW licenses AS
SELECT
    org.org,
    'user' AS kind,
    l.id AS license_id,
    l.license_definition_key AS "key",
    l.name,
    l.status,
    iif(l.total < 0, NULL, l.total) AS total,
    iif(l.total IS NULL, NULL, l.total = -1) AS unlimited,
    l.used AS used_reported,
    iif(users_read.object IS NULL OR profiles_read.object IS NULL, NULL, coalesce(counted.users, 0)) AS used_counted,
    NULL AS expires_on,
    strftime('%Y-%m-%dT%H:%M:%fZ', l.used_counted_at / 1000.0, 'unixepoch') AS used_reported_at
FROM user_license_now AS l
JOIN org ON org.org_no = l.org_no
LEFT JOIN object_state_now AS users_read ON users_read.org_no = l.org_no AND users_read.object = 'User'
LEFT JOIN object_state_now AS profiles_read
    ON profiles_read.org_no = l.org_no AND profiles_read.object = 'Profile'
LEFT JOIN (
    SELECT org_no, license_id, sum(users) AS users
    FROM company_count_now WHERE is_active = 1 GROUP BY org_no, license_id
) AS counted ON counted.org_no = l.org_no AND counted.license_id = l.id
UNION ALL
SELECT
    org.org,
    'permission_set',
    l.id,
    l.permission_set_license_key,
    coalesce(l.label, l.developer_name),
    l.status,
    iif(l.total < 0, NULL, l.total),
    iif(l.total IS NULL, NULL, l.total = -1),
    l.used,
    iif(assignments_read.object IS NULL, NULL, coalesce(counted.holders, 0)),
    l.expires_on,
    NULL
FROM permission_set_license_now AS l
JOIN org ON org.org_no = l.org_no
LEFT JOIN object_state_now AS assignments_read
    ON assignments_read.org_no = l.org_no AND assignments_read.object = 'PermissionSetLicenseAssign'
LEFT JOIN assignment_count_now AS counted
    ON counted.org_no = l.org_no AND counted.kind = 'permission_set' AND counted.license_id = l.id
UNION ALL
SELECT
    org.org,
    'package',
    l.id,
    l.namespace_prefix,
    l.namespace_prefix,
    l.status,
    iif(l.allowed < 0, NULL, l.allowed),
    iif(l.allowed IS NULL, NULL, l.allowed = -1),
    l.used,
    iif(assignments_read.object IS NULL, NULL, coalesce(counted.holders, 0)),
    strftime('%Y-%m-%d', l.expires_at / 1000.0, 'unixepoch'),
    NULL
FROM package_license_now AS l
JOIN org ON org.org_no = l.org_no
LEFT JOIN object_state_now AS assignments_read
    ON assignments_read.org_no = l.org_no AND assignments_read.object = 'UserPackageLicense'
LEFT JOIN assignment_count_now AS counted
    ON counted.org_no = l.org_no AND counted.kind = 'package' AND counted.license_id = l.id
UNION ALL
SELECT
    org.org,
    'feature',
    f.flag,
    f.flag,
    f.label,
    NULL,
    iif(metric.total < 0, NULL, metric.total),
    iif(metric.total IS NULL, NULL, metric.total = -1),
    metric.assigned,
    f.holders,
    NULL,
    NULL
FROM feature_license_now AS f
JOIN org ON org.org_no = f.org_no
LEFT JOIN active_feature_license_metric_now AS metric
    ON metric.org_no = f.org_no
    AND metric.feature_type IN (f.flag, replace(f.flag, 'UserPermissions', ''));

CREATE VIEW subscriptions AS
SELECT
    org.org,
    l.id AS subscription_id,
    'UserLicense' AS source,
    l.license_definition_key AS "key",
    l.name,
    iif(l.total < 0, NULL, l.total) AS quantity,
    l.used,
    NULL AS frequency,
    NULL AS start_on,
    NULL AS end_on,
    l.status
FROM user_license_now AS l
JOIN org ON org.org_no = l.org_no
UNION ALL
SELECT
    org.org,
    l.id,
    'PermissionSetLicense',
    l.permission_set_license_key,
    coalesce(l.label, l.developer_name),
    iif(l.total < 0, NULL, l.total),
    l.used,
    NULL,
    NULL,
    l.expires_on,
    l.status
FROM permission_set_license_now AS l
JOIN org ON org.org_no = l.org_no
UNION ALL
SELECT
    org.org,
    l.id,
    'PackageLicense',
    l.namespace_prefix,
    l.namespace_prefix,
    iif(l.allowed < 0, NULL, l.allowed),
    l.used,
    NULL,
    strftime('%Y-%m-%d', l.created_at / 1000.0, 'unixepoch'),
    strftime('%Y-%m-%d', l.expires_at / 1000.0, 'unixepoch'),
    l.status
FROM package_license_now AS l
JOIN org ON org.org_no = l.org_no
UNION ALL
SELECT
    org.org,
    e.id,
    'TenantUsageEntitlement',
    e.setting,
    e.label,
    e.amount_allowed,
    e.amount_used,
    e.frequency,
    e.start_on,
    e.end_on,
    NULL
FROM tenant_usage_entitlement_now AS e
JOIN org ON org.org_no = e.org_no;

CREATE VIEW company_counts AS
SELECT org.org, c.company, nullif(c.license_id, '') AS license_id, c.is_active, c.users
FROM company_count_now AS c
JOIN org ON org.org_no = c.org_no;

CREATE VIEW login_days AS
SELECT
    org.org,
    u.user_id,
    strftime('%Y-%m-%d', d.day * 86400, 'unixepoch') AS day,
    d.interactive,
    d.api,
    d.unknown,
    strftime('%Y-%m-%dT%H:%M:%fZ', d.day * 86400 + d.last_interactive / 1000.0, 'unixepoch')
        AS last_interactive_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', d.day * 86400 + d.last_api / 1000.0, 'unixepoch') AS last_api_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', d.day * 86400 + d.last_unknown / 1000.0, 'unixepoch') AS last_unknown_at
FROM login_day_now AS d
JOIN org ON org.org_no = d.org_no
JOIN login_user AS u ON u.user_no = d.user_no;

CREATE VIEW runs AS
SELECT
    run.run_id,
    org.org,
    strftime('%Y-%m-%dT%H:%M:%fZ', run.started_at / 1000.0, 'unixepoch') AS started_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', run.finished_at / 1000.0, 'unixepoch') AS finished_at,
    run.status,
    iif(run.finished_at IS NULL, NULL, run.api_calls) AS api_calls,
    iif(run.finished_at IS NULL, NULL, run.bytes) AS bytes,
    iif(run.finished_at IS NULL, NULL, run.rows) AS rows,
    iif(run.finished_at IS NULL, NULL, run.retries) AS retries,
    run.error
FROM run
JOIN org ON org.org_no = run.org_no;

CREATE VIEW run_objects AS
SELECT
    run.run_id,
    org.org,
    o.object,
    o.status,
    o.pages,
    o.rows,
    o.promised_rows,
    o.millis,
    o.reason
FROM run_object AS o
JOIN run ON run.run_no = o.run_no
JOIN org ON org.org_no = run.org_no;
