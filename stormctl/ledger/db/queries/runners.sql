-- name: add_runner(id, kind, host, pid, version, wall_now)!
INSERT INTO runners (id, kind, host, pid, version, channels, started_wall_at, beat_wall_at)
VALUES (:id, :kind, :host, :pid, :version, '[]', :wall_now, :wall_now);

-- name: beat(id, channels, wall_now)!
UPDATE runners SET beat_wall_at = :wall_now, channels = :channels WHERE id = :id AND stopped_wall_at IS NULL;

-- name: stop_runner(id, wall_now)!
UPDATE runners SET stopped_wall_at = :wall_now WHERE id = :id AND stopped_wall_at IS NULL;

-- name: last_seen()^
SELECT max(coalesce(stopped_wall_at, beat_wall_at)) AS value FROM runners;

-- name: all_runners()
SELECT id, kind, host, pid, channels, started_wall_at, beat_wall_at, stopped_wall_at, version FROM runners
ORDER BY started_wall_at DESC, id;

-- name: unstopped_runners(host)
SELECT id FROM runners WHERE host = :host AND stopped_wall_at IS NULL ORDER BY id;

-- name: stopped_runner(id)^
SELECT id FROM runners WHERE id = :id AND stopped_wall_at IS NOT NULL;

-- name: runner_names(id)^
SELECT kind, host, pid FROM runners WHERE id = :id;
