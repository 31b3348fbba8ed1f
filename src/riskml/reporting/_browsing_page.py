"""A table that sorts and filters itself, as HTML that asks nobody for anything: the library stands in it, packed."""

import gzip
import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pandas as pd

from riskml.errors import StudyError

INSTALL: Final = 'the table of scores needs the package itables: pip install "riskml[notebooks]"'
POLICY: Final = "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; img-src data:"
"""What a browser may do for a page of its own: nothing that leaves it."""
LANGUAGE: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {},
    "zh": {
        "search": "搜索：",
        "lengthMenu": "每页 _MENU_ 行",
        "info": "第 _START_ 至 _END_ 行，共 _TOTAL_ 行",
        "infoEmpty": "无",
        "infoFiltered": "（自 _MAX_ 行筛选）",
        "zeroRecords": "没有符合的行",
        "emptyTable": "无",
    },
}
"""The words of the library in the reader's language; none means its own."""
_STYLE: Final = (
    "table.dataTable td { vertical-align: top; white-space: normal; } table.dataTable td ul { margin: 0; }"
    " table.dataTable :is(td, th):not(.dt-type-numeric) { text-align: left !important; }"  # a notebook says right
    " table.dataTable caption { text-align: left; padding: 0.5em 0; }"
    " table.dataTable tfoot { display: table-header-group; } table.dataTable thead { display: table-row-group; }"
    " table.dataTable tfoot input { width: 100%; min-width: 4.5em; font-size: 0.85em; box-sizing: border-box; }"
)
"""Cells that wrap; the filters of the columns, which the library puts below the rows, stand above their names."""
_LINKS: Final = re.compile(r"<sup>.*?</sup>|<a href=https://itables\.org[^>]*>|(?<=help)</a>", re.DOTALL)
"""The library's links to its own pages: nothing here leads out."""
_LOAD: Final = """<script>
(() => {
  if (window.%(name)s) return;
  const open = async (packed) => new Response(
    new Blob([Uint8Array.from(atob(packed), (one) => one.charCodeAt(0))]).stream()
      .pipeThrough(new DecompressionStream("gzip"))).text();
  window.%(name)s = (async () => {
    const style = document.createElement("style");
    style.textContent = await open("%(css)s");
    document.head.appendChild(style);
    const url = URL.createObjectURL(new Blob([await open("%(js)s")], { type: "application/javascript" }));
    try { return await import(url); } finally { URL.revokeObjectURL(url); }
  })();
  window.%(name)s.then(() => window.dispatchEvent(new Event("%(event)s")));
})();
</script>"""


def table_html(table: pd.DataFrame, *, caption: str, lang: str, wide: int, rows: int = 10, library: bool = True) -> str:
    """A table to sort and to filter, the library that does it included once a page.

    Args:
        table: its text cells and its column names are HTML already: whoever gives them has escaped them.
        caption: HTML, likewise.
        lang: "en" or "zh", of the words around the table.
        wide: place of the column that takes half of the width and is not to be sorted.
        rows: on one page.
        library: whether the library stands in it; without it another output of the notebook must bring it.

    Raises:
        StudyError: if itables is not installed.
    """
    try:
        from itables.javascript import to_html_datatable  # noqa: PLC0415 - an optional package
    except ImportError as error:
        raise StudyError(INSTALL) from error
    asked: dict[str, Any] = {
        "connected": False,
        "display_logo_when_loading": False,
        "allow_html": True,
        "maxBytes": 0,
        "maxRows": 0,
        "maxColumns": 0,
        "showIndex": False,
        "column_filters": "footer",
        "classes": "display compact",
        "style": "table-layout:auto;width:100%;margin:0;caption-side:top",
        "css": _STYLE,
        "autoWidth": False,
        "pageLength": rows,
        "columnDefs": [{"targets": [wide], "orderable": False, "width": "55%"}],
        "order": [],
        "table_id": f"scores_{_digest(table, caption)}",
        **({"language": dict(LANGUAGE[lang])} if LANGUAGE[lang] else {}),
    }
    made = _LINKS.sub("", to_html_datatable(table, caption, **asked))
    return f"{_library(made)}\n{made}" if library else made


def page(title: str, body: str, lang: str) -> str:
    """A document of its own, which a browser may not let ask for anything.

    Args:
        title: HTML, escaped.
        body: HTML.
        lang: "en" or "zh".
    """
    language = {"en": "en", "zh": "zh-CN"}[lang]
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{title}</title><style>body {{ font: 15px/1.4 sans-serif; margin: 1.5em; }}</style>"
    )
    return f'<!doctype html>\n<html lang="{language}"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def _digest(table: pd.DataFrame, caption: str) -> str:
    """The same name for the same table, so that a notebook run again is the same file."""
    return sha256((caption + table.to_csv(index=False)).encode()).hexdigest()[:12]


def _library(made: str) -> str:
    """The library under the name by which a table asks for it, and the event that it waits for."""
    name = re.search(r"await window\.(\w+);", made)
    event = re.search(r'addEventListener\("([\w.-]+)"', made)
    if name is None or event is None:
        raise StudyError("this version of itables makes tables in another form; install itables>=2.6,<3")
    css, js = _packed()
    return _LOAD % {"name": name[1], "event": event[1], "css": css, "js": js}


@cache
def _packed() -> tuple[str, str]:
    """Style and program of the library, compressed: a third of their size."""
    from itables import options  # noqa: PLC0415 - an optional package

    bundle = Path(options.dt_bundle)
    texts = (bundle.with_suffix(".css").read_bytes(), bundle.read_bytes())
    css, js = (b64encode(gzip.compress(text, compresslevel=9, mtime=0)).decode() for text in texts)
    return css, js
