"""The command that looks at the machine: riskml doctor."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from riskml.terminal import AsJson, Lang, Language, aligned, guarded_command, say, say_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from riskml.diagnosis.finding import Finding

app = typer.Typer()


@app.command()
@guarded_command
def doctor(
    as_json: AsJson = False,
    lang: Language = Lang.EN,
) -> None:
    """Look at what riskml stands on: packages, fonts, Java, disk, rights, tracking; changes nothing, uses no network.

    Ends with 1 only if something that riskml run needs is not in order.

    Examples: riskml doctor

    riskml doctor --json
    """
    from riskml.diagnosis.everything import diagnose
    from riskml.diagnosis.finding import stopping
    from riskml.diagnosis.places import project_folder

    found = diagnose(project_folder(Path.cwd()))
    stops = stopping(found)
    if as_json:
        say_json({"ok": not stops, "stops": stops, "findings": [one.as_dict(lang.value) for one in found]})
    else:
        say(_lines(found, stops, lang.value))
    if stops:
        raise typer.Exit(1)


def _lines(found: "Sequence[Finding]", stops: "Sequence[str]", lang: str) -> "Iterator[str]":
    """A line for each finding, what to do below it, and whether riskml run will work."""
    from riskml.diagnosis.finding import STATUS

    rows = [(STATUS[one.status][lang], one.title[lang], " ".join(one.found[lang].split())) for one in found]
    arrow = {"en": "to do", "zh": "处理"}[lang]
    for line, one in zip(aligned(rows), found, strict=True):
        yield line
        if one.advice[lang]:
            yield f"    {arrow}: {one.advice[lang]}"
    closing = {
        "en": (f"riskml run will not work: {', '.join(stops)}", "riskml run has all that it needs"),
        "zh": (f"riskml run 无法运行：{', '.join(stops)}", "riskml run 所需均已具备"),
    }
    yield closing[lang][not stops]
