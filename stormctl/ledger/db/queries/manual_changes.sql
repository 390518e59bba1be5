-- name: desk_row(key)^
SELECT d.key, d.storm_id, d.channel, d.message_id, d.state, d.cancelled_by, d.attempt_id, d.before_key,
    d.slot_at, d.not_before, d.expires_at, d.text_digest, d.storm_on, d.post_id, d.url, d.post,
    (SELECT a.sending_at FROM attempts a WHERE a.id = d.attempt_id) AS sending_at
FROM deliveries d WHERE d.key = :key;

-- name: desk_rows_of_message(storm_id, message_id)
SELECT d.key, d.storm_id, d.channel, d.message_id, d.state, d.cancelled_by
FROM deliveries d WHERE d.storm_id = :storm_id AND d.message_id = :message_id ORDER BY d.slot_at, d.key;

-- name: cancel_delivery(key, why)!
-- What left the plan is cancelled too, but comes back with it; what the operator cancelled doesn't.
UPDATE deliveries SET state = 'cancelled', cancelled_by = 'operator', why = :why, retry_at = NULL
WHERE key = :key AND (state = 'planned' OR cancelled_by = 'plan');

-- name: retry_delivery(key, slot_at, why)!
-- Kind and terms stay; what an earlier post left behind goes, attempts and events keep it.
UPDATE deliveries SET
    state = 'planned', slot_at = :slot_at, why = :why, cancelled_by = NULL, retry_at = NULL, held = 0,
    give_up_at = CASE WHEN late = 'send' OR follows = 1 THEN NULL ELSE :slot_at + grace END, spread_from = NULL,
    post_id = NULL, url = NULL, delivered_at = NULL, metrics_read_at = NULL,
    sending_at = NULL, sending_wall_at = NULL
WHERE key = :key AND state IN ('failed', 'missed', 'expired', 'cancelled', 'retracted');

-- name: change_post(key, post)!
UPDATE deliveries SET post = :post WHERE key = :key AND state = 'planned';

-- name: call_off_doubt(key, attempt_id, why)!
UPDATE deliveries SET
    state = 'cancelled', cancelled_by = 'operator', why = :why, held = 0, sending_at = NULL, sending_wall_at = NULL
WHERE key = :key AND attempt_id = :attempt_id AND state = 'in_doubt';

-- name: retract_delivery(key, post_id, why)!
UPDATE deliveries SET state = 'retracted', why = :why
WHERE key = :key AND post_id = :post_id AND state = 'delivered';

-- name: receipts_of(key)
-- Every post that a delivery is known to have: mostly one, more where it was posted twice.
SELECT a.post_id, a.url FROM attempts a WHERE a.key = :key AND a.post_id IS NOT NULL
UNION
SELECT d.post_id, d.url FROM deliveries d WHERE d.key = :key AND d.post_id IS NOT NULL
UNION
SELECT c.post_id, c.url FROM copies c WHERE c.key = :key;
