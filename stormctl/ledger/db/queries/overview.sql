-- name: all_planned()
SELECT key, storm_id, channel, topic, message_id, slot_at FROM deliveries WHERE state = 'planned'
ORDER BY slot_at, key;

-- name: held_channel(id, now)^
-- What a release of the channel would end: a suspension, or a pause with the trial after it.
SELECT coalesce(suspended_why, paused_why, 'on trial after a pause') AS why FROM channels
WHERE id = :id AND (suspended_why IS NOT NULL OR on_trial > 0 OR paused_until > :now);

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
