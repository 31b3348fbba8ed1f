"""Reading a bureau's CSV of a million rows, against bare pandas on the same file: CPU time and peak memory, as ratios.

Each side runs in a process of its own, one thread, in turn. `--rows N` for a smaller file.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

CPU_LIMIT, MEMORY_LIMIT = 1.6, 2.5
"""What reading may cost of the 3 and 4 times that the whole importer may cost."""
SIDES = {
    "pandas": "import pandas as pd; n = len(pd.read_csv(PATH, dtype=str, encoding='gb18030', on_bad_lines='skip'))",
    "riskml": "from riskml.records.reading import read_tables; (t,) = read_tables(PATH); n = t.source_rows",
}
MEASURE = """
import json, resource, sys
PATH = sys.argv[1]
{side}
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, n]))
"""


CHOICES = {
    "name": [a + b + c for a in ("老王", "福满", "川香") for b in ("饺子馆", "麻辣烫") for c in ("", "（城西店）")],
    "day": [f"2024/{month}/{day}" for month in range(1, 13) for day in range(1, 29)],
    "kind": ["日常监督检查", "双随机抽查", "专项检查"],
    "result": ["符合", "基本符合", "不符合", "/"],
    "action": ["责令限期整改", "无需处理", "立案调查"],
    "note": ["", "—", "已约谈负责人"],
}
HEADER = "检查编号,统一社会信用代码,主体名称,许可证编号,检查日期,检查类型,检查结果,重点项,一般项,处理方式,地址,备注\n"
FAULTS = ["JC,1\n", "\n", "{},\n", '{},"第一行\n第二行，""引号"""\n']
"""A row that is too short, blank, has a surplus delimiter, or a quoted line break."""


def lines(rows: int, kind: str) -> Iterator[str]:
    """Inspections of made-up sites: 12 columns, half of them Chinese text.

    One by one, for the peak memory of a process is never counted below what its parent held when it started.
    """
    rng = np.random.default_rng(1)
    draws = [rng.integers(0, len(values), rows).astype(np.uint16) for values in CHOICES.values()]
    yield HEADER
    for i in range(rows):
        name, day, visit, result, action, note = (
            values[draw[i]] for values, draw in zip(CHOICES.values(), draws, strict=True)
        )
        start = f"JC2024{i:08d},92360100MA3{i % 300000:06d}X,{name},JY2360102{i % 300000:07d},{day},{visit},{result}"
        start += f",{i % 5},{i % 9},{action},南昌市东湖区八一大道{i % 999}号"
        if kind == "dirty" and i % 100 == 0:
            fault = FAULTS[i // 100 % 4]
            yield fault.format(start if "引号" in fault else f"{start},{note}")
        else:
            yield f"{start},{note}\n"
        if kind == "stray quote" and i == rows // 2:
            yield 'JC,"没有收尾的引号\n'


def measured(side: str, path: Path) -> "tuple[float, float, int]":
    """CPU seconds, peak MiB and rows of one side."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", MEASURE.format(side=SIDES[side]), str(path)],
        env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    seconds, mebibytes, rows = json.loads(done.stdout)
    return seconds, mebibytes, rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    base, worst = {}, [0.0, 0.0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "inspections.csv"
        for kind in ("clean", "dirty", "stray quote"):
            with path.open("w", encoding="gb18030", newline="") as file:
                file.writelines(lines(rows, kind))
            if kind != "stray quote":  # which pandas cannot read: it is compared with the dirty file
                base = dict(zip(("seconds", "peak"), measured("pandas", path), strict=False))
            seconds, peak, _ = measured("riskml", path)
            ratios = [seconds / base["seconds"], peak / base["peak"]]
            worst = [max(pair) for pair in zip(worst, ratios, strict=True)]
            print(
                f"reading {rows:,} rows, {kind:>11}: CPU {seconds:.2f} s = {ratios[0]:.2f} x pandas, "
                f"peak {peak:.0f} MiB = {ratios[1]:.2f} x pandas"
            )
    print(f"allowed: CPU {CPU_LIMIT} x, peak {MEMORY_LIMIT} x pandas.read_csv(dtype=str, encoding='gb18030')")
    return int(worst[0] > CPU_LIMIT or worst[1] > MEMORY_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
