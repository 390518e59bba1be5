-- name: channel_gate(channel, now)^
-- What keeps a whole channel from posting; closed_until is the latest reset of the exhausted limits.
SELECT
    c.suspended_why, c.paused_until, c.paused_why,
    (SELECT max(l.reset_at) FROM limits l WHERE l.channel = c.id AND l.remaining <= 0 AND l.reset_at > :now)
        AS closed_until,
    (SELECT d.key FROM deliveries d WHERE d.channel = c.id AND d.state = 'claimed') AS in_flight
FROM channels c WHERE c.id = :channel;

-- name: terms_of_channel(channel)
-- The storms that have something planned on a channel, with what they allow; parts that follow apart.
SELECT s.id, f.follows, s.spacing, s.per_15min, s.per_day, s.budget_usd_micros,
    s.spent_usd_micros
FROM storm_channels sc JOIN storms s ON s.id = sc.storm_id CROSS JOIN (SELECT 0 AS follows UNION ALL SELECT 1) f
WHERE sc.channel = :channel AND EXISTS (
    SELECT 1 FROM deliveries d
    WHERE d.channel = sc.channel AND d.storm_id = sc.storm_id AND d.follows = f.follows AND d.state = 'planned'
)
ORDER BY s.id, f.follows;

-- name: terms_of_delivery(key)^
SELECT s.id, d.follows, s.spacing, s.per_15min, s.per_day, s.budget_usd_micros,
    s.spent_usd_micros
FROM deliveries d JOIN storms s ON s.id = d.storm_id WHERE d.key = :key;

-- name: quiet_of(storm_id, now)
SELECT from_at, until_at FROM quiet WHERE storm_id = :storm_id AND until_at > :now ORDER BY from_at;

-- name: nth_newest_send(channel, skip)^
-- Attempts of every storm: the account is one.
SELECT sending_at FROM attempts WHERE channel = :channel AND counts = 1
ORDER BY sending_at DESC LIMIT 1 OFFSET :skip;

-- name: coming(channel, storm_id, follows, slot_at, key, size)
-- A page of planned deliveries in order of slot, after a given one; parts only when their turn has come.
SELECT d.key, d.message_id, d.slot_at, d.not_before, d.retry_at, d.expires_at, d.give_up_at, d.price_usd_micros
FROM deliveries d
WHERE d.channel = :channel AND d.storm_id = :storm_id AND d.follows = :follows AND d.state = 'planned'
    AND (d.slot_at, d.key) > (:slot_at, :key)
    AND (d.before_key IS NULL OR EXISTS (
        SELECT 1 FROM deliveries b WHERE b.key = d.before_key AND b.state = 'delivered'
    ))
ORDER BY d.slot_at, d.key LIMIT :size;

-- name: candidates(channel, storm_id, follows, now, size, skip)
-- What may be claimed by its own times, best first: post, pins, priority, nearest deadline, newest slot.
SELECT d.key, d.channel, d.topic, d.message_id, d.price_usd_micros, d.rank, d.priority, d.expires_at,
    d.slot_at
FROM deliveries d
WHERE d.channel = :channel AND d.storm_id = :storm_id AND d.follows = :follows AND d.state = 'planned'
    AND d.slot_at <= :now
    AND (d.not_before IS NULL OR d.not_before <= :now)
    AND (d.retry_at IS NULL OR d.retry_at <= :now)
    AND (d.expires_at IS NULL OR d.expires_at > :now)
    AND (d.give_up_at IS NULL OR d.give_up_at >= :now)
    AND (d.before_key IS NULL OR EXISTS (
        SELECT 1 FROM deliveries b WHERE b.key = d.before_key AND b.state = 'delivered'
    ))
ORDER BY d.rank, d.priority DESC, CASE WHEN d.expires_at IS NULL THEN 1 ELSE 0 END, d.expires_at,
    d.slot_at DESC, d.key
LIMIT :size OFFSET :skip;

-- name: claim_delivery(key, token, runner_id, lease_until, now)^
-- The attempt's id is one more than the newest: the gate is ours, so nobody else counts at the same time.
UPDATE deliveries SET
    state = 'claimed', token = :token, runner_id = :runner_id, lease_until = :lease_until, claimed_at = :now,
    attempt_id = (SELECT coalesce(max(a.id), 0) + 1 FROM attempts a), retry_at = NULL,
    sending_at = NULL, sending_wall_at = NULL
WHERE key = :key AND state = 'planned'
RETURNING key, storm_id, channel, message_id, post, slot_at, kind, price_usd_micros, attempt_id, token,
    lease_until, runner_id, before_key;

-- name: add_attempt(id, key, storm_id, channel, message_id, runner_id, token, price, now, wall_now)!
INSERT INTO attempts (
    id, key, storm_id, channel, message_id, runner_id, token, price_usd_micros, claimed_at, claimed_wall_at
) VALUES (:id, :key, :storm_id, :channel, :message_id, :runner_id, :token, :price, :now, :wall_now);

-- name: receipt_of(key)^
SELECT post_id FROM deliveries WHERE key = :key;

-- name: claimed_row(key, attempt_id, token)^
SELECT key, storm_id, channel, topic, message_id, lease_until, expires_at, sending_at,
    price_usd_micros
FROM deliveries WHERE key = :key AND attempt_id = :attempt_id AND token = :token AND state = 'claimed';

-- name: set_sending(key, attempt_id, token, now, wall_now)!
UPDATE deliveries SET sending_at = :now, sending_wall_at = :wall_now
WHERE key = :key AND attempt_id = :attempt_id AND token = :token AND state = 'claimed';

-- name: set_attempt_sending(attempt_id, token, now, wall_now)!
UPDATE attempts SET sending_at = :now, sending_wall_at = :wall_now, counts = 1
WHERE id = :attempt_id AND token = :token;

-- name: spend(storm_id, micros)!
UPDATE storms SET spent_usd_micros = spent_usd_micros + :micros WHERE id = :storm_id;

-- name: open_count()^
-- One count a state, each by its own small index.
SELECT (SELECT count(*) FROM deliveries WHERE state = 'planned')
    + (SELECT count(*) FROM deliveries WHERE state = 'claimed')
    + (SELECT count(*) FROM deliveries WHERE state = 'in_doubt') AS value;

-- name: open_count_of(storm_id)^
SELECT (SELECT count(*) FROM deliveries WHERE state = 'planned' AND storm_id = :storm_id)
    + (SELECT count(*) FROM deliveries WHERE state = 'claimed' AND storm_id = :storm_id)
    + (SELECT count(*) FROM deliveries WHERE state = 'in_doubt' AND storm_id = :storm_id) AS value;

-- name: in_flight_count(channel)^
-- What is claimed, or in doubt and not held for a person. The condition on the lease is always true: it leads
-- SQLite to the small index of that state.
SELECT (SELECT count(*) FROM deliveries WHERE state = 'claimed' AND lease_until > 0 AND channel = :channel)
    + (SELECT count(*) FROM deliveries WHERE state = 'in_doubt' AND channel = :channel AND held = 0) AS value;

-- name: open_channels()
-- Channels with something planned, claimed or in doubt.
SELECT DISTINCT channel FROM deliveries WHERE state IN ('planned', 'claimed', 'in_doubt') ORDER BY channel;

-- name: planned_row(key)^
SELECT key, storm_id, channel, message_id FROM deliveries WHERE key = :key AND state = 'planned';

-- name: to_prepare(channel, until, now)
SELECT key, post, channel, topic, message_id FROM deliveries
WHERE channel = :channel AND state = 'planned' AND has_media = 1 AND slot_at <= :until
    AND (expires_at IS NULL OR expires_at > :now) AND (give_up_at IS NULL OR give_up_at >= :now)
ORDER BY slot_at, key;
