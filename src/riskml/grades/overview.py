"""The systems at a glance: what `riskml systems` prints, published and reconstructed told apart."""

from typing import Final

from riskml.grades.catalog import load_system, system_names
from riskml.grades.description_words import Lang, aligned
from riskml.grades.number_groups import STATUS, grade_status, intensity_status

HEADS: Final = {
    "en": ("system", "grade", "visits", "assumed numbers", "title"),
    "zh": ("体系", "评级", "检查频次", "推定数值", "名称"),
}


def overview(lang: Lang = "en") -> str:
    """One line a system: status of the numbers that lead to its grade, status of its visits, how many are assumed.

    >>> overview().splitlines()[0].split()
    ['system', 'grade', 'visits', 'assumed', 'numbers', 'title']
    """
    rows = [HEADS[lang]]
    for name in system_names():
        system, of = load_system(name), lang == "zh"
        counted = f"{len(system.assumed)} / {len(system.numbers)}"
        status = (STATUS[grade_status(system)][of], STATUS[intensity_status(system)][of])
        rows.append((name, *status, counted, system.title_zh if of else system.title_en))
    return aligned(rows)
