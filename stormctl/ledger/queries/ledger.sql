-- name: pass_gate()^
-- What every transaction reads first: another version may have migrated the ledger meanwhile.
SELECT value FROM meta WHERE key = 'schema_version';

-- name: set_schema_version(value)!
INSERT INTO meta (key, value) VALUES ('schema_version', :value)
ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: bound_hosts()
SELECT platform, host FROM hosts ORDER BY platform;

-- name: bind_host(platform, host)!
INSERT INTO hosts (platform, host) VALUES (:platform, :host);
