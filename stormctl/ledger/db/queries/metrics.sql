-- name: add_snapshot(key, metric, read_at, value)!
INSERT INTO snapshots (key, metric, read_at, value) VALUES (:key, :metric, :read_at, :value)
ON CONFLICT (key, metric, read_at) DO UPDATE SET value = excluded.value;

-- name: newest_snapshots(storm_id)
-- Only readings of the post that stands there now: an earlier one may have been retracted.
SELECT s.key, s.metric, s.read_at, s.value
FROM snapshots s JOIN deliveries d ON d.key = s.key
WHERE d.state = 'delivered' AND s.read_at >= d.delivered_at
    AND (CAST(:storm_id AS TEXT) IS NULL OR d.storm_id = CAST(:storm_id AS TEXT))
    AND s.read_at = (SELECT max(n.read_at) FROM snapshots n WHERE n.key = s.key AND n.metric = s.metric);

-- name: delivered_posts(storm_id)
SELECT key, channel, message_id, post, url, delivered_at FROM deliveries
WHERE state = 'delivered' AND (CAST(:storm_id AS TEXT) IS NULL OR storm_id = CAST(:storm_id AS TEXT))
ORDER BY delivered_at, key;

-- name: reading_times(storm_id)
SELECT DISTINCT s.key, s.read_at
FROM snapshots s JOIN deliveries d ON d.key = s.key
WHERE d.state = 'delivered' AND s.read_at >= d.delivered_at
    AND (CAST(:storm_id AS TEXT) IS NULL OR d.storm_id = CAST(:storm_id AS TEXT))
ORDER BY s.read_at;

-- name: receipts_of_storm(storm_id, until)
SELECT key, channel, post_id FROM deliveries
WHERE storm_id = :storm_id AND state = 'delivered' AND post_id IS NOT NULL AND delivered_at <= :until
ORDER BY slot_at, key;

-- name: unread_at_age(channel, now, age)
SELECT key, channel, post_id FROM deliveries
WHERE channel = :channel AND state = 'delivered' AND delivered_at <= :now - :age
    AND (metrics_read_at IS NULL OR metrics_read_at < delivered_at + :age)
ORDER BY delivered_at, key;

-- name: first_unread_at_age(age)
-- Of each channel the oldest post that was not read since it reached an age, or that has not reached it yet.
SELECT c.id AS channel, (
    SELECT d.delivered_at FROM deliveries d
    WHERE d.channel = c.id AND d.state = 'delivered'
        AND (d.metrics_read_at IS NULL OR d.metrics_read_at < d.delivered_at + :age)
    ORDER BY d.delivered_at LIMIT 1
) AS delivered_at
FROM channels c;

-- name: charge_reading(key, micros)!
UPDATE storms SET spent_usd_micros = spent_usd_micros + :micros
WHERE id = (SELECT d.storm_id FROM deliveries d WHERE d.key = :key);

-- name: spare_for_readings(storm_id)^
-- What a storm has left beside the prices of the posts that are to come; a doubt may yet be sent again. None
-- without a budget.
SELECT CASE WHEN s.budget_usd_micros IS NULL THEN NULL ELSE
    s.budget_usd_micros - s.spent_usd_micros - (
        SELECT coalesce(sum(p.price_usd_micros), 0) FROM deliveries p WHERE p.storm_id = s.id
            AND (p.state IN ('planned', 'in_doubt') OR (p.state = 'claimed' AND p.sending_at IS NULL))
    ) END AS spare
FROM storms s WHERE s.id = :storm_id;

-- name: read_before(key)^
-- When the post that stands there now was read last; what gave nothing is no reading.
SELECT d.storm_id, (
    SELECT max(s.read_at) FROM snapshots s WHERE s.key = d.key AND s.read_at >= d.delivered_at
) AS read_at
FROM deliveries d WHERE d.key = :key;

-- name: mark_read(key, now)!
UPDATE deliveries SET metrics_read_at = :now
WHERE key = :key AND (metrics_read_at IS NULL OR metrics_read_at < :now);
