"""How repairs are made: in templates as they are loaded, in pages as they are written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from jinja2 import FileSystemBytecodeCache
from sphinx.jinja2glue import BuiltinTemplateLoader
from sphinx.transforms.post_transforms import SphinxPostTransform

from handbook.domain import Fault, warn
from handbook.site.repairs.table import BODY, TEMPLATES, Repair

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Environment
    from sphinx.builders import Builder
    from sphinx.theming import Theme


def mend(repairs: list[Repair], text: str, where: str) -> str:
    """Return `text`, which `where` names, with `repairs` made; warn of each that doesn't apply."""
    for repair in repairs:
        if repair.sign not in text:
            continue
        if repair.old not in text:
            no_longer(f"{repair.place}: {repair.old!r}", where)
        text = text.replace(repair.old, repair.new)
    return text


warned: set[str] = set()
"""The repairs of which this build has warned."""


def no_longer(what: str, where: str) -> None:
    """Warn, once a build, that a repair doesn't apply any more."""
    if what in warned:
        return
    warned.add(what)
    warn(
        Fault.REPAIR,
        f"a repair no longer applies in {where}: {what} isn't there; see MAINTAINING.md",
        None,
    )


class Templates(BuiltinTemplateLoader):
    """Sphinx's loader of templates: mends those of furo as they come, compiles each once."""

    def init(
        self, builder: Builder, theme: Theme | None = None, dirs: list[str] | None = None
    ) -> None:
        """Keep the compiled templates beside the doctrees."""
        super().init(builder, theme, dirs)
        folder = Path(builder.doctreedir, "templates")
        folder.mkdir(parents=True, exist_ok=True)
        self.environment.bytecode_cache = FileSystemBytecodeCache(str(folder))

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """Return the text of `template`, its file and whether it is up to date."""
        text, file, uptodate = super().get_source(environment, template)
        path = file.replace("\\", "/")
        own = [repair for repair in TEMPLATES if path.endswith(f"/{repair.place}")]
        return mend(own, text, template), file, uptodate


class OneId(SphinxPostTransform):
    """Leaves the id of a table to the table: the box that furo puts around it has it, too.

    The place is furo/__init__.py (WrapTableAndMathInAContainerTransform); until the box has no ids.
    """

    formats = ("html",)
    default_priority = 501  # after furo's

    def run(self, **kwargs: Any) -> None:
        """Take the ids from the boxes around tables that have them."""
        for table in self.document.findall(nodes.table):
            box = table.parent
            if not table["ids"] or "table-wrapper" not in box.get("classes", ()):
                continue
            if box["ids"] != table["ids"]:
                no_longer("furo/__init__.py: a table's id on its box", self.env.docname)
            box["ids"] = []


def mend_body(
    app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Mend the text of a page."""
    if app.builder.name == "html" and "body" in context:
        context["body"] = mend(BODY, context["body"], pagename)
