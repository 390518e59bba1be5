"""What both emulated platforms stand on: accounts, posts, faults, pages; knows neither of them."""

from __future__ import annotations
