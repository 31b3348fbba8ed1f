"""Features over many planning days: those that read a site column which was not known on the first of them are out."""

from typing import Final

import numpy as np

from riskml.features.catalog import Catalog
from riskml.records.decision_day import seen_columns
from riskml.records.store import Records

_NOTE: Final = {
    "en": "Site columns {columns} hold the values of these days, and planning begins on {first}: features that read "
    "them are left out ({features}).",
    "zh": "主体信息列 {columns} 为所示日期的快照，而计划日自 {first} 起：读取这些列的特征不予采用（{features}）。",
}


def known_from(records: Records, catalog: Catalog, first: int) -> tuple[Catalog, list[dict[str, str]]]:
    """The features of a catalog that read nothing which was unknown on the first planning day, and a note on the rest.

    A snapshot column dated between the first and the last planning day would tell the rows of the earlier days what
    nobody knew then.

    Args:
        records: canonical records.
        catalog: features wanted.
        first: the first planning day, as a day number.

    Returns:
        The features left, and no note or one, as {"en": ..., "zh": ...}.
    """
    late = set(records.sites.columns) - set(seen_columns(records, first))
    reads = {feature.name: Catalog((feature,), catalog.groups).columns() & late for feature in catalog.features}
    out = [name for name, columns in reads.items() if columns]
    if not out:
        return catalog, []
    columns = {name: records.snapshots[name] for name in sorted({name for one in reads.values() for name in one})}
    told = {"columns": columns, "first": f"{np.datetime64(first, 'D')}", "features": ", ".join(out)}
    return catalog.select(set(catalog.names) - set(out)), [{lang: text.format(**told) for lang, text in _NOTE.items()}]
