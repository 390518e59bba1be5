-- Ceilings are rows: one more is no column more.

-- At most so many posts in any span of the period: a storm's hold on each of its channels, a channel's are what
-- its platform allows the account, over all storms.
CREATE TABLE ceilings (
    storm_id TEXT REFERENCES storms (id),
    channel TEXT REFERENCES channels (id),
    posts BIGINT NOT NULL CHECK (posts > 0),
    period BIGINT NOT NULL CHECK (period > 0),
    CHECK ((storm_id IS NULL) <> (channel IS NULL))
);

CREATE UNIQUE INDEX ceilings_storm ON ceilings (storm_id, period) WHERE storm_id IS NOT NULL;

CREATE UNIQUE INDEX ceilings_channel ON ceilings (channel, period) WHERE channel IS NOT NULL;

INSERT INTO ceilings (storm_id, posts, period)
SELECT id, per_15min, 900000000 FROM storms UNION ALL SELECT id, per_day, 86400000000 FROM storms;

INSERT INTO ceilings (channel, posts, period)
SELECT id, per_15min, 900000000 FROM channels WHERE per_15min IS NOT NULL
UNION ALL SELECT id, per_day, 86400000000 FROM channels WHERE per_day IS NOT NULL;

ALTER TABLE storms DROP COLUMN per_15min;

ALTER TABLE storms DROP COLUMN per_day;

ALTER TABLE channels DROP COLUMN per_15min;

ALTER TABLE channels DROP COLUMN per_day;

-- What is counted at each claim is counted by the index alone.
DROP INDEX attempts_sent;

CREATE INDEX attempts_sent ON attempts (channel, sending_at, counts) WHERE counts = 1;

-- What nobody has looked for on its account, since its channel was suspended when it was enrolled.
CREATE TABLE unread (
    key TEXT PRIMARY KEY REFERENCES deliveries (key),
    -- Storm time from which on the account has to be read for it.
    since_at BIGINT NOT NULL CHECK (since_at >= 0),
    why TEXT NOT NULL CHECK (why <> '')
);

-- Until now it stood in `meta`, a list of keys, since and why for each channel, as JSON.
INSERT INTO unread (key, since_at, why)
SELECT d.key, CAST(u.value ->> 1 AS BIGINT), u.value ->> 2
FROM meta m
CROSS JOIN LATERAL json_array_elements(CAST(m.value AS JSON)) AS u (value)
CROSS JOIN LATERAL json_array_elements_text(u.value -> 0) AS k (key)
JOIN deliveries d ON d.key = k.key
WHERE substr(m.key, 1, 7) = 'unread/'
ORDER BY CAST(u.value ->> 1 AS BIGINT)
ON CONFLICT (key) DO NOTHING;

DELETE FROM meta WHERE substr(key, 1, 7) = 'unread/';
