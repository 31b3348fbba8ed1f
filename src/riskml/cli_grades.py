"""The command that varies what is assumed about the grades: riskml sensitivity."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from riskml import cli_completion
from riskml.pacing import Parts, left_words
from riskml.plain import plain
from riskml.terminal import AsJson, Lang, Language, guarded_command, out, say, say_json, tell, working

if TYPE_CHECKING:
    from riskml.study import Study
    from riskml.varying import Varying

app = typer.Typer()

HEADS: Final = {
    "en": ("policy", "metric", "as it stands", "least", "5 %", "median", "95 %", "most", "grade wins"),
    "zh": ("策略", "指标", "现有重构", "最小", "5%", "中位数", "95%", "最大", "等级占优"),
}
NUMBERS: Final = ("default", "least", "p05", "median", "p95", "most")


Draws = Annotated[int, typer.Option("--draws", help="Random draws of all assumed numbers at once.")]
Each = Annotated[
    bool, typer.Option("--each", help="Instead of random draws, each number alone at half and at twice its value.")
]


@app.command()
@guarded_command
def sensitivity(
    study: Annotated[
        Path,
        typer.Argument(
            help="Study file of a finished run, such as studies/sample.toml.", autocompletion=cli_completion.studies
        ),
    ],
    draws: Draws = 200,
    each: Each = False,
    lang: Language = Lang.EN,
    as_json: AsJson = False,
) -> None:
    """Vary the assumed numbers of a run's grades: does the comparison with the model hang on them?

    Every headline is model minus grade. The tables stand beside those of the run, as sensitivity*.parquet.

    Example: riskml sensitivity studies/sample.toml
    """
    from riskml.evaluation.levels.quality_words import range_sentences
    from riskml.study import Study
    from riskml.varying import vary

    settings = Study.load(study)
    with working("sensitivity") as show:
        made = vary(settings, draws=draws, each=each, report=_report(settings, show, lang))
    said = {name: range_sentences(made.ranges, made.headline, name) for name in ("en", "zh")}
    if as_json:
        told = {"folder": made.folder, "headline": made.headline, "ranges": plain(made.ranges.to_dict("records"))}
        say_json({**told, "sentences": [{"en": en, "zh": zh} for en, zh in zip(*said.values(), strict=True)]})
        return
    say([*_lines(made, lang), *said[lang.value]])
    out.print(f"{made.folder / 'tables'}", style="dim", markup=False, soft_wrap=True)


def _report(settings: "Study", show: Callable[[str], None], lang: Lang) -> Callable[[str, str], None]:
    """What is said while the numbers of one system after another are varied."""
    systems = settings["comparison"]["systems"]
    pace = Parts(len(systems))

    def report(stage: str, state: str) -> None:
        tell(f"{stage}: {state}")
        if stage in systems and state == "done":
            pace.note()
        show(f"{stage}  {pace.done}/{len(systems)}  {left_words(pace.left(), lang.value)}")

    return report


def _lines(made: "Varying", lang: Lang) -> list[str]:
    """The ranges of the metrics with a budget and of the headline, as a table."""
    from riskml.grades.description_words import aligned

    shown = made.ranges[made.ranges["metric"].str.contains("@") | (made.ranges["metric"] == made.headline)]
    lines: list[Sequence[str]] = [HEADS[lang.value]]
    for row in shown.to_dict("records"):
        numbers = (f"{row[name]:+.3f}" for name in NUMBERS)
        lines.append((row["policy"], row["metric"], *numbers, f"{row['grade_wins']:.1%}"))
    return aligned(lines).splitlines()
