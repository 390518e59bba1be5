"""Two examples for the help of each command; a test types them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

EXAMPLES = {
    "check": ("check", "check messages/imd-2026 --lang es"),
    "plan": ("plan imd-2026", "plan imd-2026 --json"),
    "doctor": ("doctor imd-2026", "doctor imd-2026 --canary x:migrants-day"),
    "rehearse": ("rehearse --sample imd-2026", "rehearse imd-2026 --speed 10"),
    "launch": ("launch imd-2026", "launch imd-2026 --without x:dia-migrantes --detach"),
    "daemon": ("daemon", "daemon --print systemd"),
    "tick": ("tick", "tick --log-file tick.log"),
    "status": ("status", "status --find 'paper boat'"),
    "log": ("log", "log imd-2026 --since 2h"),
    "halt": (
        "halt --reason 'a tragedy in the news'",
        "halt --channel x:migrants-day --reason 'a wrong link'",
    ),
    "resume": ("resume", "resume --channel x:migrants-day"),
    "show": ("show x:migrants-day/displaced.en", "show x:migrants-day/displaced.en --json"),
    "cancel": ("cancel x:migrants-day/displaced.en", "cancel --message displaced"),
    "retry": (
        "retry x:migrants-day/displaced.en",
        "retry x:migrants-day/displaced.en --at '2026-12-18 15:30'",
    ),
    "resolve": (
        "resolve x:migrants-day/displaced.en --posted https://x.com/migrants_day/status/1",
        "resolve x:migrants-day/displaced.en --not-posted",
    ),
    "retract": ("retract x:migrants-day/displaced.en", "retract --message displaced"),
    "report": ("report imd-2026", "report imd-2026 --html report.html"),
    "emulator": ("emulator", "emulator --port 8123"),
    "schema": ("schema message", "schema status"),
    "auth": ("auth list --offline", "auth x migrants-day"),
    "auth x": ("auth x migrants-day", "auth x migrants-day --pin 1234567"),
    "auth facebook": ("auth facebook migrants-day", "auth facebook migrants-day --page 1234"),
    "auth list": ("auth list", "auth list --offline"),
    "ledger": ("ledger", "ledger --json"),
    "ledger backup": ("ledger backup backup.db", "ledger backup /media/usb/backup.db"),
    "ledger restore": ("ledger restore backup.db", "ledger restore /media/usb/backup.db"),
    "ledger migrate": ("ledger migrate", "--dir /srv/campaign ledger migrate"),
    "ledger copy": ("ledger copy postgresql://localhost/storms", "ledger copy sqlite:///copy.db"),
    "ledger accept": ("ledger accept", "--dir /srv/campaign ledger accept"),
}


def add_examples(app: typer.Typer) -> None:
    """Give every command that an application has its examples."""
    for command in app.registered_commands:
        command.epilog = _write(_name(command))
    for group in app.registered_groups:
        group.epilog = _write(str(group.name))
        for command in group.typer_instance.registered_commands if group.typer_instance else ():
            command.epilog = _write(f"{group.name} {_name(command)}")


def _name(command: typer.models.CommandInfo) -> str:
    return str(command.name or getattr(command.callback, "__name__", ""))


def _write(name: str) -> str:
    """Write the two lines, behind the sign that keeps them apart in a help text."""
    first, second = EXAMPLES[name]
    return f"\b\nExamples:\n  stormctl {first}\n  stormctl {second}"
