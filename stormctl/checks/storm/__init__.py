"""What a schedule makes of it: channels, dates, the plan, what staff trust."""

from __future__ import annotations

from stormctl.checks.storm import channels, dates, filling, plan, policy, trust

__all__ = ["channels", "dates", "filling", "plan", "policy", "trust"]
