"""Pictures of a run that say which policy finds more, sooner, and at what cost."""

from riskml.export.wording import Lang
from riskml.reporting.pictures.picture import Picture
from riskml.reporting.pictures.run_tables import RunTables


class PolicyPictures(RunTables):
    """Policies against each other."""

    def differences(self, lang: Lang = "en") -> Picture:
        """The model less each other policy at the headline metric.

        How to read it: the dot is the difference, the bar its interval. A bar wholly to the right of zero: the model is
        better; a bar across zero: not shown to be better. Reads `differences` of summary.json.
        """
        return self._picture("differences", lang)

    def budget(self, lang: Lang = "en") -> Picture:
        """What each budget finds, by policy.

        How to read it: pick a budget on the horizontal axis; the higher line finds more with it. The band is the
        model's interval. Reads tables/budget_curve.parquet.
        """
        return self._picture("budget", lang)

    def gained(self, lang: Lang = "en") -> Picture:
        """How much more the model finds than its rivals, at each budget.

        How to read it: above zero the model finds more; a band that holds zero leaves it open, at that budget. Reads
        tables/difference_curve.parquet.
        """
        return self._picture("gained", lang)

    def origins(self, lang: Lang = "en") -> Picture:
        """The headline metric at each decision day.

        How to read it: lines that cross from day to day show how much of a difference is luck. Reads
        tables/per_origin.parquet.
        """
        return self._picture("origins", lang)

    def days_earlier(self, lang: Lang = "en") -> Picture:
        """How many days earlier failures would have been found, beyond a random order.

        How to read it: the dot is the mean over the failures, the bar its interval; "free" exchanges any visits of a
        decision day, "slots" only those of one inspector, office and week. Reads tables/schedule.parquet.
        """
        return self._picture("days_earlier", lang)

    def lasting(self, lang: Lang = "en") -> Picture:
        """The same days if failures do not last.

        How to read it: the shorter the half-life of a failure, the less an earlier visit finds. Reads
        tables/schedule.parquet.
        """
        return self._picture("lasting", lang)

    def waiting(self, lang: Lang = "en") -> Picture:
        """How long failing and sound sites wait until they are visited.

        How to read it: failing sites should stand to the left of sound ones; "as made" is what happened. Reads
        tables/waiting.parquet.
        """
        return self._picture("waiting", lang)

    def net_benefit(self, lang: Lang = "en") -> Picture:
        """Whether it is better to visit by the score than to visit all or nobody.

        How to read it: below stands the probability from which on a visit is worth its cost, so the further to the
        right, the dearer a visit. At that place the highest line is the best rule; below zero it is better to visit
        nobody. Reads tables/net_benefit.parquet.
        """
        return self._picture("net_benefit", lang)

    def net_benefit_gained(self, lang: Lang = "en") -> Picture:
        """The model's net benefit less that of its rivals with as many visits.

        How to read it: above zero the model is worth more; a band that holds zero leaves it open. Reads
        tables/net_benefit.parquet.
        """
        return self._picture("net_benefit_gained", lang)
