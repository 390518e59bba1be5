-- name: add_gap(from_at, until_at, why, wall_now)^
INSERT INTO gaps (id, from_at, until_at, why, noted_wall_at)
SELECT coalesce(max(g.id), 0) + 1, :from_at, :until_at, :why, :wall_now FROM gaps g
RETURNING id;

-- name: all_gaps()
-- The newest first; what it put in doubt counts its proof from the instant at which it was noted.
SELECT g.id, g.from_at, g.until_at, g.why, g.noted_wall_at,
    (SELECT count(*) FROM deliveries d WHERE d.state = 'in_doubt' AND d.sending_wall_at = g.noted_wall_at)
        AS in_doubt
FROM gaps g ORDER BY g.id DESC;

-- name: doubtful_since(now)
-- What another life of the ledger may have published: all that is claimed, and all that was due.
SELECT key, storm_id, channel, message_id, state, slot_at, price_usd_micros, attempt_id, token, sending_at
FROM deliveries
WHERE state = 'claimed'
    OR (state = 'planned' AND slot_at <= :now AND (not_before IS NULL OR not_before <= :now))
ORDER BY channel, slot_at, key;

-- name: row_to_doubt(key)^
SELECT key, storm_id, channel, message_id, state, slot_at, price_usd_micros, attempt_id, token, sending_at
FROM deliveries WHERE key = :key AND state = 'planned';

-- name: unread_of(channel)
-- What is planned on a channel and was looked for by nobody, since the channel was suspended when it was enrolled.
SELECT u.since_at, u.why AS unread_why, d.key, d.storm_id, d.channel, d.message_id, d.state, d.slot_at,
    d.price_usd_micros, d.attempt_id, d.token, d.sending_at
FROM unread u JOIN deliveries d ON d.key = u.key
WHERE d.channel = :channel AND d.state = 'planned'
ORDER BY u.since_at, u.why, d.slot_at, d.key;

-- name: add_unread(key, since, why)!
-- The earliest moment counts: from it on the account has to be read.
INSERT INTO unread (key, since_at, why) VALUES (:key, :since, :why)
ON CONFLICT (key) DO UPDATE SET since_at = excluded.since_at, why = excluded.why
WHERE excluded.since_at < unread.since_at;

-- name: forget_unread(channel)!
DELETE FROM unread WHERE key IN (SELECT d.key FROM deliveries d WHERE d.channel = :channel AND d.state = 'planned');

-- name: restart_proofs(wall_now)!
-- A reading that was made before a gap was noted proves nothing any more.
UPDATE deliveries SET sending_wall_at = :wall_now WHERE state = 'in_doubt';

-- name: add_gap_attempt(key, storm_id, channel, message_id, runner_id, token, price, sending_at, wall_now)^
-- The request that perhaps was made where nobody told this ledger.
INSERT INTO attempts (
    id, key, storm_id, channel, message_id, runner_id, token, price_usd_micros, claimed_at, claimed_wall_at,
    sending_at, sending_wall_at, counts, lapsed
)
SELECT coalesce(max(a.id), 0) + 1, :key, :storm_id, :channel, :message_id, :runner_id, :token, :price,
    :sending_at, :wall_now, :sending_at, :wall_now, 1, 'in_doubt' FROM attempts a
RETURNING id;

-- name: go_in_doubt(key, attempt_id, since, wall_now, why)!
UPDATE deliveries SET
    state = 'in_doubt', attempt_id = :attempt_id, sending_at = :since, sending_wall_at = :wall_now, why = :why,
    token = NULL, lease_until = NULL, retry_at = NULL, held = 0
WHERE key = :key AND state IN ('planned', 'claimed');

-- name: forget_attempt(attempt_id, whoever)^
-- A request that nobody made counts no more; those that runners made still do, unless they were refused.
UPDATE attempts SET counts = 0
WHERE id = :attempt_id AND counts = 1 AND (:whoever = 1 OR substr(runner_id, 1, 4) = 'gap-')
RETURNING storm_id, price_usd_micros;

-- name: identity()^
-- Who this ledger is, and how far it has lived: the pulse is raised whenever a runner shows itself.
SELECT
    (SELECT m.value FROM meta m WHERE m.key = 'ledger_id') AS ledger_id,
    (SELECT CAST(m.value AS BIGINT) FROM meta m WHERE m.key = 'pulse') AS pulse,
    (SELECT CAST(m.value AS BIGINT) FROM meta m WHERE m.key = 'pulse_at') AS pulse_at;
