"""One small run in memory: all stages of a study of the sample's first sites, before anything is written."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from riskml.line import Line
from riskml.pipeline import _line
from riskml.records.store import write_records
from riskml.stages import Stages
from riskml.study import Study
from studies import write_study
from tiny_models import first_sites

OWN_CODE: Final = "OUR_OWN_CODE"
"""An event code of the bureau's own, that riskml does not list."""


@cache
def small_line() -> tuple[Study, Line]:
    """The study and what its stages left; no setting has its usual value."""
    records = first_sites()
    known = records.events["known_on"].to_numpy()
    records.events.loc[records.events.index[int(np.argmin(known))], "code"] = OWN_CODE
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_records(records, folder / "records")
        study = Study.load(
            write_study(
                folder,
                records=f'folder = "{folder}/records"',
                cohort="horizon_days = 80",
                comparison='draws = 2\nsystems = ["nanchang", "shenzhen_general"]',
                tail="[explanation]\nrefits = 1\nrows = 60\nfeatures = 3\n"
                "[export]\nvalid_days = 123\ncontext_days = 45\n",
            )
        )
        return study, _line(study, Stages(folder / "derived", lambda _stage, _state: None))
