-- name: pass_gate()^
-- What every transaction reads first: the ledger may have been migrated or copied elsewhere meanwhile, or have
-- become what it was some time ago.
SELECT value, (SELECT m.value FROM meta m WHERE m.key = 'moved_to') AS moved_to,
    (SELECT CAST(m.value AS BIGINT) FROM meta m WHERE m.key = 'pulse') AS pulse
FROM meta WHERE key = 'schema_version';

-- name: set_schema_version(value)!
INSERT INTO meta (key, value) VALUES ('schema_version', :value)
ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: set_meta(key, value)!
INSERT INTO meta (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: forget_meta(key)!
DELETE FROM meta WHERE key = :key;

-- name: bound_hosts()
-- A row is of a platform, whose channels share the host, or of a channel with a server of its own.
SELECT platform AS place, host FROM hosts ORDER BY platform;

-- name: bind_host(place, host)!
INSERT INTO hosts (platform, host) VALUES (:place, :host);
