-- name: move_delivery(key, slot_at)!
-- The slot that the plan had given is kept; what may be late is given up as long after the new one.
UPDATE deliveries SET
    spread_from = coalesce(spread_from, slot_at), slot_at = :slot_at, retry_at = NULL,
    give_up_at = CASE WHEN follows = 1 THEN NULL ELSE :slot_at + grace END
WHERE key = :key AND state = 'planned';

-- name: next_part(key)^
SELECT key FROM deliveries WHERE before_key = :key AND state = 'planned' AND follows = 1;

-- name: taken_times(channel, now, since, until)
-- When a channel posts beside what is late: what it sent, what it is sending, what is planned, in order.
SELECT sending_at AS taken_at FROM attempts
WHERE channel = :channel AND counts = 1 AND sending_at > :since AND sending_at <= :until
UNION ALL
SELECT claimed_at FROM deliveries WHERE channel = :channel AND state = 'claimed' AND sending_at IS NULL
UNION ALL
SELECT CASE WHEN retry_at > slot_at THEN retry_at ELSE slot_at END FROM deliveries
WHERE channel = :channel AND state = 'planned' AND slot_at >= :now AND slot_at < :until
ORDER BY taken_at;
