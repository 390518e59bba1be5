-- name: ensure_channel(id, platform)!
INSERT INTO channels (id, platform) VALUES (:id, :platform) ON CONFLICT DO NOTHING;

-- name: channel_ids()
SELECT id FROM channels ORDER BY id;

-- name: channel_row(id)^
SELECT id, platform, account_id, account_name, on_trial FROM channels WHERE id = :id;

-- name: channel_of_account(platform, account_id)^
SELECT id FROM channels WHERE platform = :platform AND account_id = :account_id;

-- name: bind_account(id, account_id, account_name, wall_now)!
UPDATE channels SET account_id = :account_id, account_name = :account_name, bound_wall_at = :wall_now
WHERE id = :id;

-- name: suspend_channel(id, why)!
UPDATE channels SET suspended_why = :why WHERE id = :id;

-- name: release_channel(id, now)!
UPDATE channels SET
    suspended_why = NULL, paused_until = NULL, paused_why = NULL, troubles = 0, pauses = 0, on_trial = 0
WHERE id = :id AND (suspended_why IS NOT NULL OR on_trial > 0 OR paused_until > :now);

-- name: suspended_channels()
SELECT id, suspended_why FROM channels WHERE suspended_why IS NOT NULL ORDER BY id;

-- name: count_trouble(id, now)^
-- An answer that was under way when the channel was paused changes nothing any more.
UPDATE channels SET troubles = troubles + 1, troubled_at = :now
WHERE id = :id AND on_trial <> 1 AND (paused_until IS NULL OR paused_until <= :now)
RETURNING troubles, pauses, on_trial;

-- name: forget_troubles(id, now)!
UPDATE channels SET troubles = 0, pauses = 0, paused_until = NULL, paused_why = NULL, on_trial = 0
WHERE id = :id AND on_trial <> 1 AND (paused_until IS NULL OR paused_until <= :now)
    AND (troubles > 0 OR pauses > 0 OR on_trial > 0);

-- name: pause_channel(id, until, why)!
UPDATE channels SET paused_until = :until, paused_why = :why, pauses = pauses + 1, troubles = 0, on_trial = 1
WHERE id = :id;

-- name: verdict_on(storm_id, attempt_id)^
SELECT id, kind, happened_at, text, storm_id, channel, key, attempt_id, url FROM events
WHERE storm_id = :storm_id AND attempt_id = :attempt_id AND kind IN ('paused', 'suspended')
ORDER BY id DESC LIMIT 1;

-- name: take_verification(id, now, until, why)!
UPDATE channels SET paused_until = :until, paused_why = :why
WHERE id = :id AND on_trial = 1 AND paused_until <= :now AND suspended_why IS NULL;

-- name: start_trial(id)!
UPDATE channels SET paused_until = NULL, paused_why = NULL, on_trial = 2 WHERE id = :id AND on_trial = 1;

-- name: rest_channel(id, until, why)!
UPDATE channels SET paused_until = :until, paused_why = :why WHERE id = :id AND on_trial = 1;

-- name: record_limit(channel, name, ceiling, remaining, reset_at, now)!
INSERT INTO limits (channel, name, ceiling, remaining, reset_at, learnt_at)
VALUES (
    :channel, :name, CAST(:ceiling AS BIGINT), CAST(:remaining AS BIGINT), CAST(:reset_at AS BIGINT), :now
)
ON CONFLICT (channel, name) DO UPDATE SET
    ceiling = excluded.ceiling, remaining = excluded.remaining, reset_at = excluded.reset_at,
    learnt_at = excluded.learnt_at;

-- name: limits_of(channel)
SELECT name, ceiling, remaining, reset_at FROM limits WHERE channel = :channel ORDER BY name;
