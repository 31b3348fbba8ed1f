"""The pictures of a finished run one by one, for notebooks: the same charts as in its report, the same words."""

import json
from pathlib import Path
from typing import Final

import pandas as pd

from riskml.errors import DataError
from riskml.reporting._page import Run
from riskml.reporting.pictures.run_checks import CheckPictures
from riskml.reporting.pictures.run_grades import GradePictures
from riskml.reporting.pictures.run_policies import PolicyPictures
from riskml.reporting.pictures.run_reasons import ReasonPictures
from riskml.reporting.pictures.run_tables import OWN, PICTURES

__all__ = ["NEEDED", "OWN", "PICTURES", "RunPictures"]

NEEDED: Final = ("per_origin", "importance", "reliability", "budget_curve")
"""Tables without which there is no report, and no finished run."""


class RunPictures(PolicyPictures, CheckPictures, GradePictures, ReasonPictures):
    """The pictures of one run; each is drawn when it is asked for, and says below itself how to read it.

    No site is named in any of them, so they may be shown where the records may not.

    Attributes:
        folder: of the run.
        run: its summary and its tables.
        names: the pictures for which the run has the tables, each a method of that name.
    """

    @classmethod
    def open(cls, folder: "Path | str") -> "RunPictures":
        """The pictures of what `riskml run` wrote.

        Args:
            folder: `models/<study>`, with summary.json and tables/.

        Raises:
            DataError: if the folder holds no finished run, or its summary cannot be read.
        """
        source = Path(folder)
        tables = {one.stem: one for one in sorted((source / "tables").glob("*.parquet")) if one.stem != "scored_rows"}
        absent = [f"tables/{name}.parquet" for name in NEEDED if name not in tables]
        absent += [] if (source / "summary.json").is_file() else ["summary.json"]
        if absent:
            raise DataError(f"{source} holds no finished run: it lacks {absent}; run the study first")
        try:
            summary = json.loads((source / "summary.json").read_text(encoding="utf-8"))
        except ValueError as error:
            raise DataError(f"{source / 'summary.json'} is no JSON ({error}); run the study again") from error
        return cls(source, Run(summary, {name: pd.read_parquet(path) for name, path in tables.items()}))
