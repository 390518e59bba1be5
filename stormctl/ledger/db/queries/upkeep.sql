-- name: all_meta()
SELECT key, value FROM meta ORDER BY key;

-- name: unstopped()
-- Every column there is: older versions lack some.
SELECT r.* FROM runners r WHERE r.stopped_wall_at IS NULL ORDER BY r.started_wall_at, r.id;

-- name: stop_all_runners(wall_now)!
UPDATE runners SET stopped_wall_at = :wall_now WHERE stopped_wall_at IS NULL;

-- name: claimed_count()^
SELECT count(*) AS value FROM deliveries WHERE state = 'claimed';

-- name: newest_instant()^
-- The latest thing that the ledger has heard of, in whichever time it was written down.
SELECT max(t.known_at) AS value FROM (
    SELECT max(happened_at) AS known_at FROM events
    UNION ALL SELECT max(claimed_at) FROM attempts
    UNION ALL SELECT max(sending_at) FROM attempts
    UNION ALL SELECT max(answered_wall_at) FROM attempts
    UNION ALL SELECT max(beat_wall_at) FROM runners
    UNION ALL SELECT max(enrolled_wall_at) FROM storms
) t;
