"""The promise: one delivery from claim to receipt, and doubts settled by reading. Change with proof."""
