-- name: attempt_of(attempt_id, key, token, post_id)^
-- An attempt with the delivery as it stands now; the claim is still current if the delivery holds its token.
-- `owner` is the other delivery whose receipt the post is, if there is one.
SELECT a.answer, a.sending_at AS sent_at, a.counts, a.price_usd_micros, a.storm_id, d.state, d.post_id, d.url,
    CASE WHEN d.state = 'claimed' AND d.token = a.token THEN 1 ELSE 0 END AS is_current,
    coalesce(
        (SELECT min(o.key) FROM attempts o WHERE o.channel = a.channel AND o.post_id = CAST(:post_id AS TEXT) AND o.key <> a.key),
        (SELECT min(o.key) FROM deliveries o WHERE o.channel = a.channel AND o.post_id = CAST(:post_id AS TEXT) AND o.key <> a.key)
    ) AS owner
FROM attempts a JOIN deliveries d ON d.key = a.key
WHERE a.id = :attempt_id AND a.key = :key AND a.token = :token;

-- name: answer_attempt(attempt_id, token, answer, code, why, post_id, url, counts, wall_now)!
UPDATE attempts SET
    answer = :answer, answer_code = :code, answer_why = :why, answered_wall_at = :wall_now, counts = :counts,
    post_id = coalesce(post_id, CAST(:post_id AS TEXT)), url = coalesce(url, CAST(:url AS TEXT))
WHERE id = :attempt_id AND token = :token;

-- name: record_delivered(key, attempt_id, post_id, url, delivered_at, why)^
-- From any state but delivered and retracted, unless the same text is live or coming under another key.
UPDATE deliveries SET
    state = 'delivered', post_id = :post_id, url = :url, delivered_at = :delivered_at,
    attempt_id = CAST(:attempt_id AS BIGINT), why = :why, token = NULL, lease_until = NULL, retry_at = NULL, held = 0, cancelled_by = NULL
WHERE key = :key AND state NOT IN ('delivered', 'retracted') AND (
    state IN ('planned', 'claimed', 'in_doubt') OR NOT EXISTS (
        SELECT 1 FROM deliveries o
        WHERE o.channel = deliveries.channel AND o.text_digest = deliveries.text_digest
            AND o.storm_on = deliveries.storm_on AND o.key <> deliveries.key
            AND o.state IN ('planned', 'claimed', 'in_doubt', 'delivered')
    )
)
RETURNING key;

-- name: other_doubtful(key, attempt_id)^
-- Another attempt that was sent and of which nobody knows that it came to nothing.
SELECT id FROM attempts
WHERE key = :key AND id <> :attempt_id AND counts = 1 AND settled IS NULL
    AND (answer IS NULL OR answer = 'in_doubt')
ORDER BY id LIMIT 1;

-- name: alarm_on(storm_id, attempt_id)^
SELECT id, kind, happened_at, text, storm_id, channel, key, attempt_id, url FROM events
WHERE storm_id = :storm_id AND attempt_id = :attempt_id AND kind = 'posted_twice'
ORDER BY id DESC LIMIT 1;

-- name: leave_claim(key, attempt_id, token, state, why, retry_at)!
-- Back to planned, or failed, or in doubt; only in doubt the moment of sending still matters.
UPDATE deliveries SET
    state = :state, why = :why, retry_at = CAST(:retry_at AS BIGINT), token = NULL, lease_until = NULL,
    sending_at = CASE WHEN :state = 'in_doubt' THEN sending_at END,
    sending_wall_at = CASE WHEN :state = 'in_doubt' THEN sending_wall_at END
WHERE key = :key AND attempt_id = :attempt_id AND token = :token AND state = 'claimed';

-- name: lapse_attempt(attempt_id, token, lapsed)!
UPDATE attempts SET lapsed = :lapsed WHERE id = :attempt_id AND token = :token;
