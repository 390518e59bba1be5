-- What a ledger must know to outlive machines: its own gaps, spread slots, accounts' ceilings, versions, alerts.

-- Spans of storm time of which this ledger may not know everything that was published.
CREATE TABLE gaps (
    id BIGINT PRIMARY KEY,
    from_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    why TEXT NOT NULL,
    noted_wall_at BIGINT NOT NULL,
    CHECK (from_at <= until_at)
);

-- The slot that the plan had given to a late delivery that was spread; NULL where it has its own slot.
ALTER TABLE deliveries ADD COLUMN spread_from BIGINT;

-- What the platform allows the account, whatever a storm allows; NULL where it documents no ceiling.
ALTER TABLE channels ADD COLUMN per_15min BIGINT;

ALTER TABLE channels ADD COLUMN per_day BIGINT;

-- From a pause on until one delivery got through: 1 to be verified first, 2 verified, and one trouble pauses it.
ALTER TABLE channels ADD COLUMN on_trial BIGINT NOT NULL DEFAULT 0 CHECK (on_trial IN (0, 1, 2));

-- A late one may be spread until its window ends, but is not claimed before it has its new slot.
UPDATE deliveries SET give_up_at = slot_at + grace WHERE state = 'planned' AND late = 'spread' AND follows = 0;

-- Whether something is later than its grace matters to claiming, too.
DROP INDEX deliveries_planned;

CREATE INDEX deliveries_planned ON deliveries (
    channel, storm_id, follows, slot_at, key, rank, priority, expires_at, give_up_at, not_before, retry_at,
    price_usd_micros, message_id, topic, before_key, state, grace
) WHERE state = 'planned';

-- The stormctl that a runner is.
ALTER TABLE runners ADD COLUMN version TEXT NOT NULL DEFAULT '';

-- What people were sent, each telling of some notices; `heard` names the addresses that took it, as JSON.
CREATE TABLE alerts (
    id BIGINT PRIMARY KEY,
    written_wall_at BIGINT NOT NULL,
    tried_wall_at BIGINT NOT NULL,
    tries BIGINT NOT NULL DEFAULT 1 CHECK (tries > 0),
    heard TEXT NOT NULL DEFAULT '[]',
    -- When it is sent again to the addresses that did not take it; NULL once it is done with.
    retry_wall_at BIGINT
);

CREATE INDEX alerts_tried ON alerts (tried_wall_at);

CREATE INDEX alerts_retry ON alerts (retry_wall_at) WHERE retry_wall_at IS NOT NULL;

-- What somebody must hear of: it waits until an alert takes it along, so that alerts never storm.
CREATE TABLE notices (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    -- What is told at most once in a while: the kind and the channel.
    subject TEXT NOT NULL,
    happened_at BIGINT NOT NULL,
    noted_wall_at BIGINT NOT NULL,
    -- Before it, more may come that belongs to the same alert, or the matter may settle itself.
    ripe_wall_at BIGINT NOT NULL,
    text TEXT NOT NULL,
    storm_id TEXT,
    channel TEXT,
    key TEXT,
    attempt_id BIGINT,
    url TEXT,
    alert_id BIGINT REFERENCES alerts (id)
);

CREATE INDEX notices_waiting ON notices (ripe_wall_at) WHERE alert_id IS NULL;

CREATE INDEX notices_subject ON notices (subject, alert_id);

CREATE INDEX notices_alert ON notices (alert_id) WHERE alert_id IS NOT NULL;
