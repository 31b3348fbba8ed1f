"""Pictures of a run that lay the rule's grade beside the model's."""

from riskml.export.wording import Lang
from riskml.reporting.pictures.moves import moves
from riskml.reporting.pictures.picture import Picture
from riskml.reporting.pictures.run_tables import RunTables


class GradePictures(RunTables):
    """Levels by rule and by model."""

    def matrix(self, lang: Lang = "en") -> Picture:
        """The rule's grade against the model's, over the rows that were compared.

        How to read it: on the diagonal nothing changes; the darker a cell, the more of its visits failed. A fair grade
        grows darker downwards; what the model adds grows darker to the right within a line. Reads
        tables/reclassification.parquet.
        """
        return self._picture("matrix", lang)

    def levels(self, lang: Lang = "en") -> Picture:
        """The share of failed visits at each level, by rule and by model.

        How to read it: the grade whose dots spread further apart tells more. Reads tables/translated_rates.parquet.
        """
        return self._picture("levels", lang)

    def movers(self, lang: Lang = "en") -> Picture:
        """Which levels the sites would move between on the last day, and what probability those have that move.

        How to read it: a line is a move from the rule's level to the model's, with its number of sites, the longest
        moves first; the dot is their median probability, the bar holds all of them. Orange moves to a riskier level,
        blue to a safer one. Reads tables/movers.parquet and movers_totals.parquet.
        """
        self._look(lang, "movers", "movers", "movers_totals")
        return moves(self.run.table("movers"), self.run.table("movers_totals"), lang=lang)

    def grade_quality(self, lang: Lang = "en") -> Picture:
        """The share of failed visits at each level of the rule's grade.

        How to read it: from the safest level down, each dot should lie further to the right; two levels whose bars
        overlap are not shown to differ. In brackets: visits. Reads tables/grade_quality.parquet.
        """
        return self._picture("grade_quality", lang)

    def assumed(self, lang: Lang = "en") -> Picture:
        """How much the comparison hangs on the numbers that were assumed where a rule does not publish them.

        How to read it: the dot is the model less the grade as it was reconstructed, the bar holds nine tenths of the
        draws of the assumed numbers, the pale bar all of them. A bar across zero: another choice of numbers decides
        otherwise. Reads tables/sensitivity_ranges.parquet, which `riskml sensitivity` writes.
        """
        return self._picture("assumed", lang)
