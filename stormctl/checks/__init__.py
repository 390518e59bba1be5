"""The rules that a storm's files must keep: one module a theme, one function a rule."""

from __future__ import annotations
