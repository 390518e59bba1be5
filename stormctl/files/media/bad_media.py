"""Why a media file can't be posted."""

from __future__ import annotations


class BadMediaError(Exception):
    """A media file that can't be posted: the finding's code, message and hint."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
