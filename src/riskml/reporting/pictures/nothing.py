"""A picture that says why it is empty, so that a notebook over other records runs to its end."""

from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec

from riskml.errors import DataError
from riskml.export.wording import Lang, Text, text
from riskml.reporting.charts import WIDTH
from riskml.reporting.pictures.picture import Picture

NOTHING: Final = text("Nothing to show: {why}", "无可显示：{why}")
P = ParamSpec("P")


class EmptyError(DataError):
    """The records or tables are in order, but hold nothing that this picture could show."""


def nothing(title: str, why: str, lang: Lang) -> Picture:
    """A picture of words alone, which a screen reader says too.

    >>> nothing("How many?", "no visit", "en").caption
    'Nothing to show: no visit'
    """
    blank = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH + 16}" height="1"></svg>'
    return Picture(title, NOTHING[lang].format(why=why), blank, lang)


def or_why(title: Text) -> Callable[[Callable[P, Picture]], Callable[P, Picture]]:
    """Make a function of pictures say why there is nothing to show, in place of stopping with an error."""

    def told(draw: Callable[P, Picture]) -> Callable[P, Picture]:
        @wraps(draw)
        def drawn(*args: P.args, **kwargs: P.kwargs) -> Picture:
            lang: Lang = "zh" if kwargs.get("lang") == "zh" else "en"
            try:
                return draw(*args, **kwargs)
            except EmptyError as error:
                return nothing(title[lang], str(error), lang)

        return drawn

    return told
