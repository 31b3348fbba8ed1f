"""Why one site scores as it does, as lines to print: its reasons, the records behind them, and what would lower it."""

from collections.abc import Iterator, Sequence
from typing import Final

from riskml.explanation.movers import in_one_line
from riskml.scorer import CounterFact, Reason, Score
from riskml.scorer.explaining.counterfacts import NOTE_EN, NOTE_ZH

MOST_RECORDS: Final = 3
"""Records named after a reason; of more, the others are counted."""
WORDS: Final = {
    "en": {
        "up": "Raises the risk:",
        "down": "Lowers the risk:",
        "none": " nothing",
        "help": "What would lower the score:",
    },
    "zh": {"up": "提高风险：", "down": "降低风险：", "none": "无", "help": "哪些变化会降低评分："},
}
NOTE: Final = {"en": NOTE_EN, "zh": NOTE_ZH}


def score_lines(site: str, score: Score, facts: Sequence[CounterFact], lang: str) -> list[str]:
    """The lines, none with a line end or a control character of the records in it.

    Args:
        site: site_id.
        score: of the site.
        facts: its counter-facts; none for no word about them.
        lang: "en" or "zh".
    """
    level = score.level_zh if lang == "zh" else score.level_en
    lines = [f"{in_one_line(site)}  {score.probability:.3f}  {level or ''}".rstrip()]
    if score.peers:
        lines.append(f"    {in_one_line(score.peers.text_zh if lang == 'zh' else score.peers.text_en)}")
    for sign, name, reasons in (("+", "up", score.reasons_up), ("-", "down", score.reasons_down)):
        lines.append(WORDS[lang][name] if reasons else WORDS[lang][name] + WORDS[lang]["none"])
        for reason in reasons:
            lines.extend(_reason_lines(sign, reason, lang))
    if facts:
        lines.append(WORDS[lang]["help"])
        lines += [f"  {in_one_line(fact.text_zh if lang == 'zh' else fact.text_en)}" for fact in facts]
        lines.append(NOTE[lang])
    return lines


def _reason_lines(sign: str, reason: Reason, lang: str) -> Iterator[str]:
    text = reason.text_zh if lang == "zh" else reason.text_en
    more = len(reason.event_ids) - MOST_RECORDS
    behind = ", ".join(map(in_one_line, reason.event_ids[:MOST_RECORDS])) + (f", +{more}" if more > 0 else "")
    yield f"{sign} {abs(reason.contribution):.3f}  {in_one_line(text)}" + (f"  [{behind}]" if behind else "")
    if reason.peers:
        yield f"         {in_one_line(reason.peers.text_zh if lang == 'zh' else reason.peers.text_en)}"
