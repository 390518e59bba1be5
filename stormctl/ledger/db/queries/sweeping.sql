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
