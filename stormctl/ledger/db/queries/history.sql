-- name: append_event(kind, happened_at, wall_now, text, storm_id, channel, key, attempt_id, url)!
INSERT INTO events (id, kind, happened_at, happened_wall_at, text, storm_id, channel, key, attempt_id, url)
SELECT coalesce(max(e.id), 0) + 1, :kind, :happened_at, :wall_now, :text, CAST(:storm_id AS TEXT),
    CAST(:channel AS TEXT), CAST(:key AS TEXT), CAST(:attempt_id AS BIGINT), CAST(:url AS TEXT)
FROM events e;

-- name: storms()
SELECT id, name, timezone FROM storms ORDER BY enrolled_wall_at DESC, id;

-- name: counts(storm_id)
SELECT channel, state, count(*) AS value FROM deliveries WHERE storm_id = :storm_id GROUP BY channel, state;

-- name: deliveries_of(storm_id)
SELECT d.*, (SELECT count(*) FROM attempts a WHERE a.key = d.key) AS attempts FROM deliveries d
WHERE d.storm_id = :storm_id ORDER BY d.slot_at, d.key;

-- name: slots_of(storm_id)
-- Where a plan put each delivery: one that was spread is still planned where it was. Of a thread, its first part;
-- without what a plan withdrew.
SELECT key, channel, kind, state, storm_on, coalesce(spread_from, slot_at) AS slot_at, expires_at
FROM deliveries
WHERE storm_id = :storm_id AND before_key IS NULL AND (cancelled_by IS NULL OR cancelled_by <> 'plan');

-- name: published(storm_id)
-- What is in doubt may be out, since the moment when it was sent.
SELECT d.*, (SELECT count(*) FROM attempts a WHERE a.key = d.key) AS attempts FROM deliveries d
WHERE d.storm_id = :storm_id AND d.state IN ('delivered', 'retracted', 'in_doubt')
ORDER BY coalesce(d.delivered_at, d.slot_at) DESC, d.key DESC;

-- name: delivery(key)^
SELECT d.*, (SELECT count(*) FROM attempts a WHERE a.key = d.key) AS attempts FROM deliveries d
WHERE d.key = :key;

-- name: near_keys(storm_id, message_id)
SELECT key FROM deliveries WHERE storm_id = :storm_id OR message_id = :message_id ORDER BY key;

-- name: attempts_of(key)
SELECT id, runner_id, claimed_at, sending_at, answer, answer_code, answer_why, answered_wall_at, lapsed, settled,
    post_id, url
FROM attempts WHERE key = :key ORDER BY id;

-- name: details_of(key)^
SELECT d.*, (SELECT count(*) FROM attempts a WHERE a.key = d.key) AS attempts, s.name AS storm_name, s.timezone
FROM deliveries d JOIN storms s ON s.id = d.storm_id WHERE d.key = :key;

-- name: events_of(storm_id, key)
SELECT id, kind, happened_at, text, storm_id, channel, key, attempt_id, url FROM events
WHERE storm_id = :storm_id AND key = :key ORDER BY id;

-- name: all_keys()
SELECT key FROM deliveries ORDER BY key;

-- name: key_states()
SELECT key, state FROM deliveries ORDER BY key;

-- name: live_and_coming(storm_id)
SELECT d.*, (SELECT count(*) FROM attempts a WHERE a.key = d.key) AS attempts FROM deliveries d
WHERE d.state IN ('planned', 'claimed', 'in_doubt', 'delivered')
    AND (CAST(:storm_id AS TEXT) IS NULL OR d.storm_id = CAST(:storm_id AS TEXT))
ORDER BY d.slot_at, d.key;

-- name: deliveries_of_message(message_id)
SELECT d.*, (SELECT count(*) FROM attempts a WHERE a.key = d.key) AS attempts FROM deliveries d
WHERE d.message_id = :message_id ORDER BY d.slot_at, d.key;

-- name: log_of(storm_id, since)
-- A storm's events, and those of no storm that concern it; a claim is told by what came of it.
SELECT e.id, e.kind, e.happened_at, e.happened_wall_at, e.text, e.storm_id, e.channel, e.key, e.attempt_id, e.url,
    d.slot_at, d.delivered_at
FROM events e LEFT JOIN deliveries d ON d.key = e.key AND d.attempt_id = e.attempt_id
WHERE e.kind <> 'claimed' AND e.happened_at >= :since
    AND (CAST(:storm_id AS TEXT) IS NULL OR e.storm_id = CAST(:storm_id AS TEXT)
        OR (e.storm_id IS NULL AND (e.channel IS NULL OR EXISTS (
            SELECT 1 FROM storm_channels c WHERE c.channel = e.channel AND c.storm_id = CAST(:storm_id AS TEXT)
        ))))
ORDER BY e.id;
