"""The written events as versions in numbers, kept up month by month: what the grade in force is computed from.

They say what `records.log.event_versions` says of the finished tables (a test holds them equal), without texts and
without beginning anew every month.
"""

from typing import Any

import numpy as np
import pandas as pd

from riskml.records.days import NEVER, Days
from riskml.simulation.ledger import NONE, Rows
from riskml.simulation.settings import Flags, Ints, Texts


class Versions:
    """Versions of the events so far: columns of the event log that a grade reads, with numbers for identifiers."""

    def __init__(self) -> None:
        self._frames: list[pd.DataFrame] = []
        self._codes: dict[str, int] = {}

    def add(self, events: Rows, amendments: Rows) -> None:
        """Take new events, in the order of their numbers, and the amendments of these same events."""
        if len(events["event"]):
            self._frames.append(self._versions(events, amendments))

    def log(self) -> pd.DataFrame:
        """All versions, those that are gone among them: a grade asks when a corrected event was first known."""
        frame = pd.concat(self._frames, ignore_index=True)
        self._frames = [frame]
        return frame.assign(code=pd.Categorical.from_codes(frame["code"], categories=pd.Index(list(self._codes))))

    def _versions(self, events: Rows, amendments: Rows) -> pd.DataFrame:
        place = amendments["event"] - events["event"][0]
        on = np.maximum(amendments["effective_on"], amendments["known_on"])
        kind, n = amendments["kind"], len(events["event"])
        frame = pd.DataFrame(
            {
                "event_id": events["event"],
                "site_id": events["site"],
                "code": self._numbers(events["code"]),
                "occurred_on": events["occurred_on"],
                "known_on": events["known_on"],
                "gone_on": _first(n, place, on, np.isin(kind, ["end", "revoke"])),
                "repaired_on": _first(n, place, on, kind == "repair"),
                "case_id": np.where(events["case"] == NONE, np.nan, events["case"]),
                "quantity": events["quantity"],
                "amount": events["amount"],
            }
        )
        wrong = kind == "correct"
        return self._corrected(frame, place[wrong], on[wrong], amendments["column"][wrong], amendments["value"][wrong])

    def _corrected(self, frame: pd.DataFrame, place: Ints, on: Days, column: Any, value: Any) -> pd.DataFrame:
        """Versions cut in two where they were corrected; the simulated bureau corrects an event at most once."""
        after = frame.iloc[place].copy()
        since = np.maximum(on, after["known_on"].to_numpy())
        after["known_on"] = since
        recoded, revalued = column == "code", column == "amount"
        after.loc[recoded, "code"] = self._numbers(value[recoded].astype(np.str_))
        after.loc[revalued, "amount"] = value[revalued].astype(np.float64)
        gone = frame["gone_on"].to_numpy(copy=True)
        gone[place] = np.minimum(gone[place], since)
        return pd.concat([frame.assign(gone_on=gone), after], ignore_index=True)

    def _numbers(self, codes: Texts) -> Ints:
        """The number of each code; one that was never seen gets the next."""
        distinct, place = np.unique(codes, return_inverse=True)
        numbers = [self._codes.setdefault(code, len(self._codes)) for code in distinct.tolist()]
        return np.array(numbers, dtype=np.int64)[place]


def _first(n: int, place: Ints, on: Days, rows: Flags) -> Days:
    """The first of the days `on` at each of n places, NEVER where there is none."""
    first = np.full(n, NEVER, dtype=np.int32)
    np.minimum.at(first, place[rows], on[rows])
    return first
