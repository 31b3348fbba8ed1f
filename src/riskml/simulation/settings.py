"""The numbers of the simulated bureau, read from bureau.toml."""

import tomllib
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

Settings = dict[str, Any]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.str_]


def read_settings() -> Settings:
    """The settings as nested tables, with `formats` turned into columns of equal length.

    >>> settings = read_settings()
    >>> settings["risk"]["site_sd"], settings["formats"]["code"][0].item()
    (0.9, 'C1')
    """
    text = files("riskml.simulation").joinpath("bureau.toml").read_text(encoding="utf-8")
    settings: Settings = tomllib.loads(text)
    table = settings["formats"]
    settings["formats"] = {
        name: np.array(values) for name, values in zip(table["columns"], zip(*table["rows"], strict=True), strict=True)
    }
    return settings


def by_class(table: dict[str, float], classes: Texts, *, otherwise: float = 0.0) -> Floats:
    """The value of each site's industry class, shape (n,).

    >>> by_class({"maker": 2.0}, np.array(["maker", "sales"])).tolist()
    [2.0, 0.0]
    """
    values = np.full(len(classes), otherwise)
    for name, value in table.items():
        values[classes == name] = value
    return values


def logit(share: "Floats | float") -> Floats:
    """Log-odds of a share."""
    odds = np.asarray(share, dtype=np.float64)
    return np.log(odds / (1.0 - odds))


def expit(log_odds: Floats) -> Floats:
    """Share of a log-odds, the inverse of `logit`."""
    return 1.0 / (1.0 + np.exp(-log_odds))
