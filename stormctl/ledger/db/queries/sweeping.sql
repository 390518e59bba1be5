-- name: mend_leases(until)!
UPDATE deliveries SET lease_until = :until WHERE state = 'claimed' AND lease_until > :until;

-- name: mend_upload_leases(until)!
UPDATE uploads SET lease_until = :until WHERE lease_until > :until;

-- name: mend_beats(wall_now, until)!
UPDATE runners SET beat_wall_at = :wall_now WHERE stopped_wall_at IS NULL AND beat_wall_at > :until;

-- name: mend_pauses(until)!
UPDATE channels SET paused_until = :until WHERE paused_until > :until;

-- name: mend_backoffs(now, until)!
-- Our own rests, learnt at a time that is still to come; a reset that a platform told is true.
UPDATE limits SET reset_at = :until, learnt_at = :now
WHERE name = 'backoff' AND learnt_at > :now AND reset_at > :until;

-- name: mend_retries(now, until)!
UPDATE deliveries SET retry_at = :until WHERE state = 'planned' AND retry_at > :until AND claimed_at > :now;

-- name: mend_answers(wall_now, soon)!
-- Claimed before the clock was set ahead and answered after it: the rest counts from a time still to come.
UPDATE deliveries SET retry_at = :soon
WHERE state = 'planned' AND retry_at > :soon
AND EXISTS (SELECT 1 FROM attempts a WHERE a.id = deliveries.attempt_id AND a.answered_wall_at > :wall_now);

-- name: mend_doubts(wall_now, since, back, latest)!
-- The account is read from that much before; the proof that nothing is there begins now.
UPDATE deliveries SET
    sending_at = CASE WHEN sending_at < :latest THEN sending_at ELSE :latest END - :back,
    sending_wall_at = :wall_now
WHERE state = 'in_doubt' AND sending_wall_at > :since;

-- name: lapsed_claims(wall_now)
SELECT key, storm_id, channel, message_id, attempt_id, token, runner_id, sending_at FROM deliveries
WHERE state = 'claimed' AND lease_until <= :wall_now ORDER BY lease_until;

-- name: claims_of(runner_id)
SELECT key, storm_id, channel, message_id, attempt_id, token, runner_id, sending_at FROM deliveries
WHERE state = 'claimed' AND runner_id = :runner_id ORDER BY channel;

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

-- name: unarranged_follow_up()^
-- Whether `arrange_follow_ups` has something to enter.
SELECT again.id FROM attempts gone CROSS JOIN attempts again
WHERE gone.settled = 'not_there' AND again.key = gone.key AND again.id > gone.id AND again.counts = 1
    AND NOT EXISTS (SELECT 1 FROM follow_ups f WHERE f.attempt_id = again.id)
LIMIT 1;
