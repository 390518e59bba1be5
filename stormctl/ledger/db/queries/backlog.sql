-- name: late_counts(now)
SELECT l.storm_id, l.timezone, l.value FROM (
    SELECT s.id AS storm_id, s.timezone, (
        SELECT count(*) FROM deliveries d WHERE d.storm_id = s.id AND d.state = 'planned' AND d.slot_at < :now
    ) AS value
    FROM storms s
) l
WHERE l.value > 0 ORDER BY l.storm_id;

-- name: due_since(since, now, wall_since)^
SELECT s.id FROM storms s
WHERE s.enrolled_wall_at < :wall_since AND EXISTS (
    SELECT 1 FROM deliveries d
    WHERE d.storm_id = s.id AND d.state = 'planned' AND d.slot_at >= :since AND d.slot_at < :now
)
LIMIT 1;

-- name: open_count()^
-- One count a state, each by its own small index.
SELECT (SELECT count(*) FROM deliveries WHERE state = 'planned')
    + (SELECT count(*) FROM deliveries WHERE state = 'claimed')
    + (SELECT count(*) FROM deliveries WHERE state = 'in_doubt') AS value;

-- name: open_count_of(storm_id)^
SELECT (SELECT count(*) FROM deliveries WHERE state = 'planned' AND storm_id = :storm_id)
    + (SELECT count(*) FROM deliveries WHERE state = 'claimed' AND storm_id = :storm_id)
    + (SELECT count(*) FROM deliveries WHERE state = 'in_doubt' AND storm_id = :storm_id) AS value;

-- name: in_flight_counts()
-- What is claimed, or in doubt and not held for a person, by channel.
SELECT channel, count(*) AS value FROM deliveries WHERE state = 'claimed' GROUP BY channel
UNION ALL
SELECT channel, count(*) FROM deliveries WHERE state = 'in_doubt' AND held = 0 GROUP BY channel;

-- name: open_channels()
-- Channels with something planned, claimed, in doubt or to be looked at again: one probe each, however long the
-- backlog is.
SELECT c.id AS channel FROM channels c
WHERE EXISTS (SELECT 1 FROM deliveries d WHERE d.channel = c.id AND d.state = 'planned')
    OR EXISTS (SELECT 1 FROM deliveries d WHERE d.channel = c.id AND d.state = 'claimed')
    OR EXISTS (SELECT 1 FROM deliveries d WHERE d.channel = c.id AND d.state = 'in_doubt')
    OR EXISTS (SELECT 1 FROM follow_ups f WHERE f.channel = c.id AND f.taken_wall_at IS NULL)
ORDER BY c.id;

-- name: to_prepare(channel, until, now)
-- Of one channel, or of all: channel by channel, since there lies the index (SQLite keeps to a CROSS JOIN's order).
SELECT d.key, d.post, d.channel, d.topic, d.message_id FROM channels c CROSS JOIN deliveries d
WHERE (CAST(:channel AS TEXT) IS NULL OR c.id = CAST(:channel AS TEXT)) AND d.channel = c.id
    AND d.state = 'planned' AND d.has_media = 1 AND d.slot_at <= :until
    AND (d.expires_at IS NULL OR d.expires_at > :now) AND (d.give_up_at IS NULL OR d.give_up_at >= :now)
ORDER BY d.slot_at, d.key;

-- name: next_media_slot(after)^
SELECT min(m.slot_at) AS value FROM (
    SELECT (
        SELECT min(d.slot_at) FROM deliveries d
        WHERE d.channel = c.id AND d.state = 'planned' AND d.has_media = 1 AND d.slot_at > :after
    ) AS slot_at
    FROM channels c
) m;
