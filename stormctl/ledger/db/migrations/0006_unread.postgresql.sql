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
