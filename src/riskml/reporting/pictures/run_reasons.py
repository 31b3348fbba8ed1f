"""Pictures of a run that say what the model uses."""

from riskml.export.wording import Lang
from riskml.reporting.pictures.picture import Picture
from riskml.reporting.pictures.run_tables import RunTables


class ReasonPictures(RunTables):
    """What moves the scores."""

    def importance(self, lang: Lang = "en") -> Picture:
        """Which facts move the scores most.

        How to read it: a longer bar moves the scores further, up or down; the line is the interval over the decision
        days, the diamond the exported model. Not what causes failures. Reads tables/importance.parquet.
        """
        return self._picture("importance", lang)

    def by_value(self, lang: Lang = "en") -> Picture:
        """How the contribution of the strongest facts goes with their value.

        How to read it: a line is a range of values; right of zero the fact raises the score. No value is put into a row
        that does not have it. Reads tables/dependence.parquet.
        """
        return self._picture("by_value", lang)

    def deletion(self, lang: Lang = "en") -> Picture:
        """Whether the reasons name what the score hangs on.

        How to read it: the higher the line of the site's own reasons lies above the others, the more its reasons say.
        Reads tables/deletion.parquet.
        """
        return self._picture("deletion", lang)
