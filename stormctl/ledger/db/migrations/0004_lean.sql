-- Indexes that cost pages with every post and help nobody, or no more than another does.

-- What is claimed is one row a channel at most: deliveries_in_flight finds it by lease and by runner, too.
DROP INDEX deliveries_leases;

DROP INDEX deliveries_runners;

DROP INDEX deliveries_saying;

DROP INDEX attempts_message;

-- How far a storm has come: counts by state, what comes next, what is late, what went wrong. One for four.
DROP INDEX deliveries_next;

DROP INDEX deliveries_troubled;

DROP INDEX deliveries_counts;

DROP INDEX deliveries_slots;

CREATE INDEX deliveries_progress ON deliveries (storm_id, state, slot_at, key, channel);
