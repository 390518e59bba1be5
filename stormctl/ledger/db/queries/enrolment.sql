-- name: upsert_storm(id, name, timezone, spacing, budget, wall_now)!
INSERT INTO storms (id, name, timezone, spacing, budget_usd_micros, enrolled_wall_at)
VALUES (:id, :name, :timezone, :spacing, CAST(:budget AS BIGINT), :wall_now)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, timezone = excluded.timezone, spacing = excluded.spacing,
    budget_usd_micros = excluded.budget_usd_micros;

-- name: clear_ceilings(storm_id, channel)!
DELETE FROM ceilings WHERE storm_id = CAST(:storm_id AS TEXT) OR channel = CAST(:channel AS TEXT);

-- name: add_ceiling(storm_id, channel, posts, period)!
INSERT INTO ceilings (storm_id, channel, posts, period)
VALUES (CAST(:storm_id AS TEXT), CAST(:channel AS TEXT), :posts, :period);

-- name: clear_quiet(storm_id)!
DELETE FROM quiet WHERE storm_id = :storm_id;

-- name: add_quiet(storm_id, from_at, until_at)!
INSERT INTO quiet (storm_id, from_at, until_at) VALUES (:storm_id, :from_at, :until_at)
ON CONFLICT DO NOTHING;

-- name: clear_storm_channels(storm_id)!
DELETE FROM storm_channels WHERE storm_id = :storm_id;

-- name: add_storm_channel(storm_id, channel, position)!
-- A channel that left the schedule keeps its place while it has deliveries of the storm.
INSERT INTO storm_channels (storm_id, channel, position) VALUES (:storm_id, :channel, :position)
ON CONFLICT DO NOTHING;

-- name: enrolled_of(storm_id)
SELECT key, storm_id, channel, message_id, state, cancelled_by, plan_digest, text_digest, slot_at, spread_from
FROM deliveries WHERE storm_id = :storm_id;

-- name: add_delivery(key, storm_id, channel, platform, message_id, topic, follows, before_key, post, text_digest, has_media, plan_digest, slot_at, storm_on, kind, rank, priority, late, grace, window_end_at, give_up_at, not_before, expires_at, price)!
INSERT INTO deliveries (
    key, storm_id, channel, platform, message_id, topic, follows, before_key, post, text_digest, has_media,
    plan_digest, slot_at, storm_on, kind, rank, priority, late, grace, window_end_at, give_up_at, not_before,
    expires_at, price_usd_micros, state
) VALUES (
    :key, :storm_id, :channel, :platform, :message_id, CAST(:topic AS TEXT), :follows, CAST(:before_key AS TEXT),
    :post, :text_digest, :has_media, :plan_digest, :slot_at, :storm_on, :kind, :rank, :priority, :late, :grace,
    CAST(:window_end_at AS BIGINT), CAST(:give_up_at AS BIGINT), CAST(:not_before AS BIGINT),
    CAST(:expires_at AS BIGINT), :price, 'planned'
)
ON CONFLICT (channel, text_digest, storm_on) WHERE state IN ('planned', 'claimed', 'in_doubt', 'delivered')
DO NOTHING;

-- name: park_delivery(key)!
-- Out of the way of the unique texts, so that two deliveries may swap theirs.
UPDATE deliveries SET state = 'cancelled', cancelled_by = 'plan' WHERE key = :key;

-- name: replan_delivery(key, storm_id, channel, platform, message_id, topic, follows, before_key, post, text_digest, has_media, plan_digest, slot_at, spread_from, storm_on, kind, rank, priority, late, grace, window_end_at, give_up_at, not_before, expires_at, price)!
UPDATE deliveries SET
    storm_id = :storm_id, channel = :channel, platform = :platform, message_id = :message_id,
    topic = CAST(:topic AS TEXT), follows = :follows, before_key = CAST(:before_key AS TEXT), post = :post,
    text_digest = :text_digest, has_media = :has_media, plan_digest = :plan_digest, slot_at = :slot_at,
    spread_from = CAST(:spread_from AS BIGINT), storm_on = :storm_on, kind = :kind, rank = :rank, priority = :priority, late = :late, grace = :grace,
    window_end_at = CAST(:window_end_at AS BIGINT), give_up_at = CAST(:give_up_at AS BIGINT),
    not_before = CAST(:not_before AS BIGINT), expires_at = CAST(:expires_at AS BIGINT),
    price_usd_micros = :price, state = 'planned', cancelled_by = NULL
WHERE key = :key;

-- name: withdraw_delivery(key, why)!
UPDATE deliveries SET state = 'cancelled', cancelled_by = 'plan', why = :why
WHERE key = :key AND state = 'planned';

-- name: same_text(key, channel, text_digest, storm_on)^
SELECT key FROM deliveries
WHERE channel = :channel AND text_digest = :text_digest AND storm_on = :storm_on AND key <> :key
    AND state IN ('planned', 'claimed', 'in_doubt', 'delivered');

-- name: planned_row(key)^
SELECT key, storm_id, channel, message_id FROM deliveries WHERE key = :key AND state = 'planned';
