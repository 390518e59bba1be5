-- name: budget_of(storm_id, dearest)^
-- A storm's budget, and how many planned deliveries it does not pay for: counted only where it may be too little.
-- What costs nothing is always paid for, also where readings went beyond the budget.
SELECT s.budget_usd_micros, s.spent_usd_micros,
    CASE WHEN s.budget_usd_micros - s.spent_usd_micros >= :dearest THEN 0 ELSE (
        SELECT count(*) FROM deliveries d
        WHERE d.storm_id = s.id AND d.state = 'planned'
            AND d.price_usd_micros > 0 AND d.price_usd_micros > s.budget_usd_micros - s.spent_usd_micros
    ) END AS unpaid
FROM storms s WHERE s.id = :storm_id AND s.budget_usd_micros IS NOT NULL;

-- name: unpaid_delivery(key)^
-- A delivery that costs more than what is left of its storm's budget.
SELECT d.key FROM deliveries d JOIN storms s ON s.id = d.storm_id
WHERE d.key = :key AND d.price_usd_micros > 0 AND d.price_usd_micros > s.budget_usd_micros - s.spent_usd_micros;

-- name: scant_budgets(dearest)
-- Storms whose budget may be too little, unless that was told of this very budget.
SELECT s.id FROM storms s
WHERE s.budget_usd_micros - s.spent_usd_micros < :dearest AND NOT EXISTS (
    SELECT 1 FROM meta m
    WHERE m.key = 'told_budget/' || s.id AND m.value = CAST(s.budget_usd_micros AS TEXT)
)
ORDER BY s.id;

-- name: spend_on_channel(channel, micros)!
-- Only a storm that has something planned there, the one whose post comes first.
UPDATE storms SET spent_usd_micros = spent_usd_micros + :micros WHERE id = (
    SELECT d.storm_id FROM deliveries d WHERE d.channel = :channel AND d.state = 'planned'
    ORDER BY d.slot_at, d.key LIMIT 1
);

-- name: spent_of(storm_id)^
SELECT spent_usd_micros FROM storms WHERE id = :storm_id;
