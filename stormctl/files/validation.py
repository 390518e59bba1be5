"""What people wrote, typed by pydantic; what is wrong with it becomes findings with their line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, WithJsonSchema

from stormctl.domain.base.finding import Finding, Place, Severity
from stormctl.domain.base.phrase import Hint, Phrase
from stormctl.files.dates import join
from stormctl.files.nearest import fold, suggest
from stormctl.files.values import BadValueError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails

Step = str | int
Lines = dict[tuple[Step, ...], int]
"""The line of each key, by its path through tables and lists."""


STRICT = ConfigDict(strict=True, extra="forbid", frozen=True)
"""What every table that people write keeps to: no unknown keys, and no type is guessed."""

M = TypeVar("M", bound=BaseModel)


def tell(*examples: object, **more: object) -> WithJsonSchema:
    """Say to JSON Schema what a value with a parser of its own is: a text, if nothing else is said.

    The parsers are stricter.
    """
    told = {"type": "string", **more}
    return WithJsonSchema(told | {"examples": list(examples)} if examples else told)


_QUOTED = re.compile(r"'([^']*)'")
_WANTED = {
    "bool_type": Phrase("true or false"),
    "date_type": Phrase("a date such as 2026-12-18"),
    "dict_type": Phrase("a table"),
    "int_type": Phrase("a whole number"),
    "list_type": Phrase("a list"),
    "model_type": Phrase("a table"),
    "string_type": Phrase("a text"),
    "time_type": Phrase("a time such as 08:00:00, without quotes"),
}


class Notes:
    """The findings of one file, and the lines of its keys to place them by."""

    def __init__(
        self,
        path: str,
        lines: Mapping[tuple[Step, ...], int],
        first_line: int = 1,
        spots: Mapping[tuple[Step, ...], tuple[int, int]] | None = None,
        columns: Mapping[tuple[Step, ...], int] | None = None,
    ) -> None:
        self.path = path
        self._spots = spots or {}
        self._columns = columns or {}
        self.findings: list[Finding] = []
        self._lines = lines
        self._first_line = first_line

    def place(self, *steps: Step) -> Place:
        """Return the place of a value, or that of its key, or of the nearest table around it."""
        for end in range(len(steps), 0, -1):
            if steps[:end] in self._spots:
                return Place(self.path, *self._spots[steps[:end]])
            line = self._lines.get(steps[:end])
            if line is not None:
                return Place(self.path, line, self._columns.get(steps[:end]))
        return Place(self.path, self._first_line)

    def _place_of_key(self, path: tuple[Step, ...]) -> Place:
        line = self._lines.get(path)
        if line is None:
            return self.place(*path)
        return Place(self.path, line, self._columns.get(path, 1 if len(path) == 1 else None))

    def error(self, code: str, steps: Sequence[Step], message: Phrase, hint: Hint = "") -> None:
        """Note something that stops a launch."""
        self._add(Severity.ERROR, code, self.place(*steps), message, hint)

    def error_in(self, path: str, line: int, code: str, message: Phrase, hint: Hint) -> None:
        """Note something that stops a launch, in a line of a file that this one names."""
        self._add(Severity.ERROR, code, Place(path, line), message, hint)

    def warn(self, code: str, steps: Sequence[Step], message: Phrase, hint: Hint = "") -> None:
        """Note something that a person should look at, and that stops nothing."""
        self._add(Severity.WARNING, code, self.place(*steps), message, hint)

    def _add(self, severity: Severity, code: str, place: Place, message: Phrase, hint: Hint) -> None:
        self.findings.append(Finding(severity=severity, place=place, code=code, message=message, hint=hint))

    def read(self, model: type[M], raw: object, *steps: Step) -> M | None:
        """Type a table; None, and a finding for each thing that is wrong, if it can't be."""
        try:
            return model.model_validate(raw)
        except ValidationError as problem:
            self._note_errors(model, problem, steps)
            return None

    def read_rest(self, model: type[M], raw: Mapping[str, object]) -> M:
        """Type a whole file, without the keys that are wrong: those get findings, and their defaults.

        Args:
            model: what the file may hold; every key needs a default.
        """
        try:
            return model.model_validate(raw)
        except ValidationError as problem:
            wrong = self._note_errors(model, problem, ())
            return model.model_validate({key: value for key, value in raw.items() if key not in wrong})

    def _note_errors(
        self, model: type[BaseModel], problem: ValidationError, steps: tuple[Step, ...]
    ) -> set[Step]:
        errors = problem.errors(include_url=False)
        for error in errors:
            self._note_error(model, error, steps)
        return {step for error in errors for step in error["loc"][:1]}

    def _note_error(self, model: type[BaseModel], error: ErrorDetails, steps: tuple[Step, ...]) -> None:
        path = (*steps, *error["loc"])
        if error["type"] in {"extra_forbidden", "missing"}:
            key, around = str(path[-1]), _write_path(path[:-1])
            if error["type"] == "missing":
                message = (
                    Phrase("“{key}” is missing in {around}", key=key, around=around)
                    if around
                    else Phrase("“{key}” is missing", key=key)
                )
                self.error("missing-key", path, message)
                return
            table = _find_table(model, error["loc"][:-1])
            not_offered: Mapping[str, tuple[Phrase, Phrase]] = getattr(table, "not_offered", {})
            if fold(key) in not_offered:
                reason, instead = not_offered[fold(key)]
                message = Phrase("“{key}” is not possible: {reason}", key=key, reason=reason)
                self._add(Severity.ERROR, "not-offered", self._place_of_key(path), message, instead)
            else:
                message = (
                    Phrase("unknown key “{key}” in {around}", key=key, around=around)
                    if around
                    else Phrase("unknown key “{key}”", key=key)
                )
                place, nearest = self._place_of_key(path), _suggest_key(key, table)
                self._add(Severity.ERROR, "unknown-key", place, message, nearest)
            return
        message, hint = _explain(error)
        self.error(
            "bad-value",
            path,
            Phrase("{path}: {message}", path=_write_path(path), message=message),
            hint,
        )


def _write_path(loc: tuple[Step, ...]) -> str:
    steps = (step for step in loc if step != "[key]")  # pydantic's word for the key itself
    return "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")


def _suggest_key(key: str, table: type[BaseModel]) -> Hint:
    """Say what a key that is not known is called here; a table may know other words for its own."""
    words: Mapping[str, Phrase] = getattr(table, "other_words", {})
    known = [field.alias or name for name, field in table.model_fields.items()]
    return words.get(fold(key)) or suggest(key, known)


def _find_table(model: type[BaseModel], loc: tuple[Step, ...]) -> type[BaseModel]:
    """Return the model of the table that a path leads to."""
    for step in loc:
        if isinstance(step, str):
            annotations = {
                field.alias or name: field.annotation for name, field in model.model_fields.items()
            }
            model = _find_model(annotations.get(step)) or model
    return model


def _find_model(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for inner in get_args(annotation) if (model := _find_model(inner))), None)


def _explain(error: ErrorDetails) -> tuple[Phrase, Hint]:
    cause: Any = error.get("ctx", {}).get("error")
    if isinstance(cause, BadValueError):
        return cause.message, cause.hint
    if isinstance(cause, ValueError):
        found = cause.args[0] if cause.args else ""
        return found if isinstance(found, Phrase) else Phrase("{text}", text=cause), ""
    if error["type"] == "too_short":
        return Phrase("must not be empty"), ""
    if error["type"] == "list_type" and isinstance(error["input"], dict):
        return Phrase("must be a list of tables"), Phrase(
            "write its name in two brackets, such as [[windows]]"
        )
    context = error.get("ctx", {})
    if "ge" in context:
        least = context["ge"]
        return Phrase(
            "must be at least {least}, not {found}", least=least, found=_write_value(error["input"])
        ), ""
    wanted = _WANTED.get(error["type"]) or join(_QUOTED.findall(str(context.get("expected", ""))))
    return Phrase("must be {wanted}, not {found}", wanted=wanted, found=_write_value(error["input"])), ""


def _write_value(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f"“{value}”"
        case dict():
            return Phrase("a table")
        case list():
            return Phrase("a list")
        case _:
            return str(value)
