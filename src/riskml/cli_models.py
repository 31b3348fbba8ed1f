"""The commands about models: riskml tune, promote and models."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskml import cli_completion
from riskml.errors import StudyError
from riskml.terminal import INTERRUPTED, AsJson, Lang, err, guarded_command, out, say_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from riskml.models.tuning import Trial
    from riskml.searching import Tuned
    from riskml.study import Study

app = typer.Typer()

Language = Annotated[Lang, typer.Option("--lang", help="Language of texts.")]


@app.command()
@guarded_command
def tune(
    study: Annotated[
        Path, typer.Argument(help="Study file, such as studies/sample.toml.", autocompletion=cli_completion.studies)
    ],
    trials: Annotated[
        int | None, typer.Option("--trials", min=1, help="Finished trials wanted in all; by default the study's.")
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Forget the trials of earlier calls.")] = False,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Log to MLflow, if the study says so.")] = True,
    lang: Language = Lang.EN,
) -> None:
    """Search for better settings of the model, on origins that end before the study's first evaluation origin.

    A second call goes on where the first one ended; Ctrl-C keeps the finished trials.

    Example: riskml tune studies/sample.toml --trials 20
    """
    from riskml.models.tuning_words import basis_lines, closing_lines, trial_table
    from riskml.study import Study
    from riskml.study_checks import TUNED

    settings = Study.load(study)
    made = _tuned(settings, trials, restart=restart, track=track and settings["tracking"]["mlflow"])
    _say(
        basis_lines(
            made.metric,
            made.origins,
            asked=settings["tuning"]["origins"],
            visits=made.visits,
            fails=made.fails,
            first_origin=made.first_origin,
            lang=lang.value,
        )
    )
    if made.toml:
        _say(_aligned(trial_table(made.search, made.metric, list(TUNED), lang.value)))
    _say([*closing_lines(made.search, made.metric, fails=made.fails, lang=lang.value), made.toml, f"{made.folder}"])
    if made.search.interrupted:
        raise typer.Exit(INTERRUPTED)


def _tuned(settings: "Study", trials: int | None, *, restart: bool, track: bool) -> "Tuned":
    """Search, with a line for each trial, and log it if asked."""
    from riskml.searching import tune as tune_study
    from riskml.study_checks import TUNED

    metric = settings["comparison"]["headline"]

    def tell(trial: "Trial") -> None:
        line = f"trial {trial.number}: {metric} {trial.value:.4f} ({trial.state}, {trial.seconds:.1f} s)"
        err.print(line, markup=False, highlight=False, soft_wrap=True)

    if not track:
        return tune_study(settings, trials=trials, restart=restart, on_trial=tell)
    from riskml.registry.trials import open_trial_log

    with open_trial_log(settings.root, study=settings.name, metric=metric, searched=list(TUNED)) as log:

        def tell_and_log(trial: "Trial") -> None:
            tell(trial)
            log.log(trial)

        made = tune_study(settings, trials=trials, restart=restart, on_start=log.start, on_trial=tell_and_log)
        facts = {"riskml.inner_origins": ", ".join(made.origins), "riskml.first_origin": made.first_origin}
        log.finish(made.search, facts=facts, files=[made.folder / "tuned.toml", made.folder / "trials.csv"])
    return made


@app.command()
@guarded_command
def promote(
    study: Annotated[
        Path | None,
        typer.Argument(
            help="Study whose newest version is meant; by default the challenger.",
            autocompletion=cli_completion.studies,
        ),
    ] = None,
    why: Annotated[str, typer.Option("--why", help="The reason, for the record.")] = "",
    who: Annotated[str, typer.Option("--who", help="Who decides, for the record; by default the user.")] = "",
    back: Annotated[bool, typer.Option("--rollback", help="Bring the champion before back, whole.")] = False,
    dry: Annotated[bool, typer.Option("--dry-run", help="Judge the gates only; move and write nothing.")] = False,
    lang: Language = Lang.EN,
) -> None:
    """Make a model the champion, if all gates of its study (section promotion) are open; or bring the one before back.

    Example: riskml promote studies/sample.toml --why "beats the grade since March" --who "Li Na"
    """
    from riskml import promoting
    from riskml.registry import gate_words as words
    from riskml.study import Study, project_root

    if back and (study is not None or dry):
        raise StudyError("--rollback takes neither a study nor --dry-run: it restores the champion before")
    settings = None if study is None else Study.load(study)
    root = project_root(Path.cwd() / "here") if settings is None else settings.root
    if back:
        made = promoting.rollback(root, why=why, who=who)
        _say([words.rolled_back(made.version.number, made.before)[lang.value], str(made.folder)])
        return
    made = promoting.promote(root, settings, why=why, who=who, dry=dry)
    shut = sum(not gate.is_open for gate in made.gates)
    rows = [[text[lang.value] for text in (words.STATUS[one.status], one.title, one.detail)] for one in made.gates]
    _say(_aligned(rows))
    end = words.outcome(number=made.version.number, before=made.before, shut=shut, gates=len(made.gates), dry=dry)
    _say([end[lang.value]])
    if shut:
        raise typer.Exit(1)


@app.command()
@guarded_command
def models(lang: Language = Lang.EN, as_json: AsJson = False) -> None:
    """List the versions of the registered model, with their headline, its gain over the last outcome, and aliases.

    Example: riskml models
    """
    from riskml.promoting import listing
    from riskml.registry import gate_words as words
    from riskml.study import project_root
    from riskml.study_checks import CHAMPION

    root = project_root(Path.cwd() / "here")
    found = listing(root)
    if as_json:
        say_json({"versions": found.versions, "champion_folder_differs": found.stray is not None})
        return
    if not found.versions:
        _say([words.NO_VERSION[lang.value]])
        return
    rows = [
        [
            str(one.number),
            ", ".join(one.aliases),
            one.study,
            f"{one.made_at:%Y-%m-%d}",
            one.tags.get("headline", ""),
            one.tags.get("gain", ""),
        ]
        for one in found.versions
    ]
    _say(_aligned([list(words.HEADS[lang.value]), *rows]))
    if found.stray is not None:
        _say([words.stray(str(root / "models" / CHAMPION), found.stray)[lang.value]])


def _aligned(rows: "Sequence[Sequence[str]]") -> list[str]:
    """Columns padded to their width on a terminal."""
    from riskml.grades.description_words import aligned

    return aligned(rows).splitlines()


def _say(lines: "Iterable[str]") -> None:
    for line in lines:
        out.print(line, markup=False, highlight=False, soft_wrap=True)
