"""What X bills, in millionths of a US dollar (source: docs.x.com pay-per-use pricing, 2026-08)."""

from __future__ import annotations

X_POST_USD_MICROS = 15_000
X_POST_WITH_LINK_USD_MICROS = 200_000
X_ALT_TEXT_USD_MICROS = 5_000
X_OWN_READING_USD_MICROS = 1_000
X_USER_READING_USD_MICROS = 10_000
X_DELETION_USD_MICROS = 10_000
"""Of a deletion at most: the price list does not say which of its two items a post's is."""

DEAREST_POST_USD_MICROS = X_POST_WITH_LINK_USD_MICROS + 4 * X_ALT_TEXT_USD_MICROS
"""What one post costs at most: with a link, and four pictures that are described."""
