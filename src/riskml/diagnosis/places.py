"""Where a run reads and writes: disk space, rights, the sample, and the tracking database as a file."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from riskml.diagnosis.finding import Finding, Text, both, said
from riskml.errors import DataError

LEAST_FREE: Final = 2**30
"""Bytes below which a disk is called full: assumed; the sample's run leaves far less, a city's far more."""
GIBIBYTE: Final = 2**30
WRITTEN: Final = ("data/derived", "models", "mlruns")
"""Folders below the project's that a run writes into."""
SQLITE: Final = "sqlite:///"
TEMPORARY: Final = ("TMPDIR", "TEMP", "TMP")
"""Variables that name the temporary folder, as Python looks at them."""


def project_folder(here: Path) -> Path:
    """The nearest folder, from here upwards, that holds a pyproject.toml, else here; as `study.project_root` has it.

    Said again, because a study cannot be imported on a machine that lacks pandas, and the doctor must.
    """
    found = (folder for folder in (here, *here.parents) if (folder / "pyproject.toml").is_file())
    return next(found, here)


def places(root: Path) -> Iterator[Finding]:
    """Findings about the folders of a project; nothing is written.

    Args:
        root: the project's folder.
    """
    yield _disk(root)
    for name in WRITTEN:
        yield _writable(root, name)
    yield temporary()
    yield _sample(root)
    yield tracking(root)


def _disk(root: Path) -> Finding:
    free = shutil.disk_usage(root).free
    title = said("free disk", "可用磁盘空间")
    words = both(f"{free / GIBIBYTE:.1f} GiB: {root}")
    if free >= LEAST_FREE:
        return Finding("disk", title, "ok", words, needed=True)
    advice = said("make room: at least 1 GiB is wanted", "请清理磁盘：至少需要 1 GiB")
    return Finding("disk", title, "bad", words, advice, needed=True)


def _writable(root: Path, name: str) -> Finding:
    """Whether a folder can be written into, or made."""
    folder = root / name
    key, title = f"write.{name}", said(f"write to {name}/", f"写入 {name}/")
    there = folder
    while not (there.exists() or there.is_symlink()) and there != there.parent:
        there = there.parent
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        words = said("yes", "可以") if there == folder else said("yes, it will be made", "可以，将自动创建")
        return Finding(key, title, "ok", words, needed=True)
    if there.is_dir():
        advice = said(f"give yourself the right to write to {there}", f"请为自己授予 {there} 的写入权限")
        return Finding(
            key, title, "bad", said(f"no right to write: {there}", f"无写入权限：{there}"), advice, needed=True
        )
    words = said(f"{there} is no folder", f"{there} 不是目录")
    return Finding(key, title, "bad", words, said("move it away", "请移走"), needed=True)


def temporary(environment: Mapping[str, str] = os.environ) -> Finding:
    """Where parts of large records lie meanwhile (--memory), and where others do, if it is not the folder asked for."""
    title = said("temporary folder", "临时目录")
    asked = next((environment[name] for name in TEMPORARY if environment.get(name)), "")
    try:
        used = tempfile.gettempdir()
    except OSError as error:
        return Finding("temporary", title, "bad", both(str(error)), said("set TMPDIR", "请设置 TMPDIR"))
    free = both(f"{shutil.disk_usage(used).free / GIBIBYTE:.1f} GiB: {used}")
    if asked and Path(asked).absolute() != Path(used).absolute():
        words = said(f"{asked} cannot be used; {used} is", f"{asked} 无法使用；改用 {used}")
        return Finding(
            "temporary", title, "bad", words, said("make that folder, or unset TMPDIR", "请创建该目录，或取消 TMPDIR")
        )
    return Finding("temporary", title, "ok", free)


def _sample(root: Path) -> Finding:
    folder = root / "data" / "sample"
    title = said("sample records", "示例记录")
    if (folder / "records.json").is_file() or any(folder.glob("*.parquet")):
        return Finding("sample", title, "ok", both(str(folder)))
    return Finding(
        "sample",
        title,
        "missing",
        said(f"none in {folder}", f"{folder} 中没有"),
        said(
            "start riskml in its project folder, or make records: riskml simulate --out data/raw/world",
            "请在项目目录中运行，或生成记录：riskml simulate --out data/raw/world",
        ),
    )


def tracking(root: Path) -> Finding:
    """The tracking store: an SQLite file is opened to read; a server is not asked."""
    from riskml.registry.store import tracking_uri  # noqa: PLC0415 - only here

    title = said("tracking (MLflow)", "运行跟踪（MLflow）")
    try:
        uri = tracking_uri(root)
    except DataError as error:
        return Finding("tracking", title, "bad", both(str(error)), said("move the project", "请移动项目"), needed=True)
    if not uri.startswith(SQLITE):
        kind = uri.partition("://")[0] if "://" in uri else uri
        words = said(f"not asked, without a network: {kind}", f"未检查，不使用网络：{kind}")
        return Finding("tracking", title, "ok", words)
    return _database(Path(uri.removeprefix(SQLITE).split("?")[0]), title, made=root / "mlruns")


def _database(path: Path, title: Text, *, made: Path) -> Finding:
    """The SQLite file of tracking; the folder `made` is made by the first run, no other one is."""
    advice = said(
        "move it away, and a new one is made; or set MLFLOW_TRACKING_URI",
        "请移走该文件，将自动新建；或设置 MLFLOW_TRACKING_URI",
    )
    if not path.exists():
        if path.parent != made and not path.parent.is_dir():
            words = said(f"the folder of {path} is not there", f"{path} 所在目录不存在")
            mend = said("make the folder, or unset MLFLOW_TRACKING_URI", "请创建该目录，或取消 MLFLOW_TRACKING_URI")
            return Finding("tracking", title, "bad", words, mend, needed=True)
        return Finding("tracking", title, "ok", said(f"the first run makes {path}", f"首次运行时创建 {path}"))
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error as error:
        return Finding("tracking", title, "bad", both(f"{path}: {error}"), advice, needed=True)
    if not os.access(path, os.W_OK):
        words = said(f"no right to write: {path}", f"无写入权限：{path}")
        mend = said("give yourself the right to write to it", "请为自己授予写入权限")
        return Finding("tracking", title, "bad", words, mend, needed=True)
    return Finding("tracking", title, "ok", said(f"{path}, {tables} tables", f"{path}，{tables} 张表"), needed=True)
