"""The platforms, and the one lookup of their facts."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from stormctl.domain.platforms.facebook import FACEBOOK
from stormctl.domain.platforms.x import X

if TYPE_CHECKING:
    from stormctl.domain.platforms.record import PlatformFacts


class Platform(StrEnum):
    """A service that we publish on."""

    X = "x"
    FACEBOOK = "facebook"

    @property
    def facts(self) -> PlatformFacts:
        """All that differs between platforms and is no code of theirs."""
        match self:
            case Platform.X:
                return X
            case Platform.FACEBOOK:
                return FACEBOOK
            case _:
                assert_never(self)

    @property
    def label(self) -> str:
        """The platform's name as people write it."""
        return self.facts.label
