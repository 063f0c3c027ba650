-- The last login of each kind by all days that are current, in milliseconds since 1970. The days are tens of millions,
-- and nearly every report asks for the last ones.
ALTER TABLE login_user ADD COLUMN last_interactive_at INTEGER;
ALTER TABLE login_user ADD COLUMN last_api_at INTEGER;
ALTER TABLE login_user ADD COLUMN last_unknown_at INTEGER;

UPDATE login_user AS u
SET last_interactive_at = d.interactive, last_api_at = d.api, last_unknown_at = d.unknown
FROM (
    SELECT user_no, max(day * 86400000 + last_interactive) AS interactive, max(day * 86400000 + last_api) AS api,
        max(day * 86400000 + last_unknown) AS unknown
    FROM login_day_now GROUP BY user_no
) AS d
WHERE d.user_no = u.user_no;
