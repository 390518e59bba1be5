-- name: store_media(digest, mime, content, wall_now)!
INSERT INTO media (digest, mime, content, stored_wall_at) VALUES (:digest, :mime, :content, :wall_now)
ON CONFLICT DO NOTHING;

-- name: load_media(digest)^
SELECT content FROM media WHERE digest = :digest;

-- name: has_media(digest)^
SELECT digest FROM media WHERE digest = :digest;

-- name: find_upload(channel, digest, alt_digest, valid_at)^
SELECT media_id, expires_wall_at FROM uploads
WHERE channel = :channel AND digest = :digest AND alt_digest = :alt_digest AND media_id IS NOT NULL
    AND (expires_wall_at IS NULL OR expires_wall_at > :valid_at);

-- name: record_upload(channel, digest, alt_digest, media_id, expires_wall_at, wall_now)!
INSERT INTO uploads (channel, digest, alt_digest, media_id, expires_wall_at, uploaded_wall_at)
VALUES (:channel, :digest, :alt_digest, :media_id, CAST(:expires_wall_at AS BIGINT), :wall_now)
ON CONFLICT (channel, digest, alt_digest) DO UPDATE SET
    media_id = excluded.media_id, expires_wall_at = excluded.expires_wall_at,
    uploaded_wall_at = excluded.uploaded_wall_at, lease_runner = NULL, lease_until = NULL;

-- name: forget_upload(channel, digest, alt_digest)!
UPDATE uploads SET media_id = NULL
WHERE channel = :channel AND digest = :digest AND alt_digest = :alt_digest;

-- name: lease_upload(channel, digest, alt_digest, runner_id, wall_now, lease_until)!
INSERT INTO uploads (channel, digest, alt_digest, lease_runner, lease_until)
VALUES (:channel, :digest, :alt_digest, :runner_id, :lease_until)
ON CONFLICT (channel, digest, alt_digest) DO UPDATE SET
    lease_runner = excluded.lease_runner, lease_until = excluded.lease_until
WHERE uploads.lease_until IS NULL OR uploads.lease_until <= :wall_now
    OR uploads.lease_runner = excluded.lease_runner;

-- name: release_upload(channel, digest, alt_digest, runner_id)!
UPDATE uploads SET lease_runner = NULL, lease_until = NULL
WHERE channel = :channel AND digest = :digest AND alt_digest = :alt_digest AND lease_runner = :runner_id;
