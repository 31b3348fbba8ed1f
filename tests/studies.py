"""Small studies for tests: the bundled sample with little work, in a project folder of its own."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "data" / "sample"

TEXT = """
name = "{name}"
seed = {seed}
{top}
[records]
{records}
[cohort]
horizon_days = 90
{cohort}
[splits]
last_origin = "2024-12-20"
origins = 2
step_days = 90
warmup_days = 60
{splits}
[model]
trees = 60
[comparison]
systems = ["nanchang"]
draws = 40
sensitivity_draws = 3
{comparison}
[report]
html = {report}
[tracking]
mlflow = false
{tail}
"""


def write_study(folder: Path, *, name: str = "small", records: str = "", seed: str = "7", **parts: str) -> Path:
    """Write a study file into a project folder; `parts` are lines put into sections, replacing keys of that name."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").touch()
    values = {"top": "", "cohort": "", "splits": "", "comparison": "", "tail": "", "report": "false", **parts}
    text = TEXT.format(name=name, seed=seed, records=records or f'folder = "{SAMPLE}"', **values)
    path = folder / f"{name}.toml"
    path.write_text(_last_wins(text), encoding="utf-8")
    return path


def _last_wins(text: str) -> str:
    """TOML refuses a repeated key: keep the last one of each section."""
    kept: list[str] = []
    places: dict[tuple[str, str], int] = {}
    section = ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line
        key = line.split("=")[0].strip()
        if "=" in line and (section, key) in places:
            kept[places[section, key]] = ""
        if "=" in line:
            places[section, key] = len(kept)
        kept.append(line)
    return "\n".join(kept)
