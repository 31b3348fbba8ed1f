"""Pictures of a run that say how far its probabilities, its groups and its visited sites can be trusted."""

from riskml.errors import DataError
from riskml.evaluation.fairness.words import ATTRIBUTES
from riskml.export.wording import Lang
from riskml.reporting._fairness import FOUND
from riskml.reporting.pictures.group_calibration import group_calibration
from riskml.reporting.pictures.labelled import labelled_share
from riskml.reporting.pictures.picture import Picture
from riskml.reporting.pictures.run_tables import RunTables


class CheckPictures(RunTables):
    """What a comparison stands on."""

    def reliability(self, lang: Lang = "en") -> Picture:
        """Whether the probabilities come true.

        How to read it: points on the dashed diagonal say what happens; below it more failures are announced than there
        are. Bars are intervals. Reads tables/reliability.parquet.
        """
        return self._picture("reliability", lang)

    def drift(self, lang: Lang = "en") -> Picture:
        """The calibration slope at each decision day.

        How to read it: one is right; a trend away from the line says that the model ages. Reads
        tables/calibration.parquet.
        """
        return self._picture("drift", lang)

    def calibration_by_group(self, lang: Lang = "en", *, by: str = "") -> Picture:
        """Whether the probabilities come true for every group of sites.

        How to read it: the dot is the number of failures of a group over the number that the model announced, the bar
        its interval. At one it is right; to the right the group fails more often than it is told, to the left it is
        called riskier than it is. Reads tables/fairness.parquet.

        Args:
            lang: of all texts.
            by: "office", "format_code", "size" or "legal_form"; by default the first that the run has.
        """
        self._look(lang, "calibration_by_group", "fairness")
        return group_calibration(self.run.table("fairness"), by=self._attribute(by), lang=lang)

    def fairness(self, lang: Lang = "en", *, by: str = "") -> Picture:
        """Whose failures are found: the share of each group's failures that the budget finds, by model and grade.

        How to read it: the dot is the share, the bar its interval, the line the model over all sites. A group whose
        bar lies to the left of the line has its failures overlooked more often. Reads tables/fairness.parquet.

        Args:
            lang: of all texts.
            by: "office", "format_code", "size" or "legal_form"; by default the first that the run has.
        """
        self._look(lang, "fairness", "fairness")
        called = FOUND[0]["en"].format(attribute=ATTRIBUTES[self._attribute(by)]["en"])
        return self._picture("fairness", lang, called=called)

    def selection(self, lang: Lang = "en") -> Picture:
        """The headline over all active sites, by every method that allows for the sites that nobody visited.

        How to read it: the dot is an estimate, the thin bar its interval, the pale bar the range that the data cannot
        narrow (bounds). Dots of a policy that lie apart: the answer depends on what is believed about sites that nobody
        visited. Reads tables/selection.parquet.
        """
        return self._picture("selection", lang)

    def selection_gained(self, lang: Lang = "en") -> Picture:
        """The model less its first rival over all active sites, by the same methods.

        How to read it: to the right of zero the model is better. Methods on both sides of zero: the records cannot
        settle it. Reads tables/selection.parquet.
        """
        return self._picture("selection_gained", lang)

    def labelled(self, lang: Lang = "en") -> Picture:
        """How much of what a policy chooses was ever observed.

        How to read it: of the sites that a policy would visit first, the dot is the share somebody did visit, so that
        the outcome is known; the bar is its interval. The further to the left, the more of what is said about the
        policy stands on sites that nobody has seen. Reads tables/selection.parquet.
        """
        self._look(lang, "labelled", "selection")
        return labelled_share(self.run, lang=lang)

    def overlap(self, lang: Lang = "en") -> Picture:
        """Whether every site had a chance to be visited.

        How to read it: the height of a bar is the number of rows with that estimated chance, its dark part those that
        were visited. What stands far to the left was hardly ever visited, and little can be said of it. Reads
        tables/overlap.parquet.
        """
        return self._picture("overlap", lang)

    def inspectors(self, lang: Lang = "en") -> Picture:
        """How strict each inspector is, beside colleagues with visits of the same kind.

        How to read it: a dot is one inspector without a name, the strictest first; the bar is the interval. A bar
        across the line at one: not shown to differ. Reads tables/leniency.parquet.
        """
        return self._picture("inspectors", lang)

    def workload(self, lang: Lang = "en") -> Picture:
        """Whose work grows and whose shrinks if the visits go where the scores are high.

        How to read it: one is the work of today; to the right an office gets more visits than now, to the left fewer.
        Reads tables/workload.parquet.
        """
        return self._picture("workload", lang)

    def _attribute(self, by: str) -> str:
        """What the sites are grouped by."""
        frame = self.run.table("fairness")
        grouped = [] if frame.empty else frame.loc[frame["metric"] == "detection_rate", "attribute"].unique().tolist()
        allowed = [one for one in ATTRIBUTES if one != "overall" and one in grouped]
        if by and by not in allowed:
            raise DataError(f"{self.folder}: no groups by {by!r}; the run has those by {allowed}")
        return by or next(iter(allowed), "office")
