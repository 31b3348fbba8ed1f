"""Draw the picture of the README from the finished run of the sample: is the model better than the others?

    riskml run studies/sample.toml
    python benchmarks/readme_picture.py [--write]

With `--write` docs/images/readme_en.svg and readme_zh.svg are written; without it the script says whether they are
those of the run, and ends with code 1 if not. A test runs it.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Final, get_args

from riskml.export.wording import Lang
from riskml.reporting.pictures.run import RunPictures

ROOT: Final = Path(__file__).parent.parent
RUN: Final = ROOT / "models" / "sample"
NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")
PIXEL: Final = 1.0
"""Two pictures are the same if no number in them differs by more: other machines round a last digit differently."""


def place(lang: Lang) -> Path:
    """Where the picture in a language lies."""
    return ROOT / "docs" / "images" / f"readme_{lang}.svg"


def drawn(lang: Lang) -> str:
    """The picture as SVG, from the run of the sample."""
    return RunPictures.open(RUN).differences(lang=lang).svg


def same(one: str, other: str) -> bool:
    """Whether two SVG say the same: the same text, and numbers within a pixel.

    >>> same('<a x="10.2">A</a>', '<a x="10.9">A</a>'), same('<a x="10">A</a>', '<a x="12">A</a>')
    (True, False)
    """
    numbers = [[float(text) for text in NUMBER.findall(svg)] for svg in (one, other)]
    if NUMBER.sub("#", one) != NUMBER.sub("#", other):
        return False
    return all(abs(a - b) <= PIXEL for a, b in zip(*numbers, strict=True))


def stale() -> list[Path]:
    """The pictures that are missing, or are not those of the run."""
    langs: tuple[Lang, ...] = get_args(Lang)
    return [
        place(lang)
        for lang in langs
        if not place(lang).is_file() or not same(drawn(lang), place(lang).read_text(encoding="utf-8"))
    ]


def main() -> int:
    """Write the pictures, or say which are stale."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the pictures")
    if parser.parse_args().write:
        for lang in get_args(Lang):
            place(lang).write_text(drawn(lang), encoding="utf-8")
        return 0
    found = stale()
    for path in found:
        print(f"{path.relative_to(ROOT)} is not that of the run: python benchmarks/readme_picture.py --write")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
