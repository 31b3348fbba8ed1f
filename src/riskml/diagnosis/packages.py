"""Python, riskml and every package it asks for: the version that is here against the one that is asked."""

import importlib
import platform
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from itertools import zip_longest
from pathlib import Path
from typing import Final

from riskml.diagnosis.finding import Finding, both, said

PROJECT: Final = Path(__file__).parents[3] / "pyproject.toml"
"""Where the settings of a checkout lie."""
RUN: Final = ("", "data", "train", "track", "report", "cli")
"""Extras that `riskml run` is installed with (requirements/run.txt); "" is riskml itself."""
MORE: Final = ("explain", "notebooks", "onnx", "spark", "sign", "postgres")
"""Extras for what not everybody does."""
PURPOSE: Final = {
    "": said("scorer", "评分器"),
    "data": said("records and tables", "记录与表格"),
    "train": said("models", "模型"),
    "track": said("tracking of runs", "运行跟踪"),
    "report": said("report and charts", "报告与图表"),
    "cli": said("the command", "命令行"),
    "explain": said("more plots of contributions", "更多贡献图"),
    "notebooks": said("notebooks", "笔记本"),
    "onnx": said("export to ONNX", "导出 ONNX"),
    "spark": said("more than one machine", "多机运行"),
    "sign": said("signed artifacts", "模型签名"),
    "postgres": said("records from PostgreSQL", "读取 PostgreSQL"),
}
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*([^;]*?)\s*(?:;\s*(.*))?$")
_EXTRA: Final = re.compile(r"extra\s*==\s*[\"']([^\"']+)[\"']")
_TESTS: Final[Mapping[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]]] = {
    ">=": lambda here, asked: here >= asked,
    "<": lambda here, asked: here < asked,
    "!=": lambda here, asked: here != asked,
    "==": lambda here, asked: here == asked,
}


@dataclass(frozen=True)
class Asked:
    """A package that riskml asks for: its name, the versions allowed (such as ">=3.16,!=3.18.0"), for which extra."""

    name: str
    versions: str
    extra: str


def asked_of(lines: Iterable[str]) -> list[Asked]:
    """The packages of a distribution's requirements; extras that only name other extras of riskml are left out.

    >>> asked_of(['numpy>=2.1', 'pandera[pandas]>=0.32 ; extra == "data"', 'riskml[data] ; extra == "train"'])
    [Asked(name='numpy', versions='>=2.1', extra=''), Asked(name='pandera', versions='>=0.32', extra='data')]
    """
    found = []
    for line in lines:
        matched = _REQUIREMENT.match(line.strip())
        if matched and matched[1] != "riskml":
            extra = _EXTRA.search(matched[3] or "")
            found.append(Asked(matched[1], matched[2], extra[1] if extra else ""))
    return found


def asked_here(place: Path = PROJECT) -> list[Asked]:
    """The packages that riskml asks for: by the pyproject.toml it lies in, else by what was installed of it.

    A checkout goes first, since what was installed of it may be of an earlier day.

    Args:
        place: the pyproject.toml of a checkout; it need not be there.
    """
    if place.is_file():
        project = tomllib.loads(place.read_text(encoding="utf-8")).get("project", {})
        if project.get("name") == "riskml":
            more = project["optional-dependencies"].items()
            lines = [*project["dependencies"], *(f'{one} ; extra == "{extra}"' for extra, all_ in more for one in all_)]
            return asked_of(lines)
    return asked_of(metadata.requires("riskml") or ())


def meets(version: str, versions: str) -> bool:
    """Whether a version is one of those allowed; a pre-release counts as the release it leads to.

    >>> meets("3.16.1", ">=3.16,!=3.18.0"), meets("3.18", ">=3.16,!=3.18.0"), meets("3.9", ">=3.16")
    (True, False, False)
    """
    clauses = re.findall(r"(>=|<|!=|==)\s*([0-9.]+)", versions)
    return all(_TESTS[sign](*_padded(version, asked)) for sign, asked in clauses)


def _padded(*versions: str) -> list[tuple[int, ...]]:
    """The numbers at the beginning of versions, equally many each."""
    numbers = [[int(part) for part in re.findall(r"\d+", re.match(r"[\d.]*", text)[0])] for text in versions]  # type: ignore[index]
    return list(zip(*zip_longest(*numbers, fillvalue=0), strict=True))


def installed(name: str) -> str | None:
    """The version of a package that is here; None if it is not."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def python() -> Finding:
    """The version of Python."""
    asked = metadata.metadata("riskml")["Requires-Python"]
    here = platform.python_version()
    fine = meets(here, asked)
    advice = said(f"install Python {asked}", f"请安装 Python {asked}")
    return Finding(
        "python", both("Python"), "ok" if fine else "bad", both(here), advice if not fine else both(""), needed=True
    )


def packages(
    asked: Sequence[Asked] | None = None, version: Callable[[str], str | None] = installed
) -> tuple[Finding, ...]:
    """A finding for each extra: the versions of its packages, and one line that installs what it lacks.

    Args:
        asked: what riskml asks for; see `asked_here` if None.
        version: name of a package -> its version here, None if it is not here.
    """
    asked = asked_here() if asked is None else asked
    return tuple(_extra(extra, [one for one in asked if one.extra == extra], version) for extra in (*RUN, *MORE))


def _extra(extra: str, asked: Iterable[Asked], version: Callable[[str], str | None]) -> Finding:
    here = {one: version(one.name) for one in asked}
    absent = [one for one, found in here.items() if found is None]
    wrong = [one for one, found in here.items() if found is not None and not meets(found, one.versions)]
    words = [f"{one.name} {found}" for one, found in here.items() if found is not None and one not in wrong]
    words += [f"{one.name} {here[one]} ({one.versions})" for one in wrong]
    lacking = [f"{one.name} ({one.versions})" for one in absent]
    line = f'pip install "riskml[{extra}]"' if extra else "pip install riskml"
    found = said(
        "; ".join([", ".join(words)] * bool(words) + [f"not here: {', '.join(lacking)}"] * bool(lacking)),
        "；".join(["，".join(words)] * bool(words) + [f"未安装：{'，'.join(lacking)}"] * bool(lacking)),
    )
    return Finding(
        f"packages.{extra or 'base'}",
        said(f"{PURPOSE[extra]['en']} [{extra}]", f"{PURPOSE[extra]['zh']} [{extra}]") if extra else PURPOSE[extra],
        "bad" if wrong else "missing" if absent else "ok",
        found,
        both(line) if absent or wrong else both(""),
        needed=extra in RUN,
    )


def loading(module: str = "riskml.models.boosting") -> Finding:
    """Whether LightGBM can be loaded: a slim machine has its package, but not the system's OpenMP library."""
    title = said("LightGBM loads", "LightGBM 可加载")
    try:
        importlib.import_module(module)
    except (ImportError, OSError) as error:
        advice = said(
            "install the OpenMP library of the system, such as: apt-get install libgomp1",
            "请安装系统的 OpenMP 库，例如：apt-get install libgomp1",
        )
        return Finding("lightgbm", title, "bad", both(f"{error!s:.200}"), advice, needed=True)
    return Finding("lightgbm", title, "ok", said("yes", "是"), needed=True)
