-- name: channel_gate(channel, now)^
-- What keeps a whole channel from posting; closed_until is the latest reset of the exhausted limits, closed_by
-- that limit's name. One whose reset is past or was never told closes nothing.
SELECT
    c.suspended_why, c.paused_until, c.paused_why,
    CASE WHEN c.on_trial = 1 THEN 1 ELSE 0 END AS to_verify,
    l.reset_at AS closed_until, l.name AS closed_by,
    (SELECT d.key FROM deliveries d WHERE d.channel = c.id AND d.state = 'claimed') AS in_flight
FROM channels c LEFT JOIN limits l ON l.channel = c.id AND l.name = (
    SELECT n.name FROM limits n WHERE n.channel = c.id AND n.remaining <= 0 AND n.reset_at > :now
    ORDER BY n.reset_at DESC, n.name LIMIT 1
)
WHERE c.id = :channel;

-- name: terms_of_channel(channel, now, skew)
-- The storms that have something planned on a channel, with what they allow; parts that follow apart. Beside it,
-- the newest send, and whether a ceiling of the storm or of the account is full, by the attempts of every storm:
-- the account is one.
SELECT s.id, f.follows, s.spacing, s.budget_usd_micros, s.spent_usd_micros,
    (
        SELECT max(a.sending_at) FROM attempts a
        WHERE a.channel = sc.channel AND a.counts = 1
            AND a.sending_at <= :now + CASE WHEN f.follows = 0 AND s.spacing > :skew THEN s.spacing ELSE :skew END
    ) AS newest,
    EXISTS (
        SELECT 1 FROM (
            SELECT min(posts) AS posts, period FROM ceilings WHERE storm_id = s.id OR channel = sc.channel
            GROUP BY period
        ) c
        WHERE c.posts <= (
            SELECT count(*) FROM attempts a
            WHERE a.channel = sc.channel AND a.counts = 1
                AND a.sending_at > :now - c.period AND a.sending_at <= :now + c.period
        )
    ) AS is_full
FROM storm_channels sc JOIN storms s ON s.id = sc.storm_id CROSS JOIN (SELECT 0 AS follows UNION ALL SELECT 1) f
WHERE sc.channel = :channel AND EXISTS (
    SELECT 1 FROM deliveries d
    WHERE d.channel = sc.channel AND d.storm_id = sc.storm_id AND d.follows = f.follows AND d.state = 'planned'
)
ORDER BY s.id, f.follows;

-- name: terms_of_delivery(key, now, skew)^
-- The same for one delivery, whatever state it is in.
SELECT s.id, d.channel, d.follows, s.timezone, s.spacing, s.budget_usd_micros, s.spent_usd_micros,
    (
        SELECT max(a.sending_at) FROM attempts a
        WHERE a.channel = d.channel AND a.counts = 1
            AND a.sending_at <= :now + CASE WHEN d.follows = 0 AND s.spacing > :skew THEN s.spacing ELSE :skew END
    ) AS newest,
    EXISTS (
        SELECT 1 FROM (
            SELECT min(posts) AS posts, period FROM ceilings WHERE storm_id = s.id OR channel = d.channel
            GROUP BY period
        ) c
        WHERE c.posts <= (
            SELECT count(*) FROM attempts a
            WHERE a.channel = d.channel AND a.counts = 1
                AND a.sending_at > :now - c.period AND a.sending_at <= :now + c.period
        )
    ) AS is_full
FROM deliveries d JOIN storms s ON s.id = d.storm_id WHERE d.key = :key;

-- name: quiet_of(storm_id)
SELECT from_at, until_at FROM quiet WHERE storm_id = :storm_id ORDER BY from_at;

-- name: ceilings_of(storm_id, channel)
-- Those of the storm and of the account; where both have one for a period, the stricter one holds.
SELECT min(posts) AS posts, period FROM ceilings WHERE storm_id = :storm_id OR channel = :channel
GROUP BY period ORDER BY period;

-- name: sends_between(channel, since, until)
SELECT sending_at FROM attempts
WHERE channel = :channel AND counts = 1 AND sending_at > :since AND sending_at <= :until ORDER BY sending_at;

-- name: coming(channel, storm_id, follows, slot_at, key, size)
-- A page of planned deliveries in order of slot, after a given one; parts only when their turn has come.
-- The cast keeps SQLite from planning it anew each time: another index asks for follows = 1.
SELECT d.key, d.message_id, d.slot_at, d.not_before, d.retry_at, d.expires_at, d.give_up_at, d.grace,
    d.price_usd_micros
FROM deliveries d
WHERE d.channel = :channel AND d.storm_id = :storm_id AND d.follows = CAST(:follows AS BIGINT) AND d.state = 'planned'
    AND (d.slot_at, d.key) > (:slot_at, :key)
    AND (d.before_key IS NULL OR EXISTS (
        SELECT 1 FROM deliveries b WHERE b.key = d.before_key AND b.state = 'delivered'
    ))
ORDER BY d.slot_at, d.key LIMIT :size;

-- name: candidates(channel, storm_id, follows, now, catching_up, gap, size, skip)
-- What may be claimed by its own times, best first: post, pins, priority, nearest deadline, newest slot. Without
-- catching_up, only what is not later than its grace and than the gap. The cast serves as in `coming`.
SELECT d.key, d.channel, d.topic, d.message_id, d.price_usd_micros, d.rank, d.priority, d.expires_at,
    d.slot_at
FROM deliveries d
WHERE d.channel = :channel AND d.storm_id = :storm_id AND d.follows = CAST(:follows AS BIGINT) AND d.state = 'planned'
    AND d.slot_at <= :now
    AND (d.not_before IS NULL OR d.not_before <= :now)
    AND (d.retry_at IS NULL OR d.retry_at <= :now)
    AND (d.expires_at IS NULL OR d.expires_at > :now)
    AND (d.give_up_at IS NULL OR d.give_up_at >= :now)
    AND (:catching_up = 1 OR d.slot_at + CASE WHEN d.grace > :gap THEN d.grace ELSE :gap END >= :now)
    AND (d.before_key IS NULL OR EXISTS (
        SELECT 1 FROM deliveries b WHERE b.key = d.before_key AND b.state = 'delivered'
    ))
ORDER BY d.rank, d.priority DESC, CASE WHEN d.expires_at IS NULL THEN 1 ELSE 0 END, d.expires_at,
    d.slot_at DESC, d.key
LIMIT :size OFFSET :skip;

-- name: rest_of_thread(key)^
-- How many parts follow a thread's first one, and what they cost together.
WITH RECURSIVE rest(key, price) AS (
    SELECT d.key, d.price_usd_micros FROM deliveries d
    WHERE d.before_key = :key AND d.state = 'planned' AND d.follows = 1
    UNION ALL
    SELECT d.key, d.price_usd_micros FROM rest r JOIN deliveries d ON d.before_key = r.key
    WHERE d.state = 'planned' AND d.follows = 1
)
SELECT count(*) AS parts, coalesce(sum(price), 0) AS price FROM rest;

-- name: parts_to_come(channel, storm_id)^
-- The parts of threads that a storm has begun on a channel: nothing else may take their room, or their money.
-- The cast serves as in `coming`.
WITH RECURSIVE rest(key, price) AS (
    SELECT d.key, d.price_usd_micros
    FROM deliveries d JOIN deliveries b ON b.key = d.before_key
    WHERE d.channel = :channel AND d.storm_id = :storm_id AND d.follows = CAST(1 AS BIGINT) AND d.state = 'planned'
        AND b.state IN ('claimed', 'in_doubt', 'delivered')
    UNION ALL
    SELECT d.key, d.price_usd_micros FROM rest r JOIN deliveries d ON d.before_key = r.key
    WHERE d.state = 'planned' AND d.follows = 1
)
SELECT count(*) AS parts, coalesce(sum(price), 0) AS price FROM rest;

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
SELECT d.key, d.channel, d.topic, d.message_id, d.lease_until, d.expires_at, d.sending_at, d.price_usd_micros
FROM deliveries d
WHERE d.key = :key AND d.attempt_id = :attempt_id AND d.token = :token AND d.state = 'claimed';

-- name: set_sending(key, attempt_id, token, now, wall_now)!
UPDATE deliveries SET sending_at = :now, sending_wall_at = :wall_now
WHERE key = :key AND attempt_id = :attempt_id AND token = :token AND state = 'claimed';

-- name: set_attempt_sending(attempt_id, token, now, wall_now)!
UPDATE attempts SET sending_at = :now, sending_wall_at = :wall_now, counts = 1
WHERE id = :attempt_id AND token = :token;

-- name: raise_pulse()^
-- A ledger that has lost a sending has a lower one than what was seen. None before its first runner.
UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE key = 'pulse'
RETURNING CAST(value AS BIGINT) AS value;

-- name: spend(storm_id, micros)!
UPDATE storms SET spent_usd_micros = spent_usd_micros + :micros WHERE id = :storm_id;

-- name: media_due(channel, now)^
SELECT key FROM deliveries WHERE channel = :channel AND state = 'planned' AND has_media = 1 AND slot_at <= :now
LIMIT 1;
