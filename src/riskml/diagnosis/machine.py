"""The machine: Java for Spark, a browser, cores and threads, the encoding of texts, time zones."""

import locale
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from riskml.diagnosis.finding import Finding, both, said

JAVA_LEAST: Final = 17
"""Spark 4 runs on Java 17 and 21 (its documentation, "Overview")."""
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "firefox")
THREADS: Final = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
ZONE: Final = "Asia/Shanghai"
SECONDS: Final = 20
"""The longest that another program is waited for."""


def output_of(words: list[str]) -> str:
    """What a program prints on either output; nothing if it is not there, fails, or takes too long."""
    program = shutil.which(words[0])
    if program is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, found on the user's own path
            [program, *words[1:]],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr if done.returncode == 0 else ""


def java(output: Callable[[list[str]], str] = output_of, environment: Mapping[str, str] = os.environ) -> Finding:
    """The version of Java, for Spark."""
    title = said("Java (for Spark)", "Java（供 Spark 使用）")
    home = environment.get("JAVA_HOME", "")
    told = output([os.path.join(home, "bin", "java") if home else "java", "-version"])  # noqa: PTH118 - may be bare
    advice = said(
        f"only for Spark: install Java {JAVA_LEAST} or later, such as: apt-get install default-jre-headless",
        f"仅 Spark 需要：请安装 Java {JAVA_LEAST} 或以上版本，例如：apt-get install default-jre-headless",
    )
    version = java_version(told)
    if version is None and home:
        words = said(f"JAVA_HOME={home}: no Java that starts", f"JAVA_HOME={home}：其中没有可运行的 Java")
        mend = said(f"set JAVA_HOME to a Java {JAVA_LEAST} or later, or unset it", "请更正或取消 JAVA_HOME")
        return Finding("java", title, "bad", words, mend)
    if version is None:
        return Finding("java", title, "missing", said("not found", "未找到"), advice)
    return Finding(
        "java", title, *(("ok", both(str(version))) if version >= JAVA_LEAST else ("bad", both(str(version)), advice))
    )


def java_version(told: str) -> int | None:
    """The major version in what `java -version` prints; the old form 1.8 is 8.

    >>> java_version('openjdk version "17.0.12" 2024-07-16'), java_version('java version "1.8.0_392"'), java_version("")
    (17, 8, None)
    """
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found[1]) if found else None


def browser() -> Finding:
    """A browser that can be started from here, to look at report.html."""
    title = said("browser", "浏览器")
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found:
        return Finding("browser", title, "ok", both(found))
    return Finding(
        "browser",
        title,
        "missing",
        said("none on the path", "路径中没有"),
        said("report.html needs no network: open it in any browser", "report.html 无需联网，可在任意浏览器中打开"),
    )


def threads(environment: Mapping[str, str] = os.environ) -> Finding:
    """Cores that this process may use, and what the environment says of threads."""
    title = said("cores and threads", "处理器与线程")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    given = {name: environment[name] for name in THREADS if name in environment}
    words = ", ".join([str(cores), *(f"{name}={value}" for name, value in given.items())])
    wrong = [name for name, value in given.items() if not (value.isascii() and value.isdigit() and int(value) > 0)]
    if wrong:
        advice = said(
            f"set {wrong[0]} to a whole number from 1, or unset it", f"请将 {wrong[0]} 设为不小于 1 的整数，或取消设置"
        )
        return Finding("threads", title, "bad", both(words), advice)
    return Finding("threads", title, "ok", both(words))


def encoding(preferred: str | None = None, stream: str | None = None) -> Finding:
    """Whether files and the console speak UTF-8, without which Chinese texts cannot be printed."""
    title = said("encoding of texts", "文本编码")
    files = preferred or locale.getpreferredencoding(False)
    console = stream or (getattr(sys.stdout, "encoding", None) or files)
    words = both(files if files.lower() == console.lower() else f"{files}, {console}")
    if all(name.lower().replace("-", "").replace("_", "") == "utf8" for name in (files, console)):
        return Finding("encoding", title, "ok", words)
    advice = said(
        "set PYTHONUTF8=1 (and a UTF-8 locale, such as LANG=C.UTF-8)",
        "请设置 PYTHONUTF8=1（并使用 UTF-8 区域，如 LANG=C.UTF-8）",
    )
    return Finding("encoding", title, "bad", words, advice)


def time_zone(zone: str = ZONE) -> Finding:
    """The machine's time zone, and whether those of the sources can be looked up."""
    title = said("time zones", "时区")
    here = time.strftime("%Z %z")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        found = said(f"{here}; {zone} is not known", f"{here}；无法识别 {zone}")
        return Finding("time_zones", title, "missing", found, both("pip install tzdata"))
    return Finding("time_zones", title, "ok", both(here))
