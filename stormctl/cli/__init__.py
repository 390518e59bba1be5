"""The command line: parse, call one use case, render, exit code."""

from __future__ import annotations
