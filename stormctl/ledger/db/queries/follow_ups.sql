-- name: arrange_follow_ups(first, second)!
-- Three for each attempt that was sent after an earlier one was proved absent; the last of them waits for the
-- storm's end. What was certainly not accepted needs none.
INSERT INTO follow_ups (attempt_id, channel, due_at, at_end)
SELECT DISTINCT again.id, again.channel, again.sending_at + late.wait, late.at_end
FROM attempts gone CROSS JOIN attempts again CROSS JOIN (
    SELECT CAST(:first AS BIGINT) AS wait, 0 AS at_end
    UNION ALL SELECT CAST(:second AS BIGINT), 0
    UNION ALL SELECT CAST(:second AS BIGINT), 1
) late
WHERE gone.settled = 'not_there' AND again.key = gone.key AND again.id > gone.id AND again.counts = 1
    AND NOT EXISTS (SELECT 1 FROM follow_ups f WHERE f.attempt_id = again.id);

-- name: open_follow_ups(channel)
-- Of one channel, or of all. A storm is over when its last planned slot has come; the account may show a post of the first attempt.
SELECT f.attempt_id, f.due_at, f.at_end, f.tried_wall_at, d.key, d.storm_id, d.channel, d.post,
    (SELECT max(s.slot_at) FROM deliveries s WHERE s.storm_id = d.storm_id AND s.state = 'planned') AS last_slot_at,
    (SELECT min(e.sending_at) FROM attempts e WHERE e.key = d.key AND e.id <= f.attempt_id) AS sending_at,
    (SELECT b.post_id FROM deliveries b WHERE b.key = d.before_key) AS in_reply_to
FROM follow_ups f JOIN attempts a ON a.id = f.attempt_id JOIN deliveries d ON d.key = a.key
WHERE (CAST(:channel AS TEXT) IS NULL OR f.channel = CAST(:channel AS TEXT)) AND f.taken_wall_at IS NULL
ORDER BY f.due_at, f.attempt_id, f.at_end;

-- name: close_follow_up(attempt_id, due_at, at_end, tried_wall_at, taken_wall_at)!
UPDATE follow_ups SET tried_wall_at = :tried_wall_at, taken_wall_at = CAST(:taken_wall_at AS BIGINT)
WHERE attempt_id = :attempt_id AND due_at = :due_at AND at_end = :at_end AND taken_wall_at IS NULL;

-- name: owner_of_post(channel, post_id)^
-- Whose receipt a post is, or whose second copy.
SELECT key FROM attempts WHERE channel = :channel AND post_id = :post_id
UNION
SELECT key FROM deliveries WHERE channel = :channel AND post_id = :post_id
UNION
SELECT key FROM copies WHERE channel = :channel AND post_id = :post_id;

-- name: followed_row(key)^
SELECT key, storm_id, channel, message_id, state, url FROM deliveries WHERE key = :key;

-- name: add_copy(channel, post_id, key, url, wall_now)!
INSERT INTO copies (channel, post_id, key, url, found_wall_at)
VALUES (:channel, :post_id, :key, :url, :wall_now) ON CONFLICT DO NOTHING;

-- name: standing_copies()
SELECT c.key, c.channel, c.url, d.storm_id
FROM copies c JOIN deliveries d ON d.key = c.key WHERE c.settled IS NULL ORDER BY c.found_wall_at, c.key, c.post_id;

-- name: remove_copy(channel, post_id)!
UPDATE copies SET settled = 'gone' WHERE channel = :channel AND post_id = :post_id;

-- name: leave_copies(key)!
UPDATE copies SET settled = 'left' WHERE key = :key AND settled IS NULL;
