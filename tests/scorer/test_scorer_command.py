"""`python -m riskml.scorer`: a line in, a line out; bad lines are answered too, and there is never a traceback."""

import io
import json
import math
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from riskml.scorer import Scorer
from riskml.scorer.__main__ import main
from riskml.scorer.lines import numbered

SITE = {"area": -1.5, "kind_of_shop": "kind_of_shop 3", "change": 0.5, "street": "street 6", "score": None}
EVENTS = [{"event_id": "e1", "code": "VISIT", "occurred_on": "2024-11-01", "known_on": "2024-11-02"}]
RECORDS: dict[str, Any] = {"site": SITE, "events": EVENTS, "as_of": "2025-06-01"}
NAMED = {
    "area": -1.5,
    "visits": 1,
    "kind_of_shop": "kind_of_shop 3",
    "change": 0.5,
    "street": "street 6",
    "score": None,
}
IN_ORDER = [-1.5, 1, 3, 0.5, "street 6", None]
SOURCE = str(Path(__file__).parents[2] / "src")


class Ends:
    """Standard input or output over bytes."""

    def __init__(self, data: bytes = b"") -> None:
        self.buffer = io.BytesIO(data)


@pytest.fixture
def run(plain: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command on lines (objects, or bytes as they are) and returns its exit code and the decoded answers."""

    def run(*lines: Any, options: tuple[str, ...] = ("--on-expired", "ignore")) -> tuple[int, list[dict[str, Any]]]:
        data = b"".join(one if isinstance(one, bytes) else json.dumps(one).encode() + b"\n" for one in lines)
        source, sink = Ends(data), Ends()
        monkeypatch.setattr(sys, "stdin", source)
        monkeypatch.setattr(sys, "stdout", sink)
        code = main([str(plain.folder), *options])
        return code, [json.loads(line) for line in sink.buffer.getvalue().splitlines()]

    return run


def process(
    folder: Path, data: bytes, *options: str, code: str = "", python: tuple[str, ...] = ()
) -> "subprocess.CompletedProcess[bytes]":
    """The command in a process of its own, which sees the source alone."""
    start = ["-c", code] if code else ["-m", "riskml.scorer"]
    command = [sys.executable, *python, *start, str(folder), *options]
    return subprocess.run(
        command, input=data, capture_output=True, check=False, env={**os.environ, "PYTHONPATH": SOURCE}
    )


def test_lines_of_records_and_of_features_are_answered_in_order_with_the_scores_of_the_scorer(
    run: Any, plain: Any
) -> None:
    scorer = Scorer.load(plain.folder, on_expired="ignore")
    code, found = run(
        {**RECORDS, "id": "甲"}, {"features": NAMED, "id": [1]}, {"features": IN_ORDER, "id": None}, RECORDS
    )
    score = scorer.score(SITE, EVENTS, "2025-06-01", top=0)
    assert code == 0
    assert [one["line"] for one in found] == [1, 2, 3, 4]
    assert [one.get("id", "none") for one in found] == ["甲", [1], None, "none"]
    assert {one["probability"] for one in found} == {score.probability}
    assert {(one["level"], one["level_name"], one["artifact"]) for one in found} == {
        (score.level, score.level_en, scorer.digest)
    }
    assert all("reasons" not in one for one in found)


def test_reasons_come_in_the_language_asked_for(run: Any, plain: Any) -> None:
    score = Scorer.load(plain.folder, on_expired="ignore").score(SITE, EVENTS, "2025-06-01", top=2)
    for lang in ("en", "zh"):
        code, (found,) = run(RECORDS, options=("--on-expired", "ignore", "--top", "2", "--lang", lang))
        assert code == 0
        assert found["level_name"] == getattr(score, f"level_{lang}")
        for way, wanted in (("up", score.reasons_up), ("down", score.reasons_down)):
            told = [(one["text"], one["contribution"], one["event_ids"]) for one in found["reasons"][way]]
            assert told == [(getattr(r, f"text_{lang}"), r.contribution, list(r.event_ids)) for r in wanted]


BAD: list[tuple[Any, str]] = [
    (b"nonsense\n", "is not JSON in UTF-8: Expecting value"),
    (b'{"id": 1\n', "is not JSON in UTF-8"),
    (b"\xff\xfe{}\n", "is not JSON in UTF-8"),
    (b"[1]\n", "must be an object"),
    (b'{"features": [NaN, 1, 3, 0.5, 6, 0]}\n', "NaN is no JSON; write null"),
    (b'{"features": [-Infinity, 1, 3, 0.5, 6, 0]}\n', "-Infinity is no JSON; write null"),
    (b'{"features": [1e999, 1, 3, 0.5, 6, 0]}\n', "'area' must lie between -inf and inf and be finite, got inf"),
    (b'{"features": [1' + b"0" * 5000 + b", 1, 3, 0.5, 6, 0]}\n", "is not JSON in UTF-8"),
    (b'{"id": 1, "site": {}, "site": {}}\n', "the key 'site' stands twice in one object"),
    (b"[" * 100_000 + b"\n", "is not JSON in UTF-8"),
    ({}, "lacks ['site', 'events', 'as_of']"),
    ({"site": SITE, "events": EVENTS}, "lacks ['as_of']"),
    ({"site": SITE, "event": EVENTS}, "key 'event' is not known; .*did you mean 'events'"),
    ({"features": NAMED, "as_of": "2025-06-01"}, "key 'as_of' is not known; allowed are ['id', 'features']"),
    ({"features": {"aera": 1}}, "lacks the feature columns"),
    ({"features": 5}, "features must be an object by name or a list of 6 values"),
    ({**RECORDS, "as_of": "1 June"}, "as_of must be a day like 2025-06-01, got '1 June'"),
    ({**RECORDS, "as_of": 20250601}, "as_of must be a day like"),
    ({**RECORDS, "site": None}, "site must be a dict"),
    ({**RECORDS, "events": {}}, "events must be a list of rows"),
    ({**RECORDS, "events": [{"event_id": "e9"}]}, "event row 1 (event_id 'e9'): code must be"),
    ({**RECORDS, "amendments": [{"event_id": "x"}]}, "amendment row 1 (event_id 'x')"),
]


def test_every_bad_line_is_answered_and_does_not_stop_the_others(run: Any) -> None:
    lines = [line for bad, _ in BAD for line in (bad, RECORDS)]
    code, found = run(*lines)
    assert code == 1
    assert [one["line"] for one in found] == list(range(1, len(lines) + 1))
    for (_, message), wrong, right in zip(BAD, found[::2], found[1::2], strict=True):
        assert all(part in wrong["error"] for part in message.split(".*")), wrong
        assert "probability" not in wrong
        assert right["probability"] == found[1]["probability"]


def test_strict_stops_after_the_first_bad_line(run: Any) -> None:
    code, found = run(RECORDS, {"id": 7}, RECORDS, options=("--on-expired", "ignore", "--strict"))
    assert code == 1
    assert [(one["line"], "error" in one) for one in found] == [(1, False), (2, True)]
    assert found[1]["id"] == 7


def test_a_line_without_a_day_takes_the_day_of_the_command_and_its_own_comes_first(run: Any) -> None:
    visits = [{**EVENTS[0], "event_id": str(number), "known_on": f"2024-11-1{number}"} for number in range(9)]
    plain = {"site": {**SITE, "score": 0.5}, "events": visits}
    code, found = run(
        plain, {**plain, "as_of": "2024-12-01"}, options=("--on-expired", "ignore", "--as-of", "2024-11-01")
    )
    _, wanted = run({**plain, "as_of": "2024-11-01"}, {**plain, "as_of": "2024-12-01"})
    assert code == 0
    assert [one["probability"] for one in found] == [one["probability"] for one in wanted]
    assert wanted[0]["probability"] != wanted[1]["probability"]


def test_empty_input_blank_lines_a_byte_order_mark_and_a_last_line_without_end(run: Any) -> None:
    assert run() == (0, [])
    line = json.dumps(RECORDS, ensure_ascii=False).encode()
    code, found = run(b"\xef\xbb\xbf" + line + b"\r\n\r\n  \n" + line)
    assert code == 0
    assert [one["line"] for one in found] == [1, 4]


def test_a_lone_surrogate_in_an_id_comes_back_as_it_came(run: Any) -> None:
    code, (found,) = run(b'{"id": "\\ud800", "features": ' + json.dumps(IN_ORDER).encode() + b"}\n")
    assert (code, found["id"]) == (0, "\ud800")


def test_a_long_line_is_refused_without_being_held_whole(run: Any) -> None:
    class Counted(io.BytesIO):
        asked = 0

        def readline(self, size: int | None = -1) -> bytes:
            Counted.asked = max(Counted.asked, size or 0)
            return super().readline(size)

    lines = [b"x" * 9 + b"\n", b"y" * 10 + b"\n", b"z" * 11 + b"\n", b"w" * 45 + b"\n", b"v\n", b"u" * 99]
    found = list(numbered(Counted(b"".join(lines)), 10))
    assert found == [(1, lines[0]), (2, lines[1]), (3, None), (4, None), (5, b"v\n"), (6, None)]
    assert Counted.asked == 11
    huge = {**RECORDS, "site": {**SITE, "remark": "x" * 2**20}}
    code, (wrong, right) = run(huge, RECORDS, options=("--on-expired", "ignore", "--max-mib", "1"))
    assert (code, "probability" in right) == (1, True)
    assert "longer than 1 MiB; raise --max-mib" in wrong["error"]
    assert run(huge)[0] == 0


def test_a_fault_of_the_program_is_told_in_its_line(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scorer, "score_row", lambda *_: 1 // 0)
    code, (wrong, right) = run({"features": IN_ORDER}, RECORDS)
    assert (code, "probability" in right) == (1, True)
    assert "a fault of riskml, please report it with this line: ZeroDivisionError" in wrong["error"]


def test_a_warning_is_told_once_in_one_line(run: Any, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    def warned(_: Scorer, row: Any) -> float:
        warnings.warn(f"the context is old on day {row[1]:.0f}", UserWarning, stacklevel=2)
        return 0.5

    monkeypatch.setattr(Scorer, "score_row", warned)
    lines = [{"features": [-1.5, day, 3, 0.5, "street 6", None]} for day in (1, 1, 2, 1)]
    assert run(*lines)[0] == 0
    told = capfd.readouterr().err.splitlines()
    assert told == ["Warning: the context is old on day 1", "Warning: the context is old on day 2"]


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("a", "b"),
        ("a", "--top", "-1"),
        ("a", "--lang", "fr"),
        ("a", "--as-of", "20250601"),
        ("a", "--max-mib", "0"),
    ],
)
def test_wrong_usage_ends_with_code_2(options: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    assert "usage: python -m riskml.scorer ARTIFACT" in capsys.readouterr().err


def test_help_tells_the_form_of_the_lines_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert all(part in told for part in ('"site"', '"features"', "null is missing", "Exit code: 0", "--strict"))


def test_a_bad_artifact_key_or_context_ends_with_code_1_and_one_line(
    plain: Any, tmp_path: Path, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "context.json").write_text("{}")
    (tmp_path / "nonsense").write_text("?")
    for arguments in (
        [str(tmp_path / "nothing")],
        [str(plain.folder), "--context", str(tmp_path / "context.json")],
        [str(plain.folder), "--context", str(tmp_path / "nonsense")],
        [str(plain.folder), "--context", str(tmp_path / "absent.json")],
        [str(plain.folder), "--on-expired", "refuse"],
    ):
        monkeypatch.setattr(sys, "stdin", Ends(b""))  # of which no line could be refused instead
        assert main(["--on-expired", "ignore", *arguments]) == 1
        told = capfd.readouterr()
        assert len(told.err.splitlines()) == 1
        assert told.out == ""


def test_the_command_as_a_process_warns_once_and_leaves_no_traceback_when_its_reader_goes(
    plain: Any, tmp_path: Path
) -> None:
    line = json.dumps({**RECORDS, "id": "店"}, ensure_ascii=False).encode() + b"\n"
    done = process(plain.folder, line * 3)
    assert done.returncode == 0
    assert [json.loads(one)["id"] for one in done.stdout.splitlines()] == ["店"] * 3
    assert done.stderr.decode().count("Warning: artifact 'test model' expired on 2026-01-01") == 1
    (tmp_path / "rows.jsonl").write_bytes(line * 2000)
    command = [sys.executable, "-m", "riskml.scorer", str(plain.folder), "--on-expired", "ignore"]
    environment = {**os.environ, "PYTHONPATH": SOURCE}
    with (
        (tmp_path / "rows.jsonl").open("rb") as rows,
        (tmp_path / "errors").open("w+b") as errors,
        subprocess.Popen(command, stdin=rows, stdout=subprocess.PIPE, stderr=errors, env=environment) as going,
    ):
        assert going.stdout is not None
        assert json.loads(going.stdout.readline())["line"] == 1
        going.stdout.close()
        assert going.wait(timeout=20) == 1
    assert (tmp_path / "errors").read_bytes() == b""


def test_the_command_needs_the_standard_library_alone(plain: Any) -> None:
    code = (
        "import sys; sys.modules['numpy'] = None; sys.argv[0] = 'x'\n"
        "import runpy; runpy.run_module('riskml.scorer', run_name='__main__')"
    )
    lines = json.dumps(RECORDS).encode() + b"\n" + json.dumps({"features": NAMED}).encode() + b"\n"
    done = process(plain.folder, lines, "--on-expired", "ignore", "--top", "3", code=code, python=("-S",))
    assert (done.returncode, done.stderr) == (0, b"")
    records, features = (json.loads(line) for line in done.stdout.splitlines())
    assert records["probability"] == features["probability"]
    assert math.isfinite(records["probability"])
    assert records["reasons"]["up"]
