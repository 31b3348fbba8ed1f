"""The gallery page docs/howto_pictures.md, made from the docstrings: `python tests/pictures_page.py`."""

import inspect
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from riskml.reporting.pictures import lag, quality, scored, site, visits
from riskml.reporting.pictures import map as maps
from riskml.reporting.pictures.run_checks import CheckPictures
from riskml.reporting.pictures.run_grades import GradePictures
from riskml.reporting.pictures.run_policies import PolicyPictures
from riskml.reporting.pictures.run_reasons import ReasonPictures

PAGE: Final = Path(__file__).parents[1] / "docs" / "howto_pictures.md"
Entries = tuple[tuple[Callable[..., Any], str], ...]
HEAD: Final = """# Pictures and how to read them

Every picture of riskml in one line of Python. Each is an SVG with its title and with what it leaves out written below
it: a notebook shows it without a script and without a request, and a screen reader says its words. All of them speak
English and Chinese, and their colours are told apart by eyes that do not see red and green apart.

```python
from riskml import read_records, timeline
from riskml.export.scoring import score_records
from riskml.reporting.pictures import lag, map as maps, quality, scored, site, visits
from riskml.reporting.pictures.run import RunPictures

records = read_records("data/sample")
run = RunPictures.open("models/sample")
AS_OF = "2025-06-01"
scores = score_records("models/sample", records, AS_OF)
riskiest = scores["site_id"][0]
```

Put `lang="zh"` in any call for Chinese. `save` writes a file, `.svg` or `.png`; `drawing` is the chart of altair, with
its rows, to look into or to change.

```python
picture = visits.visits_over_time(records, lang="zh")
picture.save("visits.png")
picture.drawing.to_dict()["vconcat"][0]["height"]
```
"""
RECORDS: Final[Entries] = (
    (visits.visits_over_time, "visits.visits_over_time(records)"),
    (visits.visits_by_office, "visits.visits_by_office(records)"),
    (lag.lag_by_kind, "lag.lag_by_kind(records)"),
    (lag.lag_curves, "lag.lag_curves(records)"),
    (quality.missing_heat, "quality.missing_heat(records)"),
    (maps.sites_map, 'maps.sites_map(records.sites.merge(scores, on="site_id"), cells=True)'),
)
SITES: Final[Entries] = (
    (site.site_over_time, 'site.site_over_time(timeline(records, riskiest, artifact="models/sample"))'),
    (scored.why, 'scored.why("models/sample", records, riskiest, AS_OF)'),
    (scored.swarm, 'scored.swarm("models/sample", records, AS_OF)'),
)
RUNS: Final = (
    ("Which policy finds more, and sooner", PolicyPictures),
    ("How far it can be trusted", CheckPictures),
    ("The rule's grade beside the model", GradePictures),
    ("What the model uses", ReasonPictures),
)
BEFORE_RUNS: Final = """## A finished run

These are the pictures of the report, one by one. `run.names` lists those for which the run has the tables; a picture
that cannot be drawn says which table it lacks, or why that table holds nothing to show. No site is named in any of
them.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, "## Records\n", *map(_entry, RECORDS), "## One site, and all sites on a day\n", *map(_entry, SITES)]
    parts.append(BEFORE_RUNS)
    for title, pictures in RUNS:
        parts += [f"## {title}\n", *(_entry((one, f"run.{one.__name__}()")) for one in own(pictures))]
    return "\n".join(parts)


def own(pictures: type) -> list[Callable[..., Any]]:
    """The pictures that a class adds, in order."""
    return [one for name, one in vars(pictures).items() if name[0] != "_" and inspect.isfunction(one)]


def _entry(entry: tuple[Callable[..., Any], str]) -> str:
    """Name, call, and how to read it."""
    picture, call = entry
    what, how = told(picture)
    return f"### {picture.__name__}\n\n{_wrapped(what)}\n\n```python\n{call}\n```\n\n{_wrapped(how)}\n"


def _wrapped(words: str) -> str:
    return textwrap.fill(words, 118, break_on_hyphens=False, break_long_words=False)


def told(picture: Callable[..., Any]) -> tuple[str, str]:
    """What a picture shows and how to read it, each in one line, from its docstring."""
    words = inspect.getdoc(picture) or ""
    body = re.split(r"\n\n(?:Args|Raises|Attributes):", words)[0]
    what, _, rest = body.partition("\n\n")
    how = rest[rest.index("How to read it:") :]
    return " ".join(what.split()), " ".join(how.split()).replace("How to read it:", "**How to read it:**")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
