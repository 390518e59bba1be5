-- name: open_doubts(channel)
-- Of one channel, or of all.
SELECT d.key, d.storm_id, d.channel, d.post, d.attempt_id, d.sending_at, d.sending_wall_at, d.held,
    (SELECT b.post_id FROM deliveries b WHERE b.key = d.before_key) AS in_reply_to,
    (SELECT a.answer_code FROM attempts a WHERE a.id = d.attempt_id) AS code,
    (SELECT min(a.sending_at) FROM attempts a
        WHERE a.key = d.key AND (a.answer = 'in_doubt' OR a.lapsed = 'in_doubt')) AS first_sending_at
FROM deliveries d
WHERE (CAST(:channel AS TEXT) IS NULL OR d.channel = CAST(:channel AS TEXT)) AND d.state = 'in_doubt'
ORDER BY d.sending_at, d.key;

-- name: readings_of(attempt_id)
SELECT started_wall_at, complete, reason FROM readings WHERE attempt_id = :attempt_id
ORDER BY started_wall_at, id;

-- name: add_reading(attempt_id, started_wall_at, complete, reason)!
INSERT INTO readings (id, attempt_id, started_wall_at, complete, reason)
SELECT coalesce(max(r.id), 0) + 1, :attempt_id, :started_wall_at, :complete, :reason FROM readings r;

-- name: other_with_receipt(channel, key, post_id)^
-- Attempts keep every receipt; deliveries also those that were adopted without an attempt.
SELECT key FROM attempts WHERE channel = :channel AND post_id = :post_id AND key <> :key
UNION
SELECT key FROM deliveries WHERE channel = :channel AND post_id = :post_id AND key <> :key
UNION
SELECT key FROM copies WHERE channel = :channel AND post_id = :post_id AND key <> :key;

-- name: doubt_row(key, attempt_id)^
-- The attempt knows best when it was sent: the account may be read from an earlier moment on.
SELECT d.key, d.storm_id, d.channel, d.message_id, a.sending_at
FROM deliveries d JOIN attempts a ON a.id = d.attempt_id
WHERE d.key = :key AND d.attempt_id = :attempt_id AND d.state = 'in_doubt';

-- name: settle_attempt(attempt_id, settled, post_id, url)!
UPDATE attempts SET settled = :settled, post_id = coalesce(CAST(:post_id AS TEXT), post_id),
    url = coalesce(CAST(:url AS TEXT), url)
WHERE id = :attempt_id;

-- name: settle_not_there(key, attempt_id, state, why, request_limit, settling)!
-- Two complete readings: one that began when the request was certainly over, one a settling time later.
UPDATE deliveries SET
    state = :state, why = :why, retry_at = NULL, sending_at = NULL, sending_wall_at = NULL
WHERE key = :key AND attempt_id = :attempt_id AND state = 'in_doubt' AND held = 0 AND EXISTS (
    SELECT 1 FROM readings one JOIN readings two ON two.attempt_id = one.attempt_id
    WHERE one.attempt_id = deliveries.attempt_id AND one.complete = 1 AND two.complete = 1
        AND one.started_wall_at >= deliveries.sending_wall_at + :request_limit
        AND two.started_wall_at >= one.started_wall_at + :settling
);

-- name: hold_doubt(key, attempt_id, why)!
UPDATE deliveries SET held = 1, why = :why
WHERE key = :key AND attempt_id = :attempt_id AND state = 'in_doubt' AND held = 0;

-- name: open_posts(channel)
-- What may stand on the account without a receipt.
SELECT post FROM deliveries WHERE channel = :channel AND state IN ('claimed', 'in_doubt');

-- name: known_post_ids(channel)
SELECT post_id FROM attempts WHERE channel = :channel AND post_id IS NOT NULL
UNION
SELECT post_id FROM deliveries WHERE channel = :channel AND post_id IS NOT NULL
UNION
SELECT post_id FROM copies WHERE channel = :channel;
