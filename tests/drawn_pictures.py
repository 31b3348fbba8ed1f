"""What stands in a drawn picture: the words that are written in it, and the rows that it carries."""

import re
from html import unescape
from typing import Any

from riskml.reporting.charts import to_svg


def words(chart: Any) -> str:
    """Everything that is written in a picture, its lines joined as they are read."""
    texts = re.findall(r"<text[^>]*>(.*?)</text>", to_svg(chart), flags=re.DOTALL)
    lines = [[line for line in re.split("<[^>]*>", text) if line.strip()] for text in texts]
    glued = [re.sub("(?<=[一-鿿，。：；、]) | (?=[一-鿿])", "", " ".join(text)) for text in lines]
    return unescape("\n".join(glued))


def held(chart: Any, column: str) -> list[dict[str, Any]]:
    """The rows of the first data of a picture that have a column."""
    return next(rows for rows in chart.drawing.to_dict()["datasets"].values() if rows and column in rows[0])
