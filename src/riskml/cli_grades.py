"""The command that varies what is assumed about the grades: riskml sensitivity."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from riskml import cli_completion
from riskml.terminal import Lang, err, guarded_command, out

app = typer.Typer()

HEADS: Final = {
    "en": ("policy", "metric", "as it stands", "least", "5 %", "median", "95 %", "most", "grade wins"),
    "zh": ("策略", "指标", "现有重构", "最小", "5%", "中位数", "95%", "最大", "等级占优"),
}
NUMBERS: Final = ("default", "least", "p05", "median", "p95", "most")


@app.command()
@guarded_command
def sensitivity(
    study: Annotated[
        Path,
        typer.Argument(
            help="Study file of a finished run, such as studies/sample.toml.", autocompletion=cli_completion.studies
        ),
    ],
    draws: Annotated[int, typer.Option("--draws", help="Random draws of all assumed numbers at once.")] = 200,
    each: Annotated[
        bool, typer.Option("--each", help="Instead of random draws, each number alone at half and at twice its value.")
    ] = False,
    lang: Annotated[Lang, typer.Option("--lang", help="Language of texts.")] = Lang.EN,
) -> None:
    """Vary the assumed numbers of a run's grades: does the comparison with the model hang on them?

    Every headline is model minus grade. The tables stand beside those of the run, as sensitivity*.parquet.

    Example: riskml sensitivity studies/sample.toml
    """
    from riskml.evaluation.levels.quality_words import range_sentences
    from riskml.study import Study
    from riskml.varying import vary

    def report(stage: str, state: str) -> None:
        err.print(f"{stage}: {state}", markup=False, highlight=False, soft_wrap=True)

    made = vary(Study.load(study), draws=draws, each=each, report=report)
    shown = made.ranges[made.ranges["metric"].str.contains("@") | (made.ranges["metric"] == made.headline)]
    lines: list[Sequence[str]] = [HEADS[lang.value]]
    for row in shown.to_dict("records"):
        numbers = (f"{row[name]:+.3f}" for name in NUMBERS)
        lines.append((row["policy"], row["metric"], *numbers, f"{row['grade_wins']:.1%}"))
    for line in [*_aligned(lines), *range_sentences(made.ranges, made.headline, lang.value)]:
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    out.print(f"{made.folder / 'tables'}", style="dim", markup=False, soft_wrap=True)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns padded to their width on a terminal."""
    from riskml.grades.description_words import aligned

    return aligned(rows).splitlines()
