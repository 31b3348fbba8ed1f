"""Hook of mkdocs: links of a page that leave docs/ are shown as paths, for the site holds the pages alone.

A link to a file that is not there stays as it is, and the strict build refuses it.
"""

import re
from pathlib import Path
from typing import Any, Final

LINK: Final = re.compile(r"\[([^\]]*)\]\((\.\./[^)#]+)(?:#[^)]*)?\)")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """The text of a page with those links as paths.

    Args:
        markdown: the text as written.
        page: of mkdocs; where its file lies tells what a relative link means.
    """
    file = Path(page.file.abs_src_path)
    return with_paths(markdown, file.parent, file.parents[len(Path(page.file.src_uri).parts) - 1])


def with_paths(markdown: str, folder: Path, docs: Path) -> str:
    """Links from a page in `folder` that leave `docs` as text with the path from the project's folder.

    Args:
        markdown: text of the page.
        folder: in which the page lies.
        docs: folder of the pages; the project's folder is the one above.
    """

    def shown(found: re.Match[str]) -> str:
        target = (folder / found[2]).resolve()
        if target.is_relative_to(docs.resolve()) or not target.exists():
            return found[0]
        path = f"`{target.relative_to(docs.resolve().parent)}`"
        text = found[1].strip("`")
        return path if text == path.strip("`") else f"{found[1]} ({path})"

    return LINK.sub(shown, markdown)
