-- What is looked at again: accounts after something was sent once more, and what stands there twice.

-- Readings of an account that are due on the storm's clock after a delivery was sent again.
CREATE TABLE follow_ups (
    attempt_id BIGINT NOT NULL REFERENCES attempts (id),
    channel TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    -- 1 for the one that waits for the storm's last slot, too.
    at_end BIGINT NOT NULL CHECK (at_end IN (0, 1)),
    tried_wall_at BIGINT,
    taken_wall_at BIGINT,
    PRIMARY KEY (attempt_id, due_at, at_end)
);

CREATE INDEX follow_ups_open ON follow_ups (channel) WHERE taken_wall_at IS NULL;

-- Attempts whose post was proved not to be there: what is sent after one of them is sent again.
CREATE INDEX attempts_absent ON attempts (key) WHERE settled = 'not_there';

-- Posts that say on an account what a delivery with another receipt says.
CREATE TABLE copies (
    channel TEXT NOT NULL,
    post_id TEXT NOT NULL,
    key TEXT NOT NULL REFERENCES deliveries (key),
    url TEXT NOT NULL,
    found_wall_at BIGINT NOT NULL,
    -- What a person did about it: taken down, or left there.
    settled TEXT CHECK (settled IN ('gone', 'left')),
    PRIMARY KEY (channel, post_id)
);

CREATE INDEX copies_standing ON copies (key) WHERE settled IS NULL;
