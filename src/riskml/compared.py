"""The comparison stage: every policy against the model on the same rows, with the tables that stand beside it."""

from typing import Any

from riskml.compared_tables import MODEL, Evidence, beside
from riskml.errors import DataError
from riskml.evaluation import compare
from riskml.evaluation.prescribed import with_rates
from riskml.models.policies import OF_THE_VISIT
from riskml.stages import Bundle


def comparison(evidence: Evidence) -> Bundle:
    """Every policy against the model on the same rows, and the tables.

    Raises:
        DataError: if no visit was made in the horizon of any origin.
    """
    study, rows, horizon = evidence.study, evidence.rows, evidence.horizon_days
    if rows["fail"].isna().all():
        raise DataError(f"{study.path}: no visit was made in the horizon of any origin, nothing can be compared")
    compared = compare(
        with_rates(rows, evidence.grades, evidence.systems, horizon_days=horizon),
        evidence.policies,
        budgets=evidence.budgets,
        draws=evidence.draws,
        seed=evidence.seed,
        pairs=[(MODEL, policy) for policy in evidence.policies if policy not in (MODEL, "perfect")],
        horizon_days=horizon,
        headline=study["comparison"]["headline"],
        declared=evidence.pairs,
    )
    tables = {"per_origin": compared.per_origin, "prescribed": compared.prescribed}
    return Bundle({**tables, **beside(evidence)}, _without_visits(compared.as_dict()))


def _without_visits(facts: dict[str, Any]) -> dict[str, Any]:
    """The same without what policies that read the visit itself would say of sites that nobody visited."""
    for policy in OF_THE_VISIT:
        for entries in (facts["policies"].get(policy, {}), facts["differences"].get(f"{MODEL} - {policy}", {})):
            for metric in [metric for metric in entries if metric.startswith("labelled_share")]:
                del entries[metric]
    return facts
