-- Every statement ends with a semicolon and an empty line; SQLite and PostgreSQL read the same file.
-- Instants are integer microseconds since 1970 UTC. `_at` is the storm's time, `_wall_at` real time.
-- Durations are integer microseconds, money is millionths of a dollar, truth is 0 or 1.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE hosts (
    platform TEXT PRIMARY KEY,
    host TEXT NOT NULL
);

CREATE TABLE storms (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    timezone TEXT NOT NULL,
    spacing BIGINT NOT NULL CHECK (spacing >= 0),
    per_15min BIGINT NOT NULL CHECK (per_15min > 0),
    per_day BIGINT NOT NULL CHECK (per_day > 0),
    budget_usd_micros BIGINT,
    -- What its counted attempts cost: kept here, so that a claim need not add up thousands of rows.
    spent_usd_micros BIGINT NOT NULL DEFAULT 0,
    enrolled_wall_at BIGINT NOT NULL
);

CREATE TABLE quiet (
    storm_id TEXT NOT NULL REFERENCES storms (id),
    from_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (storm_id, from_at, until_at)
);

CREATE TABLE channels (
    id TEXT PRIMARY KEY,
    platform TEXT NOT NULL,
    account_id TEXT,
    account_name TEXT,
    bound_wall_at BIGINT,
    suspended_why TEXT,
    paused_until BIGINT,
    paused_why TEXT,
    troubles BIGINT NOT NULL DEFAULT 0,
    troubled_at BIGINT,
    pauses BIGINT NOT NULL DEFAULT 0
);

-- One account behind two channels would be posted to twice.
CREATE UNIQUE INDEX channels_account ON channels (platform, account_id) WHERE account_id IS NOT NULL;

CREATE TABLE storm_channels (
    storm_id TEXT NOT NULL REFERENCES storms (id),
    channel TEXT NOT NULL REFERENCES channels (id),
    position BIGINT NOT NULL,
    PRIMARY KEY (channel, storm_id)
);

CREATE TABLE limits (
    channel TEXT NOT NULL REFERENCES channels (id),
    name TEXT NOT NULL,
    ceiling BIGINT,
    remaining BIGINT,
    reset_at BIGINT,
    learnt_at BIGINT NOT NULL,
    PRIMARY KEY (channel, name)
);

CREATE TABLE deliveries (
    key TEXT PRIMARY KEY,
    storm_id TEXT NOT NULL REFERENCES storms (id),
    channel TEXT NOT NULL REFERENCES channels (id),
    platform TEXT NOT NULL,
    message_id TEXT NOT NULL,
    topic TEXT,
    -- 1 for a thread's parts after the first; before_key is the part that must be delivered first.
    follows BIGINT NOT NULL CHECK (follows IN (0, 1)),
    before_key TEXT,
    post TEXT NOT NULL,
    text_digest TEXT NOT NULL,
    has_media BIGINT NOT NULL CHECK (has_media IN (0, 1)),
    plan_digest TEXT NOT NULL,
    slot_at BIGINT NOT NULL,
    storm_on TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('post', 'pin', 'reminder', 'slot')),
    rank BIGINT NOT NULL,
    priority BIGINT NOT NULL,
    late TEXT NOT NULL CHECK (late IN ('skip', 'send', 'spread')),
    grace BIGINT NOT NULL CHECK (grace >= 0),
    window_end_at BIGINT,
    -- After it a late one is missed; NULL where lateness does not matter.
    give_up_at BIGINT,
    not_before BIGINT,
    expires_at BIGINT,
    price_usd_micros BIGINT NOT NULL CHECK (price_usd_micros >= 0),
    state TEXT NOT NULL CHECK (state IN (
        'planned', 'claimed', 'delivered', 'failed', 'in_doubt', 'missed', 'expired', 'cancelled', 'retracted'
    )),
    why TEXT NOT NULL DEFAULT '',
    cancelled_by TEXT CHECK (cancelled_by IN ('plan', 'operator')),
    retry_at BIGINT,
    attempt_id BIGINT,
    token TEXT,
    runner_id TEXT,
    lease_until BIGINT,
    claimed_at BIGINT,
    sending_at BIGINT,
    sending_wall_at BIGINT,
    held BIGINT NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
    post_id TEXT,
    url TEXT,
    delivered_at BIGINT,
    metrics_read_at BIGINT,
    CHECK ((follows = 1) = (before_key IS NOT NULL)),
    CHECK ((state = 'claimed') = (token IS NOT NULL)),
    CHECK ((state = 'claimed') = (lease_until IS NOT NULL)),
    CHECK (state <> 'claimed' OR (attempt_id IS NOT NULL AND runner_id IS NOT NULL AND claimed_at IS NOT NULL)),
    CHECK (state <> 'in_doubt' OR (attempt_id IS NOT NULL AND sending_wall_at IS NOT NULL)),
    CHECK (state NOT IN ('delivered', 'retracted') OR (post_id IS NOT NULL AND delivered_at IS NOT NULL)),
    CHECK (state = 'cancelled' OR cancelled_by IS NULL)
);

-- One claim in flight a channel.
CREATE UNIQUE INDEX deliveries_in_flight ON deliveries (channel) WHERE state = 'claimed';

CREATE INDEX deliveries_leases ON deliveries (lease_until) WHERE state = 'claimed';

CREATE INDEX deliveries_runners ON deliveries (runner_id) WHERE state = 'claimed';

CREATE INDEX deliveries_saying ON deliveries (storm_id, message_id, claimed_at) WHERE state = 'claimed';

-- A channel says the same thing at most once a day of the storm.
CREATE UNIQUE INDEX deliveries_text ON deliveries (channel, text_digest, storm_on)
    WHERE state IN ('planned', 'claimed', 'in_doubt', 'delivered');

-- All that claiming and waking look at, so that a long backlog is judged without reading its posts.
CREATE INDEX deliveries_planned ON deliveries (
    channel, storm_id, follows, slot_at, key, rank, priority, expires_at, give_up_at, not_before, retry_at,
    price_usd_micros, message_id, topic, before_key, state
) WHERE state = 'planned';

CREATE INDEX deliveries_give_up ON deliveries (give_up_at) WHERE state = 'planned' AND give_up_at IS NOT NULL;

CREATE INDEX deliveries_expires ON deliveries (expires_at) WHERE state = 'planned' AND expires_at IS NOT NULL;

CREATE INDEX deliveries_followers ON deliveries (before_key) WHERE state = 'planned' AND follows = 1;

CREATE INDEX deliveries_in_doubt ON deliveries (channel) WHERE state = 'in_doubt';

CREATE INDEX deliveries_receipts ON deliveries (channel, post_id) WHERE post_id IS NOT NULL;

CREATE INDEX deliveries_delivered ON deliveries (channel, delivered_at) WHERE state = 'delivered';

CREATE INDEX deliveries_media ON deliveries (channel, slot_at) WHERE state = 'planned' AND has_media = 1;

CREATE INDEX deliveries_next ON deliveries (storm_id, slot_at) WHERE state = 'planned';

CREATE INDEX deliveries_newest ON deliveries (storm_id, delivered_at) WHERE state = 'delivered';

CREATE INDEX deliveries_troubled ON deliveries (storm_id, slot_at)
    WHERE state IN ('in_doubt', 'failed', 'missed', 'expired');

CREATE INDEX deliveries_counts ON deliveries (storm_id, channel, state);

CREATE INDEX deliveries_slots ON deliveries (storm_id, slot_at) WHERE state <> 'cancelled';

CREATE TABLE attempts (
    id BIGINT PRIMARY KEY,
    key TEXT NOT NULL REFERENCES deliveries (key),
    storm_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    message_id TEXT NOT NULL,
    runner_id TEXT NOT NULL,
    token TEXT NOT NULL UNIQUE,
    price_usd_micros BIGINT NOT NULL,
    claimed_at BIGINT NOT NULL,
    claimed_wall_at BIGINT NOT NULL,
    sending_at BIGINT,
    sending_wall_at BIGINT,
    -- 1 while it counts against spacing, ceilings and budget: sent, and neither refused nor certainly not sent.
    counts BIGINT NOT NULL DEFAULT 0 CHECK (counts IN (0, 1)),
    -- What the platform or the network told its own runner; written once.
    answer TEXT CHECK (answer IN ('delivered', 'not_sent', 'refused', 'in_doubt')),
    answer_code TEXT NOT NULL DEFAULT '',
    answer_why TEXT NOT NULL DEFAULT '',
    answered_wall_at BIGINT,
    -- What was concluded when its lease ran out or its runner died without an answer.
    lapsed TEXT CHECK (lapsed IN ('not_sent', 'in_doubt')),
    -- What reading the account proved.
    settled TEXT CHECK (settled IN ('delivered', 'not_there')),
    post_id TEXT,
    url TEXT,
    CHECK (counts = 0 OR sending_at IS NOT NULL),
    CHECK ((sending_at IS NULL) = (sending_wall_at IS NULL)),
    CHECK (answer IS NULL OR answer <> 'delivered' OR post_id IS NOT NULL)
);

CREATE INDEX attempts_key ON attempts (key);

CREATE INDEX attempts_sent ON attempts (channel, sending_at) WHERE counts = 1;

CREATE INDEX attempts_message ON attempts (storm_id, message_id, sending_at) WHERE counts = 1;

CREATE INDEX attempts_receipts ON attempts (channel, post_id) WHERE post_id IS NOT NULL;

CREATE TABLE readings (
    id BIGINT PRIMARY KEY,
    attempt_id BIGINT NOT NULL REFERENCES attempts (id),
    started_wall_at BIGINT NOT NULL,
    complete BIGINT NOT NULL CHECK (complete IN (0, 1)),
    reason TEXT NOT NULL
);

CREATE INDEX readings_attempt ON readings (attempt_id);

CREATE TABLE halts (
    id BIGINT PRIMARY KEY,
    scope TEXT NOT NULL CHECK (scope IN ('all', 'platform', 'channel', 'topic', 'message')),
    target TEXT,
    reason TEXT NOT NULL,
    who TEXT NOT NULL,
    halted_at BIGINT NOT NULL,
    halted_wall_at BIGINT NOT NULL,
    lifted_wall_at BIGINT,
    lifted_by TEXT,
    CHECK ((scope = 'all') = (target IS NULL))
);

CREATE INDEX halts_active ON halts (id) WHERE lifted_wall_at IS NULL;

-- What flows again under a wider halt.
CREATE TABLE halt_exceptions (
    halt_id BIGINT NOT NULL REFERENCES halts (id),
    scope TEXT NOT NULL CHECK (scope IN ('platform', 'channel', 'topic', 'message')),
    target TEXT NOT NULL,
    PRIMARY KEY (halt_id, scope, target)
);

CREATE TABLE runners (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    channels TEXT NOT NULL,
    started_wall_at BIGINT NOT NULL,
    beat_wall_at BIGINT NOT NULL,
    stopped_wall_at BIGINT,
    halt_seen BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX runners_live ON runners (id) WHERE stopped_wall_at IS NULL;

CREATE TABLE media (
    digest TEXT PRIMARY KEY,
    mime TEXT NOT NULL,
    content BYTEA NOT NULL,
    stored_wall_at BIGINT NOT NULL
);

CREATE TABLE uploads (
    channel TEXT NOT NULL,
    digest TEXT NOT NULL,
    alt_digest TEXT NOT NULL,
    media_id TEXT,
    expires_wall_at BIGINT,
    uploaded_wall_at BIGINT,
    lease_runner TEXT,
    lease_until BIGINT,
    PRIMARY KEY (channel, digest, alt_digest),
    CHECK ((lease_runner IS NULL) = (lease_until IS NULL))
);

CREATE TABLE snapshots (
    key TEXT NOT NULL REFERENCES deliveries (key),
    metric TEXT NOT NULL,
    read_at BIGINT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (key, metric, read_at)
);

CREATE TABLE events (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    happened_at BIGINT NOT NULL,
    happened_wall_at BIGINT NOT NULL,
    text TEXT NOT NULL,
    storm_id TEXT,
    channel TEXT,
    key TEXT,
    attempt_id BIGINT,
    url TEXT
);

CREATE INDEX events_storm ON events (storm_id, id);
