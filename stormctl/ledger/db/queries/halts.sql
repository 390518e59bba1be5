-- name: add_halt(scope, target, reason, who, now, wall_now)^
INSERT INTO halts (id, scope, target, reason, who, halted_at, halted_wall_at)
SELECT coalesce(max(h.id), 0) + 1, :scope, CAST(:target AS TEXT), :reason, :who, :now, :wall_now FROM halts h
RETURNING id;

-- name: active_halts()
SELECT id, scope, target, reason, who, halted_at FROM halts WHERE lifted_wall_at IS NULL ORDER BY id;

-- name: exceptions_of(halt_id)
SELECT scope, target FROM halt_exceptions WHERE halt_id = :halt_id ORDER BY scope, target;

-- name: lift_halt(id, who, wall_now)!
UPDATE halts SET lifted_wall_at = :wall_now, lifted_by = :who WHERE id = :id AND lifted_wall_at IS NULL;

-- name: add_exception(halt_id, scope, target)!
INSERT INTO halt_exceptions (halt_id, scope, target) VALUES (:halt_id, :scope, :target) ON CONFLICT DO NOTHING;

-- name: acknowledge_halts(runner_id, wall_now)!
UPDATE runners SET halt_seen = (SELECT coalesce(max(h.id), 0) FROM halts h), beat_wall_at = :wall_now
WHERE id = :runner_id AND halt_seen < (SELECT coalesce(max(h.id), 0) FROM halts h);

-- name: unseen_halt(runner_id)^
SELECT h.id FROM halts h WHERE h.id > (SELECT r.halt_seen FROM runners r WHERE r.id = :runner_id)
ORDER BY h.id DESC LIMIT 1;

-- name: known_names(scope)
-- What halts of a scope can name: that of which the ledger has posts.
SELECT DISTINCT CASE :scope WHEN 'channel' THEN channel WHEN 'topic' THEN topic ELSE message_id END AS name
FROM deliveries;

-- name: claimed_keys()
SELECT key FROM deliveries WHERE state = 'claimed' ORDER BY key;

-- name: behind_on_halts(halt_id)
SELECT id FROM runners WHERE stopped_wall_at IS NULL AND halt_seen < :halt_id;

-- name: late_planned(now)
SELECT key, channel, topic, message_id FROM deliveries
WHERE state = 'planned' AND follows = 0 AND slot_at < :now;

-- name: forgive_late(key, policy)!
UPDATE deliveries SET
    late = :policy,
    give_up_at = CASE WHEN :policy = 'send' THEN NULL ELSE slot_at + grace END
WHERE key = :key;
