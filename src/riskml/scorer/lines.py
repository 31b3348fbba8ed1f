"""One line of JSON in, one out: the records of a site or a row of features, and its score or what is wrong with it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from riskml.scorer.answer import Score
from riskml.scorer.errors import InputError
from riskml.scorer.explaining.peers import Comparison
from riskml.scorer.explaining.reasons import Reason
from riskml.scorer.messages import meant, shown
from riskml.scorer.scanning.inputs import row_of
from riskml.scorer.scorer import Scorer

RECORDS: Final = ("id", "site", "events", "amendments", "as_of")
FEATURES: Final = ("id", "features")
"""The keys of a line of records and of one of features."""

_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Asked:
    """What holds for every line.

    Attributes:
        as_of: decision day of a line that states none; None if each must.
        top: the most reasons each way, for lines of records.
        lang: "en" or "zh", of the texts.
    """

    as_of: str | None = None
    top: int = 0
    lang: str = "en"


def numbered(source: BinaryIO, limit: int) -> Iterator[tuple[int, bytes | None]]:
    """The lines of a stream with their numbers, from 1, blank ones skipped; None for one of more than `limit` bytes.

    No more than `limit` bytes are held at once, however long a line is.
    """
    number = 0
    while data := source.readline(limit + 1):
        number += 1
        if len(data) > limit and not data.endswith(b"\n"):
            while data and not data.endswith(b"\n"):
                data = source.readline(limit)
            yield number, None
        else:
            data = data.removeprefix(_BOM) if number == 1 else data
            if data.strip():
                yield number, data


def read_line(data: bytes) -> Mapping[str, Any]:
    """The object of a line.

    Raises:
        InputError: if it is not UTF-8 or not JSON, holds NaN, an infinity or a key twice, or is no object.
    """
    try:
        found = json.loads(data.decode(), parse_constant=_refuse_constant, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the line is not JSON in UTF-8: {error!s:.200}") from error
    if not isinstance(found, dict):
        raise InputError(f"a line must be an object like {{'site': ..., 'events': ...}}, got {shown(found)}")
    return found


def answer(scorer: Scorer, line: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    """The score of one line as plain data.

    Args:
        scorer: the artifact.
        line: with `site`, `events` and, where they are, `amendments`, `as_of`, `id`; or with `features` and `id`.
        asked: what holds for every line.

    Raises:
        InputError: if it has other keys, lacks one, or holds what cannot be scored.
    """
    allowed = FEATURES if "features" in line else RECORDS
    wrong = [key for key in line if key not in allowed]
    if wrong:
        raise InputError(f"key {shown(wrong[0])} is not known; allowed are {list(allowed)}{meant(wrong[0], allowed)}")
    if "features" in line:
        probability = scorer.score_row(row_of(scorer.header.features, line["features"]))
        level = scorer.level_of(probability)
        named = None if level is None else (level.zh if asked.lang == "zh" else level.en)
        return {"probability": probability, "level": level and level.code, "level_name": named}
    absent = [key for key in ("site", "events") if key not in line]
    as_of = line.get("as_of", asked.as_of)
    if absent or as_of is None:
        raise InputError(
            f"the line lacks {[*absent, *(['as_of'] if as_of is None else [])]}; an empty list of events is []"
        )
    return _told(scorer.score(line["site"], line["events"], as_of, line.get("amendments", ()), top=asked.top), asked)


def _told(score: Score, asked: Asked) -> dict[str, Any]:
    name = score.level_zh if asked.lang == "zh" else score.level_en
    told: dict[str, Any] = {"probability": score.probability, "level": score.level, "level_name": name}
    if asked.top:
        told["peers"] = _compared(score.peers, asked.lang)
        ways = {"up": score.reasons_up, "down": score.reasons_down}
        told["reasons"] = {way: [_reason(one, asked.lang) for one in some] for way, some in ways.items()}
    return told


def _reason(reason: Reason, lang: str) -> dict[str, Any]:
    return {
        "feature": reason.feature,
        "value": reason.value,
        "contribution": reason.contribution,
        "text": reason.text_zh if lang == "zh" else reason.text_en,
        "peers": _compared(reason.peers, lang),
        "event_ids": list(reason.event_ids),
    }


def _compared(peers: Comparison | None, lang: str) -> str | None:
    return None if peers is None else peers.text_zh if lang == "zh" else peers.text_en


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON; write null for what is missing")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice in one object")
    return found
