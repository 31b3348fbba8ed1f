"""The reference page of the commands, made of what their own --help says."""

import re
from collections.abc import Iterator
from enum import Enum
from inspect import unwrap
from pathlib import Path
from types import NoneType
from typing import Any, Final, get_args, get_origin, get_type_hints

from reference_markup import block, code, page, prose, table
from typer.main import get_command

from riskml.cli import app

EXAMPLE: Final = re.compile(r"^(?:Examples?:\s*)?((?:\w+=\S+ )*riskml .*)$")
TYPES: Final = {str: "text", int: "whole number", float: "number", bool: "flag", Path: "file or folder"}
CODES: Final = {
    "0": "done",
    "1": "the data or the artifact is bad; one line says what, where, what is allowed and what to do",
    "2": "wrong usage: a command, an option, or a settings file",
    "130": "stopped by Ctrl-C",
}


def commands_page() -> str:
    """Every command with its arguments and options, in alphabetical order."""
    parts = [
        "# Commands",
        "`riskml COMMAND --help` prints the same; what holds for all of them stands in "
        "[the command's manners](../commands.md). A table is written by the ending of `--out`: `.parquet`, `.csv` or "
        "`.xlsx`. The exit code says how it ended:",
        table(["code", "meaning"], [[code(number), text] for number, text in CODES.items()]),
    ]
    commands: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
    for name in sorted(commands):
        parts += [f"## riskml {name}", *_told(commands[name].help or ""), *_given(commands[name])]
    return page(*parts)


def _told(text: str) -> Iterator[str]:
    """The help of a command; examples as code, a line that goes on in the next one whole."""
    examples: list[str] = []
    for paragraph in text.replace("\b", "").split("\n\n"):
        lines = [line.strip() for line in paragraph.splitlines() if line.strip()]
        first = next((place for place, line in enumerate(lines) if EXAMPLE.match(line)), len(lines))
        for line in lines[first:]:
            found = EXAMPLE.match(line)
            if found:
                examples.append(found[1])
            else:
                examples[-1] += f" {line}"
        words = [line for line in lines[:first] if line not in ("Example:", "Examples:")]
        if words:
            yield prose(" ".join(words))
    if examples:
        yield block("console", "\n".join(examples))


def _given(command: Any) -> Iterator[str]:
    """Arguments and options as tables."""
    types = get_type_hints(unwrap(command.callback))
    for kind in ("argument", "option"):
        found = [one for one in command.params if one.param_type_name == kind and one.name in types]
        rows = [[_names(one), prose(one.help or ""), _kind(types[one.name]), _default(one)] for one in found]
        if rows:
            yield table([kind, "what it is", "type", "default"], rows)


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return code(parameter.name.upper() + ("..." if parameter.nargs == -1 else ""))
    return ", ".join(code(name) for name in [*parameter.opts, *parameter.secondary_opts])


def _kind(annotation: Any) -> str:
    """The type of a parameter in words: that of a list or of an optional value is the type of what it holds."""
    inner = [one for one in get_args(annotation) if one is not NoneType]
    if inner:
        many = ", several times" if get_origin(annotation) is list else ""
        return _kind(inner[0]) + many
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(code(str(choice.value)) for choice in annotation)
    return TYPES.get(annotation) or str(getattr(annotation, "__name__", annotation))


def _default(parameter: Any) -> str:
    if parameter.required:
        return "needed"
    value = parameter.default.value if isinstance(parameter.default, Enum) else parameter.default
    if isinstance(value, bool):
        return "on" if value and parameter.secondary_opts else ""
    return code(str(value)) if isinstance(value, (str, int, float)) and value != "" else ""
