"""What people type for a command, and the command that they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typer.core import TyperGroup

from stormctl.errors import UsageError

if TYPE_CHECKING:
    from typing import Any

MEANT = {
    **dict.fromkeys(("stop", "pause", "abort", "kill", "freeze", "panic"), "halt"),
    **dict.fromkeys(("continue", "unpause", "unhalt", "release"), "resume"),
    **dict.fromkeys(("start", "restart", "run", "go", "begin", "post", "publish", "send", "tweet"), "launch"),
    **dict.fromkeys(("delete", "remove", "rm", "unpublish", "takedown", "withdraw"), "retract"),
    **dict.fromkeys(("skip", "drop", "unplan"), "cancel"),
    **dict.fromkeys(("again", "redo", "repeat", "resend"), "retry"),
    **dict.fromkeys(("settle", "confirm"), "resolve"),
    **dict.fromkeys(("validate", "lint", "verify", "test"), "check"),
    **dict.fromkeys(("preview", "timeline", "calendar"), "plan"),
    **dict.fromkeys(("practice", "practise", "simulate", "drill", "dry-run", "demo"), "rehearse"),
    **dict.fromkeys(("init", "new", "create", "sample"), "rehearse --sample imd-2026"),
    **dict.fromkeys(("login", "signin", "sign-in", "connect"), "auth"),
    **dict.fromkeys(("diagnose", "health", "ping"), "doctor"),
    **dict.fromkeys(("watch", "live", "state", "info", "next", "list", "ls", "queue", "progress"), "status"),
    **dict.fromkeys(("history", "events", "logs", "audit", "journal", "who"), "log"),
    **dict.fromkeys(("stats", "metrics", "results", "figures", "analytics"), "report"),
    **dict.fromkeys(("backup", "save"), "ledger backup"),
    **dict.fromkeys(("restore", "migrate", "copy"), "ledger"),
    **dict.fromkeys(("serve", "service", "server"), "daemon"),
    **dict.fromkeys(("fix", "repair", "mend"), "check --fix"),
    "version": "--version",
    "help": "--help",
}
"""By what other programs call it."""

_OPTIONS = {"--help": "Show all commands; behind a command, what it does.", "--version": "Print the version."}

_UNDO = (
    "Undo what? A post that is out: stormctl retract KEY. One that is planned: stormctl cancel KEY. "
    "A cancellation: stormctl retry KEY. A halt: stormctl resume."
)


class Commands(TyperGroup):
    """A group that names the command which a person meant."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; UsageError with the one that was meant if there is none of that name."""
        name = args[0]
        if name.startswith("-") or self.get_command(ctx, name) is not None:
            return super().resolve_command(ctx, args)
        raise UsageError(f"there is no command “{name}”", self._suggest(ctx, name))

    def _suggest(self, ctx: Any, name: str) -> str:
        from stormctl.files.nearest import find_nearest

        path = ctx.command_path
        wanted = name.casefold()
        if path != "stormctl":
            near = find_nearest(wanted, self.commands)
            return self._describe(path, near) if near else f"{path} --help shows all commands."
        if wanted == "undo":
            return _UNDO
        near = MEANT.get(wanted) or find_nearest(wanted, [*self.commands, *MEANT])
        near = MEANT.get(near or "", near)
        return self._describe(path, near) if near else "stormctl --help shows all commands."

    def _describe(self, path: str, meant: str) -> str:
        """Write the command to type, and what it does."""
        command = self.commands.get(meant.partition(" ")[0])
        what = _OPTIONS[meant] if command is None else command.get_short_help_str(200)
        return f"{path} {meant}: {what}"
