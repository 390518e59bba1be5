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

-- 1 from a pause on until one delivery got through: verified first, then one at a time.
ALTER TABLE channels ADD COLUMN on_trial BIGINT NOT NULL DEFAULT 0 CHECK (on_trial IN (0, 1));

-- The stormctl that a runner is.
ALTER TABLE runners ADD COLUMN version TEXT NOT NULL DEFAULT '';

-- When somebody was last told of something, over all runners, so that alerts never storm.
CREATE TABLE alerts (
    subject TEXT PRIMARY KEY,
    sent_wall_at BIGINT NOT NULL,
    held_back BIGINT NOT NULL DEFAULT 0 CHECK (held_back >= 0)
);
