-- Indexes that cost pages with every post and help nobody, or no more than another does.

-- What is claimed is one row a channel at most: deliveries_in_flight finds it by lease and by runner, too.
DROP INDEX deliveries_leases;

DROP INDEX deliveries_runners;

DROP INDEX deliveries_saying;

DROP INDEX attempts_message;
