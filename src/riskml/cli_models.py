"""The commands about models: riskml tune, promote and models."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskml import cli_completion
from riskml.errors import StudyError
from riskml.pacing import Parts, left_words
from riskml.plain import plain
from riskml.terminal import INTERRUPTED, AsJson, Lang, Language, guarded_command, say, say_json, tell, working

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from riskml.models.tuning import Trial
    from riskml.promoting import Promotion
    from riskml.searching import Tuned
    from riskml.study import Study

app = typer.Typer()


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
    as_json: AsJson = False,
) -> None:
    """Search for better settings of the model, on origins that end before the study's first evaluation origin.

    A second call goes on where the first one ended; Ctrl-C keeps the finished trials.

    Example: riskml tune studies/sample.toml --trials 20
    """
    from riskml.study import Study

    settings = Study.load(study)
    wanted = settings["tuning"]["trials"] if trials is None else trials
    with working("tune") as show:
        on_trial = _trial_lines(settings["comparison"]["headline"], wanted, show, lang)
        made = _tuned(settings, wanted, on_trial, restart=restart, track=track and settings["tracking"]["mlflow"])
    if as_json:
        say_json(_as_dict(made))
    else:
        say(_search_lines(made, settings["tuning"]["origins"], lang))
    if made.search.interrupted:
        raise typer.Exit(INTERRUPTED)


def _search_lines(made: "Tuned", asked: int, lang: Lang) -> "list[str]":
    """What the trials rest on, the best of them, and where the settings are."""
    from riskml.models.tuning_words import basis_lines, closing_lines, trial_table
    from riskml.study_checks import TUNED

    counts, first = {"visits": made.visits, "fails": made.fails}, made.first_origin
    basis = basis_lines(made.metric, made.origins, asked=asked, **counts, first_origin=first, lang=lang.value)
    table = _aligned(trial_table(made.search, made.metric, list(TUNED), lang.value)) if made.toml else []
    closing = closing_lines(made.search, made.metric, fails=made.fails, lang=lang.value)
    return [*basis, *table, *closing, made.toml, f"{made.folder}"]


def _as_dict(made: "Tuned") -> dict[str, object]:
    """What `riskml tune --json` says."""
    names = ("metric", "origins", "visits", "fails", "first_origin", "folder")
    search = made.search
    best = None if search.best is None else search.best.number
    told = {"trials": search.trials, "earlier": search.earlier, "best": best, "interrupted": search.interrupted}
    return {**{name: getattr(made, name) for name in names}, **told, "toml": made.toml}


def _trial_lines(metric: str, wanted: int, show: "Callable[[str], None]", lang: Lang) -> "Callable[[Trial], None]":
    """A line for each trial: what it was worth, how many are left, and how long they take."""
    pace: list[Parts] = []

    def told(trial: "Trial") -> None:
        if not pace:  # earlier trials are not waited for; this one began when it took so many seconds less
            pace.append(Parts(wanted - trial.number))
            pace[0].began -= trial.seconds
        pace[0].note()
        left = left_words(pace[0].left(), lang.value)
        words = f"trial {trial.number}: {metric} {trial.value:.4f} ({trial.state}, {trial.seconds:.1f} s)"
        tell(f"{words}, {left}" if left else words)
        show(f"{trial.number + 1}/{wanted}  {left}")

    return told


def _tuned(
    settings: "Study", trials: int, tell_trial: "Callable[[Trial], None]", *, restart: bool, track: bool
) -> "Tuned":
    """Search, with a line for each stage and trial, and log it if asked."""
    from riskml.searching import tune as tune_study
    from riskml.study_checks import TUNED

    def report(stage: str, state: str) -> None:
        tell(f"{stage}: {state}")

    if not track:
        return tune_study(settings, trials=trials, restart=restart, report=report, on_trial=tell_trial)
    from riskml.registry.trials import open_trial_log

    metric = settings["comparison"]["headline"]
    with open_trial_log(settings.root, study=settings.name, metric=metric, searched=list(TUNED)) as log:

        def tell_and_log(trial: "Trial") -> None:
            tell_trial(trial)
            log.log(trial)

        made = tune_study(
            settings, trials=trials, restart=restart, report=report, on_start=log.start, on_trial=tell_and_log
        )
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
    as_json: AsJson = False,
) -> None:
    """Make a model the champion, if all gates of its study (section promotion) are open; or bring the one before back.

    Example: riskml promote studies/sample.toml --why "beats the grade since March" --who "Li Na"
    """
    from riskml import promoting
    from riskml.study import Study, project_root

    if back and (study is not None or dry):
        raise StudyError("--rollback takes neither a study nor --dry-run: it restores the champion before")
    settings = None if study is None else Study.load(study)
    root = project_root(Path.cwd() / "here") if settings is None else settings.root
    if back:
        made = promoting.rollback(root, why=why, who=who)
    else:
        made = promoting.promote(root, settings, why=why, who=who, dry=dry)
    if as_json:
        say_json({**plain(made), "open": all(gate.is_open for gate in made.gates)})
    else:
        say(_promotion_lines(made, lang, back=back))
    if not all(gate.is_open for gate in made.gates):
        raise typer.Exit(1)


def _promotion_lines(made: "Promotion", lang: Lang, *, back: bool) -> list[str]:
    """A line for each gate, and what came of it."""
    from riskml.registry import gate_words as words

    if back:
        return [words.rolled_back(made.version.number, made.before)[lang.value], str(made.folder)]
    shut = sum(not gate.is_open for gate in made.gates)
    rows = [[text[lang.value] for text in (words.STATUS[one.status], one.title, one.detail)] for one in made.gates]
    counts = {"shut": shut, "gates": len(made.gates)}
    end = words.outcome(number=made.version.number, before=made.before, **counts, dry=made.dry)
    return [*_aligned(rows), end[lang.value]]


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
        say([words.NO_VERSION[lang.value]])
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
    say(_aligned([list(words.HEADS[lang.value]), *rows]))
    if found.stray is not None:
        say([words.stray(str(root / "models" / CHAMPION), found.stray)[lang.value]])


def _aligned(rows: "Sequence[Sequence[str]]") -> list[str]:
    """Columns padded to their width on a terminal."""
    from riskml.grades.description_words import aligned

    return aligned(rows).splitlines()
