-- What nobody has looked for on its account, since its channel was suspended when it was enrolled.
CREATE TABLE unread (
    key TEXT PRIMARY KEY REFERENCES deliveries (key),
    -- Storm time from which on the account has to be read for it.
    since_at BIGINT NOT NULL CHECK (since_at >= 0),
    why TEXT NOT NULL CHECK (why <> '')
);

-- Until now it stood in `meta`, a list of keys, since and why for each channel, as JSON.
INSERT INTO unread (key, since_at, why)
SELECT d.key, json_extract(u.value, '$[1]'), json_extract(u.value, '$[2]')
FROM meta m, json_each(m.value) u, json_each(u.value, '$[0]') k
JOIN deliveries d ON d.key = k.value
WHERE substr(m.key, 1, 7) = 'unread/'
ORDER BY json_extract(u.value, '$[1]')
ON CONFLICT (key) DO NOTHING;

DELETE FROM meta WHERE substr(key, 1, 7) = 'unread/';
