"""Whether Chinese is drawn: by charts that are written as pictures, and by a browser of this machine."""

import platform
from collections.abc import Callable
from pathlib import Path
from typing import Final

from riskml.diagnosis.finding import Finding, both, said
from riskml.diagnosis.machine import output_of

SAMPLE: Final = ("食", "品")
PLACES: Final = {
    "Darwin": ("/System/Library/Fonts", "/Library/Fonts"),
    "Windows": ("C:/Windows/Fonts",),
    "Linux": ("/usr/share/fonts", "/usr/local/share/fonts"),
}
FILES: Final = ("PingFang*", "STHeiti*", "msyh*", "simsun*", "*CJK*", "wqy-*", "*uming*", "*ukai*", "*HanSans*")
ADVICE: Final = said(
    "install a Chinese font, such as: apt-get install fonts-noto-cjk",
    "请安装中文字体，例如：apt-get install fonts-noto-cjk",
)


def installed_fonts(output: Callable[[list[str]], str] = output_of) -> Finding:
    """Fonts of this machine with Chinese characters: as fontconfig knows them, else by the names of their files.

    Charts inside report.html are drawn by the fonts of whoever reads it.
    """
    title = said("Chinese fonts", "中文字体")
    names = {line.split(",")[0].strip() for line in output(["fc-list", ":lang=zh", "family"]).splitlines()}
    names |= {path.name for path in _files()} if not names - {""} else set()
    found = sorted(names - {""})
    if not found:
        words = said("none found; a browser here shows boxes for Chinese", "未找到；本机浏览器无法显示汉字")
        return Finding("fonts", title, "missing", words, ADVICE)
    return Finding("fonts", title, "ok", both(", ".join(found[:3]) + (", ..." if len(found) > 3 else "")))


def _files() -> list[Path]:
    places = [Path(place) for place in PLACES.get(platform.system(), PLACES["Linux"])]
    return [path for place in places if place.is_dir() for name in FILES for path in place.rglob(name)]


def drawn(draw: Callable[[str], bytes] | None = None) -> Finding:
    """Whether charts written as PNG draw Chinese: two characters give two different pictures, unless both are boxes.

    Args:
        draw: a text -> its picture; that of the charts if None.
    """
    title = said("Chinese in pictures", "图片中的汉字")
    try:
        first, second = map(draw or _picture, SAMPLE)
    except ImportError:
        return Finding(
            "pictures",
            title,
            "missing",
            said("vl-convert-python is not here", "未安装 vl-convert-python"),
            both('pip install "riskml[report]"'),
        )
    if first == second:
        return Finding("pictures", title, "bad", said("boxes, or nothing", "显示为方框或空白"), ADVICE)
    return Finding("pictures", title, "ok", said("drawn", "正常显示"))


def _picture(text: str) -> bytes:
    import vl_convert  # noqa: PLC0415 - a machine without it is what the doctor is for

    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
        f'<text x="5" y="30" font-size="24" font-family="sans-serif">{text}</text></svg>'
    )
    return bytes(vl_convert.svg_to_png(svg))
