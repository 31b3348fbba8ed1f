"""`python -m riskml.scorer ARTIFACT < rows.jsonl > scores.jsonl`: line by line, with the standard library alone."""

import argparse
import json
import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from riskml.scorer.errors import ArtifactError, InputError, RiskmlError
from riskml.scorer.freshness import CHOICES
from riskml.scorer.lines import Asked, answer, numbered, read_line
from riskml.scorer.scanning.days import day_number
from riskml.scorer.scorer import Scorer

DONE, BAD, INTERRUPTED = 0, 1, 130
MEBIBYTE: Final = 2**20
HELP: Final = """\
Each line of the input is one JSON object: records
  {"site": {...}, "events": [{...}], "amendments": [{...}], "as_of": "2025-06-01", "id": 1}
(amendments, id, and with --as-of also as_of may be left out), or features in the artifact's own names
  {"features": {"area_m2": 80, "format_code": "R2", ...}, "id": 1}
or in the artifact's own order, as a list. null is missing; NaN and infinities are refused.

Each line of the output answers one line of the input, in order: line (its number), id, probability, level and
level_name (null if the artifact has no levels), reasons with --top, artifact (its digest); or line, id and error.
Blank lines are skipped. Warnings go to the error output, each once.

Exit code: 0 done; 1 a line was bad, the artifact is bad, or nobody read the output to its end; 2 wrong usage;
130 interrupted.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Score standard input to standard output; returns the exit code.

    Args:
        argv: the arguments; those of the process if None.
    """
    given = _parser().parse_args(argv)
    if sys.stdin is None or sys.stdout is None:
        sys.stderr.write("There is no standard input or output; redirect a file of lines into it.\n")
        return 2
    with _warnings_once():
        try:
            return _run(given, sys.stdin.buffer, sys.stdout.buffer)
        except BrokenPipeError:  # whoever read the output has gone; nothing more can be said there
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return BAD
        except KeyboardInterrupt:
            return INTERRUPTED
        except (RiskmlError, OSError) as error:
            sys.stderr.write(f"{error}\n")
            return BAD


def _run(given: argparse.Namespace, source: BinaryIO, sink: BinaryIO) -> int:
    key = given.public_key
    scorer = Scorer.load(given.artifact, public_key=key, on_expired=given.on_expired, on_stale=given.on_stale)
    if given.context:
        scorer = scorer.with_context(_context(given.context))
    asked, code = Asked(as_of=given.as_of, top=given.top, lang=given.lang), DONE
    for number, data in numbered(source, given.max_mib * MEBIBYTE):
        told = _told(scorer, data, asked, given.max_mib)
        text = json.dumps({"line": number, **told}, ensure_ascii=False, allow_nan=False)
        sink.write(text.encode(errors="backslashreplace") + b"\n")
        sink.flush()
        if "error" in told:
            code = BAD
            if given.strict:
                break
    return code


def _told(scorer: Scorer, data: bytes | None, asked: Asked, max_mib: int) -> dict[str, Any]:
    """What one line of the output says, its number left out."""
    name: dict[str, Any] = {}
    try:
        if data is None:
            raise InputError(f"the line is longer than {max_mib} MiB; raise --max-mib, or hand over one site a line")
        line = read_line(data)
        name = {"id": line["id"]} if "id" in line else {}
        return {**name, **answer(scorer, line, asked), "artifact": scorer.digest}
    except InputError as error:
        return {**name, "error": str(error)}
    except Exception as error:  # a fault of this program must not take the other lines with it
        return {**name, "error": f"a fault of riskml, please report it with this line: {error!r:.300}"}


def _context(path: str) -> Mapping[str, Any]:
    try:
        table = json.loads(Path(path).read_bytes())
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{path} is not a context: {error!s:.200}; riskml context makes one") from error
    if not isinstance(table, dict):
        raise ArtifactError(f"{path} is not a context; riskml context makes one")
    return table


@contextmanager
def _warnings_once() -> Iterator[None]:
    """Each warning of the scorer as one line on the error output, and only the first time."""
    told: set[str] = set()

    def show(message: Warning | str, *_: object, **__: object) -> None:
        if str(message) not in told:
            told.add(str(message))
            sys.stderr.write(f"Warning: {message}\n")

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        yield


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m riskml.scorer",
        usage="%(prog)s ARTIFACT [options] < rows.jsonl > scores.jsonl",
        description="Scores sites line by line with an exported artifact. Needs the Python standard library only.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("artifact", metavar="ARTIFACT", help="folder or file of an exported artifact")
    add("--as-of", type=_day, metavar="DAY", help="decision day of the lines that state none, such as 2025-06-01")
    add(
        "--top", type=_count, default=0, metavar="N", help="the most reasons each way, for lines of records (default 0)"
    )
    add("--lang", choices=("en", "zh"), default="en", help="language of reasons and names of levels (default en)")
    add("--context", metavar="FILE", help="fresh totals of other sites, as `riskml context` writes them")
    add("--public-key", metavar="FILE", help="PEM of an Ed25519 key: refuse an artifact that it has not signed")
    add("--on-expired", choices=CHOICES, default="warn", help="what to do with an expired artifact (default warn)")
    add("--on-stale", choices=CHOICES, default="warn", help="what to do with too old a context (default warn)")
    add("--strict", action="store_true", help="stop after the first bad line")
    add("--max-mib", type=_size, default=16, metavar="N", help="the longest line in MiB, 1 to 1024 (default 16)")
    return parser


def _day(text: str) -> str:
    try:
        day_number(text, "it")
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _count(text: str) -> int:
    return _whole(text, 0, 10_000)


def _size(text: str) -> int:
    return _whole(text, 1, 1024)


def _whole(text: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and low <= int(text) <= high):
        raise argparse.ArgumentTypeError(f"must be a whole number from {low} to {high}, got {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
