"""Who hears of trouble: alerts by apprise, and the heartbeat of a monitor."""
