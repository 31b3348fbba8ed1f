"""Dirty files for `bench_ingest.py`: a bureau's table of visits and a portal's, with the dirt of RECORDS.md 1 and 8.

A file is written by a process of its own: the peak memory of a process is never counted below what its parent held
when it started. `python ingest_files.py CASE ROWS PATH` is that process.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SOURCES = {"bureau": "bureau", "portal": str(Path(__file__).with_name("ingest_portal.toml"))}
"""Cases, with the source that reads each."""

BUREAU_HEADER = (
    "检查编号,统一社会信用代码,被检查单位名称,许可证编号,检查日期,录入日期,检查类型,检查结果,处理方式,检查人员,"
    "重点项不符合数,一般项不符合数"
)
PORTAL_HEADER = (
    "Inspection ID,License,DBA Name,Address,Zip,Inspection Date,Inspection Type,Results,Risk,Score,Violations,Area"
)
DAY_FORMS = (
    "{y}/{m}/{d}", "{y}-{m:02}-{d:02}", "{y}.{m}.{d}", "{y}年{m}月{d}日", "{y}{m:02}{d:02}",
    "{y}-{m:02}-{d:02} 10:{d:02}:00",
)  # fmt: skip
WIDE = str.maketrans("0123456789/-", "０１２３４５６７８９／－")
MISSING = ("", "/", "-", "——", "无", "null")
BAD_DAYS = ("2024-02-30", "24/5/6", "待定", "2024年13月1日", "5月6日")
PORTAL_BAD_DAYS = ("02/30/2024", "not yet", "1/2/21")
KINDS = ("日常监督检查", "双随机抽查", "专项检查", "复查", "飞行检查", "投诉举报检查")
PORTAL_KINDS = ("Canvass", "Complaint", "Canvass Re-inspection", "License")
RESULTS = ("符合", "合格", "未发现问题", "基本符合", "不符合", "发现问题已责令改正", "未检查（停业）", " 符合")
PORTAL_RESULTS = ("Pass", "Pass", "Pass w/ Conditions", "Fail", "Out of Business")
RISKS = ("Risk 1 (High)", "Risk 2 (Medium)", "Risk 3 (Low)")
ACTIONS = ("无需处理", "当场整改", "责令限期整改", "立案调查", "约谈", "/", "")
PLACES = ("东湖", "西湖", "城北", "新街", "解放路", "人民路", "八一", "滨江", "南门", "老街")
OWNERS = ("老王", "福满", "川香", "阿婆", "金桥", "同福", "一品", "好运", "大华", "鑫源")
TRADES = ("饺子馆", "麻辣烫", "便利店", "超市（个体工商户）", "面馆", "火锅店", "食堂", "烧烤店", "奶茶店", "食品商行")
VIOLATIONS = (
    "3. POTENTIALLY HAZARDOUS FOOD MEETS TEMPERATURE REQUIREMENT", "18. NO EVIDENCE OF RODENT OR INSECT OUTER OPENINGS",
    "33. FOOD AND NON-FOOD CONTACT EQUIPMENT UTENSILS CLEAN", "34. FLOORS: CONSTRUCTED PER CODE, CLEANED, GOOD REPAIR",
    "38. VENTILATION: ROOMS AND EQUIPMENT VENTED AS REQUIRED",
)  # fmt: skip

Draw = dict[str, int]


def write_file(case: str, rows: int, folder: Path) -> Path:
    """Write the file of a case."""
    path = folder / f"{case}.csv"
    subprocess.run([sys.executable, __file__, case, str(rows), str(path)], check=True)  # noqa: S603
    return path


def lines(case: str, rows: int) -> Iterator[str]:
    """The lines of a file, one row in fifty being a copy of the one before."""
    import numpy as np  # noqa: PLC0415 - only the writing process may be large

    sites = max(rows // (4 if case == "bureau" else 8), 1)
    draws = _draws(np.random.default_rng(1), rows, sites)
    if case == "bureau":
        codes, licences = _numbers(sites)
        yield from ("附件1  监督检查记录表" + "," * 11, BUREAU_HEADER)
    else:
        yield PORTAL_HEADER
    line = ""
    for i, draw in enumerate(draws):
        if not (draw["again"] and line):
            site = draw["site"]
            line = (
                portal_row(i, rows, draw)
                if case == "portal"
                else bureau_row(i, rows, draw, codes[site], licences[site])
            )
        yield line
        if case == "bureau" and i % 50_000 == 49_999:
            yield from (BUREAU_HEADER, "," * 11)
    if case == "bureau":
        yield f"合计,,,,,,,,,,{rows},"


def bureau_row(i: int, rows: int, draw: Draw, code: str, licence: str) -> str:
    """A visit: 1 % bad days, 0.5 % bad credit codes, 0.3 % numbers in scientific notation, full-width days, blanks."""
    site, fault, number, entered = draw["site"], draw["fault"], f"JC2024{i:08d}", ""
    name = OWNERS[site % 10] + PLACES[site // 10 % 10] + TRADES[site // 100 % 10] + str(site // 1000)
    day = DAY_FORMS[draw["form"]].format(y=2021 + draw["year"], m=draw["month"], d=draw["day"])
    if draw["gap"] < len(MISSING):
        entered = MISSING[draw["gap"]]
    else:
        entered = (
            f"{2022 + draw['year']}-01-{draw['day']:02} {8 + draw['gap'] % 10:02}:{draw['gap']:02}:{fault % 60:02}"
        )
    if fault < 100:
        day = BAD_DAYS[fault % len(BAD_DAYS)]
    elif fault < 150:
        code = code[:-1] + ("A" if code[-1] != "A" else "B")
    elif fault < 180:
        number = f"{1 + i / rows:.2f}E+13"
    elif fault < 500:
        day, code = day.translate(WIDE), f" {code}\t"
    elif fault < 700:
        number = f"'{number}"
    officer, key = f"{OWNERS[draw['officer'] % 10][-1]}小{draw['officer']}", str(draw["key"] or "/")
    said = (KINDS[draw["kind"]], RESULTS[draw["result"]], ACTIONS[draw["action"]], officer, key, str(draw["general"]))
    return ",".join((number, code, name, licence, day, entered, *said))


def portal_row(i: int, rows: int, draw: Draw) -> str:
    """A visit with the text of the violations found, none of them twice the same."""
    site, fault, year = draw["site"], draw["fault"], 2021 + draw["year"]
    day, number = f"{draw['month']:02}/{draw['day']:02}/{year}", str(1_000_000 + i)
    if fault < 100:
        day = PORTAL_BAD_DAYS[fault % len(PORTAL_BAD_DAYS)]
    elif fault < 130:
        number = f"{1 + i / rows:.2f}E+06"
    elif fault < 500:
        day = f"{year}-{draw['month']:02}-{draw['day']:02}".translate(WIDE)
    found = [
        f"{VIOLATIONS[(draw['key'] + n) % 5]} - Comments: seen at table {n} on visit {i}"
        for n in range(draw["general"] % 4)
    ]
    where = (f"{OWNERS[site % 10]} CAFE {site}", f"{site % 9999} N STATE ST", str(60600 + site % 60))
    said = (PORTAL_KINDS[draw["kind"] % 4], PORTAL_RESULTS[draw["result"] % 5], RISKS[site % 3])
    quoted = '"' + " | ".join(found) + '"' if found else ""
    return ",".join(
        (number, str(20_000 + site), *where, day, *said, str(100 - draw["general"]), quoted, PLACES[site % 10])
    )


def _numbers(sites: int) -> tuple[list[str], list[str]]:
    """Credit codes and licence numbers with their check characters."""
    import numpy as np  # noqa: PLC0415

    from riskml.records._check_digits import credit_checks, decimal_checks  # noqa: PLC0415

    owners = np.char.mod("92360100MA%07d", np.arange(sites) * 7 % 10_000_000).astype("S17")
    checks = credit_checks(owners.view(np.uint8).reshape(sites, 17)).tolist()
    licences = np.char.mod("2360102%06d", np.arange(sites) % 1_000_000).astype("S13")
    digits = decimal_checks(licences.view(np.uint8).reshape(sites, 13)).tolist()
    return (
        [owner.decode() + chr(check) for owner, check in zip(owners.tolist(), checks, strict=True)],
        [f"JY{licence.decode()}{chr(digit)}" for licence, digit in zip(licences.tolist(), digits, strict=True)],
    )


def _draws(rng: Any, rows: int, sites: int, block: int = 50_000) -> Iterator[Draw]:
    """What chance decides of each row; `fault` is a number of ten thousand, `again` makes it a copy."""
    upper = {
        "site": sites, "form": len(DAY_FORMS), "year": 4, "month": 12, "day": 28, "gap": 60, "fault": 10_000, "kind": 6,
        "result": len(RESULTS), "action": len(ACTIONS), "officer": 2000, "key": 3, "general": 9, "again": 50,
    }  # fmt: skip
    for start in range(0, rows, block):
        count = min(block, rows - start)
        columns = {name: rng.integers(0, high, count).tolist() for name, high in upper.items()}
        for place in range(count):
            draw = {name: values[place] for name, values in columns.items()}
            yield {**draw, "month": draw["month"] + 1, "day": draw["day"] + 1, "again": draw["again"] == 0}


if __name__ == "__main__":
    name, count, target = sys.argv[1:4]
    with Path(target).open("w", encoding="gb18030", newline="") as file:
        file.writelines(f"{line}\n" for line in lines(name, int(count)))
