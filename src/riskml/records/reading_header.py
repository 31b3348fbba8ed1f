"""Which row of a sheet is its header, and which rows at its end are totals and notes."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence

_LEFT_OUT = re.compile(r"[\s()\[\]{}<>【】〔〕〈〉《》「」『』]+")
_TOTALS = re.compile(r"(合计|总计|小计|共计|累计|总数|total|grandtotal|subtotal)([:(\d].*)?")
_NOTES = re.compile(
    r"(备注|说明|附注|注|填表|填报|制表|审核|复核|负责人|经办人|联系人|联系电话|打印|导出|单位|数据来源|资料来源"
    r"|notes?|source|preparedby)(人|者|单位|部门|日期|时间)?\d?:.*"
)
_NUMBER_LIKE = re.compile(r"[\s\d.,:/%¥$年月日号+-]*")


def matching_name(text: str) -> str:
    """A name as it is compared: NFKC, lower case, without spaces and without brackets (what they hold stays).

    Examples:
        >>> matching_name(" 罚款金额（万元） ") == matching_name("罚款金额(万元)") == "罚款金额万元"
        True
    """
    return _LEFT_OUT.sub("", unicodedata.normalize("NFKC", text)).casefold()


def find_header(rows: Sequence[Sequence[str]], known: Collection[str]) -> int | None:
    """The index of the header among the first rows of a sheet; None if all are blank.

    The row that holds most known names, if these are at least two or half of its cells; else the first row of mostly
    filled, different texts; else the first row that is not blank.

    Args:
        rows: cells of each row.
        known: names as `matching_name` writes them.

    Examples:
        >>> rows = [["附件2 检查结果", "", ""], ["编号", "检查日期", "结 果"], ["1", "2024/1/2", "符合"]]
        >>> find_header(rows, {"编号", "结果"}), find_header(rows, ()), find_header([["", ""]], ())
        (1, 1, None)
    """
    filled = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    matches = [len({matching_name(cell) for cell in row} & set(known)) for row in filled] if known else []
    best = max(matches, default=0)
    if best and (best >= 2 or len(filled[matches.index(best)]) <= 2):
        return matches.index(best)
    widths = Counter(len(row) for row in filled if len(row) > 1)
    usual = max(widths, key=lambda width: (widths[width], width), default=1)
    for index, row in enumerate(filled):
        if row and 2 * len(row) >= usual and _is_text(row):
            return index
    return next((index for index, row in enumerate(filled) if row), None)


def is_note(cells: Sequence[str]) -> bool:
    """Whether a row at the end of a sheet is a total or a note, by its first filled cell.

    Examples:
        >>> is_note(["", "合 计", "35"]), is_note(["填表人：张三"]), is_note(["备注超市", "3"])
        (True, True, False)
    """
    first = next((cell for cell in cells if cell.strip()), "")
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", first[:200])).casefold()
    return bool(_TOTALS.fullmatch(text) or _NOTES.fullmatch(text))


def column_names(header: Sequence[str]) -> list[str]:
    """Names of the columns as shown: a repeated one is numbered, an empty one says its place.

    Examples:
        >>> column_names(["备注", "", "备注", "备注_2"])
        ['备注', 'column_2', '备注_3', '备注_2']
    """
    taken, seen = {cell for cell in header if cell.strip()}, Counter[str]()
    names = []
    for place, cell in enumerate(header, start=1):
        seen[cell] += 1
        if cell.strip() and seen[cell] == 1:
            names.append(cell)
            continue
        stem, number = (cell, seen[cell]) if cell.strip() else ("column", place)
        while f"{stem}_{number}" in taken:
            number += 1
        seen[cell] = max(seen[cell], number)
        taken.add(f"{stem}_{number}")
        names.append(f"{stem}_{number}")
    return names


def _is_text(filled: Sequence[str]) -> bool:
    """Whether at least half of the cells differ, and half are no number or date."""
    words = sum(not _NUMBER_LIKE.fullmatch(cell) for cell in filled)
    return 2 * len(set(filled)) >= len(filled) and 2 * words >= len(filled)
