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

-- name: lapsed_claims(wall_now)
SELECT key, storm_id, channel, message_id, attempt_id, token, runner_id, sending_at FROM deliveries
WHERE state = 'claimed' AND lease_until <= :wall_now ORDER BY lease_until;

-- name: claims_of(runner_id)
SELECT key, storm_id, channel, message_id, attempt_id, token, runner_id, sending_at FROM deliveries
WHERE state = 'claimed' AND runner_id = :runner_id ORDER BY channel;

-- name: lapse_attempt(attempt_id, token, lapsed)!
UPDATE attempts SET lapsed = :lapsed WHERE id = :attempt_id AND token = :token;

-- name: expired_now(now)
SELECT key, storm_id, channel, message_id FROM deliveries
WHERE state = 'planned' AND expires_at IS NOT NULL AND expires_at <= :now ORDER BY expires_at;

-- name: next_decisions(now)^
-- What time alone decides next: a lease runs out (real time), a deadline passes, a grace ends.
SELECT
    (SELECT min(lease_until) FROM deliveries WHERE state = 'claimed') AS lease_until,
    (SELECT min(expires_at) FROM deliveries
        WHERE state = 'planned' AND expires_at IS NOT NULL AND expires_at > :now) AS expires_at,
    (SELECT min(give_up_at) FROM deliveries
        WHERE state = 'planned' AND give_up_at IS NOT NULL AND give_up_at >= :now) AS give_up_at;

-- name: missed_now(now)
-- Later than their grace: to be spread, or missed. The best first, as they would be claimed.
SELECT key, storm_id, channel, topic, message_id, kind, late, slot_at, window_end_at, not_before, retry_at, expires_at
FROM deliveries
WHERE state = 'planned' AND give_up_at IS NOT NULL AND give_up_at < :now
ORDER BY rank, priority DESC, CASE WHEN expires_at IS NULL THEN 1 ELSE 0 END, expires_at, slot_at DESC, key;

-- name: orphaned_parts()
-- Parts whose thread ended before them; after a failed part they are held, since it may be retried.
SELECT d.key, d.storm_id, d.channel, d.topic, d.message_id
FROM deliveries d JOIN deliveries b ON b.key = d.before_key
WHERE d.state = 'planned' AND d.follows = 1 AND b.state IN ('missed', 'expired', 'cancelled', 'retracted')
ORDER BY d.before_key;

-- name: give_up(key, state, why)!
UPDATE deliveries SET state = :state, why = :why, retry_at = NULL WHERE key = :key AND state = 'planned';

-- name: move_delivery(key, slot_at)!
-- The slot that the plan had given is kept; what may be late is given up as long after the new one.
UPDATE deliveries SET
    spread_from = coalesce(spread_from, slot_at), slot_at = :slot_at, retry_at = NULL,
    give_up_at = CASE WHEN follows = 1 THEN NULL ELSE :slot_at + grace END
WHERE key = :key AND state = 'planned';

-- name: next_part(key)^
SELECT key FROM deliveries WHERE before_key = :key AND state = 'planned' AND follows = 1;

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
