-- name: newest_event()^
SELECT coalesce(max(id), 0) AS value FROM events;

-- name: noticed_event()^
-- The newest event that was looked at for alerts.
SELECT value FROM meta WHERE key = 'noticed_event';

-- name: news(after, since_wall)
SELECT id, kind, happened_at, happened_wall_at, text, storm_id, channel, key, attempt_id, url FROM events
WHERE id > :after AND happened_wall_at >= :since_wall AND kind IN (
    'suspended', 'failed', 'missed', 'expired', 'in_doubt', 'held', 'posted_twice', 'halted', 'resumed',
    'woken', 'warning', 'left', 'budget_spent', 'delivered', 'reconciled', 'resolved', 'cancelled'
) ORDER BY id;

-- name: newest_storm_of(channel)^
SELECT sc.storm_id FROM storm_channels sc JOIN storms s ON s.id = sc.storm_id
WHERE sc.channel = :channel ORDER BY s.enrolled_wall_at DESC, s.id LIMIT 1;

-- name: open_but_for_people(storm_id)^
-- What may still happen to a storm without a person.
SELECT count(*) AS value FROM deliveries
WHERE storm_id = :storm_id AND (state IN ('planned', 'claimed') OR (state = 'in_doubt' AND held = 0));

-- name: add_notice(kind, subject, at, noted_wall_at, ripe_wall_at, text, storm_id, channel, key, attempt_id, url)!
INSERT INTO notices (
    id, kind, subject, happened_at, noted_wall_at, ripe_wall_at, text, storm_id, channel, key, attempt_id, url
)
SELECT coalesce(max(n.id), 0) + 1, :kind, :subject, :at, :noted_wall_at, :ripe_wall_at, :text,
    CAST(:storm_id AS TEXT), CAST(:channel AS TEXT), CAST(:key AS TEXT), CAST(:attempt_id AS BIGINT),
    CAST(:url AS TEXT)
FROM notices n;

-- name: notice_of_subject(subject, since_wall, until_wall)^
-- One that waits, or was told lately. What lies as far ahead as behind was told by a clock since set back.
SELECT n.id FROM notices n LEFT JOIN alerts a ON a.id = n.alert_id
WHERE n.subject = :subject AND (
    n.alert_id IS NULL OR (a.written_wall_at > :since_wall AND a.written_wall_at < :until_wall)
) LIMIT 1;

-- name: anything_to_tell(wall_until, wall_ahead)^
-- What lies further ahead than any clock of ours was written by one that was set back: it waits no longer.
SELECT 1 AS value WHERE EXISTS (
    SELECT 1 FROM notices WHERE alert_id IS NULL AND (ripe_wall_at <= :wall_until OR noted_wall_at > :wall_ahead)
) OR EXISTS (
    SELECT 1 FROM alerts
    WHERE retry_wall_at IS NOT NULL AND (retry_wall_at <= :wall_until OR tried_wall_at > :wall_ahead)
);

-- name: last_try(wall_ahead)^
SELECT max(tried_wall_at) AS value FROM alerts WHERE tried_wall_at <= :wall_ahead;

-- name: forget_settled_doubts(wall_now, wall_ahead)!
-- What was settled in time was no alarm, and what is held for a person has a notice of its own.
DELETE FROM notices
WHERE alert_id IS NULL AND kind = 'in_doubt' AND (ripe_wall_at <= :wall_now OR noted_wall_at > :wall_ahead)
    AND NOT EXISTS (
        SELECT 1 FROM deliveries d
        WHERE d.key = notices.key AND d.state = 'in_doubt' AND d.attempt_id = notices.attempt_id AND d.held = 0
    );

-- name: forget_old_notices(before_wall)!
DELETE FROM notices WHERE alert_id IS NULL AND ripe_wall_at < :before_wall;

-- name: free_notices(wall_now, wall_until, wall_ahead, since_wall, until_wall)
-- What waits, whose subject was not told lately; doubts only when they have had their time.
SELECT n.id, CASE WHEN n.ripe_wall_at <= :wall_until OR n.noted_wall_at > :wall_ahead THEN 1 ELSE 0 END AS is_ripe
FROM notices n
WHERE n.alert_id IS NULL
    AND (n.kind <> 'in_doubt' OR n.ripe_wall_at <= :wall_now OR n.noted_wall_at > :wall_ahead)
    AND NOT EXISTS (
        SELECT 1 FROM notices o JOIN alerts a ON a.id = o.alert_id
        WHERE o.subject = n.subject AND a.written_wall_at > :since_wall AND a.written_wall_at < :until_wall
    )
ORDER BY n.id;

-- name: add_alert(wall_now, retry_wall_at)^
INSERT INTO alerts (id, written_wall_at, tried_wall_at, retry_wall_at)
SELECT coalesce(max(a.id), 0) + 1, :wall_now, :wall_now, :retry_wall_at FROM alerts a
RETURNING id;

-- name: take_notice(id, alert_id)!
UPDATE notices SET alert_id = :alert_id WHERE id = :id;

-- name: alert_to_retry(wall_now, wall_ahead)^
SELECT id FROM alerts
WHERE retry_wall_at IS NOT NULL AND (retry_wall_at <= :wall_now OR tried_wall_at > :wall_ahead)
ORDER BY id LIMIT 1;

-- name: retry_alert(id, wall_now, retry_wall_at)!
UPDATE alerts SET tries = tries + 1, tried_wall_at = :wall_now, retry_wall_at = :retry_wall_at WHERE id = :id;

-- name: alert_row(id)^
SELECT id, tries, heard FROM alerts WHERE id = :id;

-- name: notices_of(alert_id)
SELECT n.id, n.kind, n.happened_at, n.text, n.storm_id, n.channel, n.key, n.attempt_id, n.url, s.timezone,
    (SELECT max(a.written_wall_at) FROM notices o JOIN alerts a ON a.id = o.alert_id
        WHERE o.subject = n.subject AND a.id < n.alert_id) AS told_wall_at
FROM notices n LEFT JOIN storms s ON s.id = n.storm_id
WHERE n.alert_id = :alert_id ORDER BY n.id;

-- name: close_try(id, heard, retry_wall_at)!
UPDATE alerts SET heard = :heard, retry_wall_at = CAST(:retry_wall_at AS BIGINT) WHERE id = :id;
