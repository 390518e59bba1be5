"""The promise: what may be claimed, sent and recorded, and what time decides. Change with proof."""
