-- name: append_event(kind, happened_at, wall_now, text, storm_id, channel, key, attempt_id, url)!
INSERT INTO events (id, kind, happened_at, happened_wall_at, text, storm_id, channel, key, attempt_id, url)
SELECT coalesce(max(e.id), 0) + 1, :kind, :happened_at, :wall_now, :text, CAST(:storm_id AS TEXT),
    CAST(:channel AS TEXT), CAST(:key AS TEXT), CAST(:attempt_id AS BIGINT), CAST(:url AS TEXT)
FROM events e;

-- name: storms()
SELECT id, name, timezone FROM storms ORDER BY enrolled_wall_at DESC, id;

-- name: counts(storm_id)
SELECT channel, state, count(*) AS value FROM deliveries WHERE storm_id = :storm_id GROUP BY channel, state;

-- name: span(storm_id)^
SELECT min(slot_at) AS first_at, max(slot_at) AS last_at FROM deliveries
WHERE storm_id = :storm_id AND state <> 'cancelled';

-- name: late_count(storm_id, now)^
SELECT count(*) AS value FROM deliveries WHERE storm_id = :storm_id AND state = 'planned' AND slot_at < :now;

-- name: channels_of(storm_id)
SELECT c.id, c.account_name, c.suspended_why, c.paused_until, c.on_trial,
    (SELECT d.slot_at FROM deliveries d
        WHERE d.channel = c.id AND d.storm_id = :storm_id AND d.state = 'planned'
        ORDER BY d.slot_at LIMIT 1) AS next_at
FROM storm_channels sc JOIN channels c ON c.id = sc.channel
WHERE sc.storm_id = :storm_id ORDER BY sc.position, c.id;

-- name: upcoming(storm_id, size)
SELECT d.*, (SELECT count(*) FROM attempts a WHERE a.key = d.key) AS attempts FROM deliveries d
WHERE d.storm_id = :storm_id AND d.state = 'planned' ORDER BY d.slot_at, d.key LIMIT :size;

-- name: held_parts(storm_id)
-- Parts of threads that nothing but a person lets out: a part before them has failed. The few that failed are
-- looked at first (SQLite keeps to the order of a CROSS JOIN), by the index of what is troubled.
WITH RECURSIVE held(key) AS (
    SELECT d.key FROM deliveries b CROSS JOIN deliveries d
    WHERE b.storm_id = :storm_id AND b.state = 'failed' AND b.state IN ('in_doubt', 'failed', 'missed', 'expired')
        AND d.before_key = b.key AND d.state = 'planned' AND d.follows = 1
    UNION ALL
    SELECT d.key FROM deliveries d JOIN held h ON h.key = d.before_key
    WHERE d.state = 'planned' AND d.follows = 1
)
SELECT d.*, (SELECT count(*) FROM attempts a WHERE a.key = d.key) AS attempts FROM deliveries d
WHERE d.key IN (SELECT key FROM held) ORDER BY d.slot_at, d.key;

-- name: next_on(storm_id, channel, size)
SELECT key, slot_at FROM deliveries WHERE channel = :channel AND storm_id = :storm_id AND state = 'planned'
ORDER BY slot_at LIMIT :size;

-- name: newest_delivered(storm_id, size)
SELECT d.*, (SELECT count(*) FROM attempts a WHERE a.key = d.key) AS attempts FROM deliveries d
WHERE d.storm_id = :storm_id AND d.state = 'delivered' ORDER BY d.delivered_at DESC, d.key LIMIT :size;

-- name: troubled(storm_id)
SELECT d.*, (SELECT count(*) FROM attempts a WHERE a.key = d.key) AS attempts FROM deliveries d
WHERE d.storm_id = :storm_id AND d.state IN ('in_doubt', 'failed', 'missed', 'expired')
ORDER BY d.slot_at, d.key;

-- name: deliveries_of(storm_id)
SELECT d.*, (SELECT count(*) FROM attempts a WHERE a.key = d.key) AS attempts FROM deliveries d
WHERE d.storm_id = :storm_id ORDER BY d.slot_at, d.key;

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

-- name: live_and_coming(storm_id)
SELECT d.*, (SELECT count(*) FROM attempts a WHERE a.key = d.key) AS attempts FROM deliveries d
WHERE d.state IN ('planned', 'claimed', 'in_doubt', 'delivered')
    AND (CAST(:storm_id AS TEXT) IS NULL OR d.storm_id = CAST(:storm_id AS TEXT))
ORDER BY d.slot_at, d.key;

-- name: deliveries_of_message(message_id)
SELECT d.*, (SELECT count(*) FROM attempts a WHERE a.key = d.key) AS attempts FROM deliveries d
WHERE d.message_id = :message_id ORDER BY d.slot_at, d.key;
