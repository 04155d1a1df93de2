"""Repairs of what other projects write, each with its place, its reason and its end.

A repair that finds nothing to mend is an error: its project has changed, and MAINTAINING.md says
what to do.  The templates are mended as they are loaded, so each build tells at once; what a
program writes is mended page by page, wherever `sign` stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from jinja2 import FileSystemBytecodeCache
from sphinx.jinja2glue import BuiltinTemplateLoader
from sphinx.transforms.post_transforms import SphinxPostTransform

from handbook.domain import Fault, warn

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Environment
    from sphinx.builders import Builder
    from sphinx.theming import Theme

RUSSIAN = "furo takes all its words from gettext"
LANDMARKS = "furo puts its switches into landmarks: axe asks it of all on a page"


@dataclass(frozen=True)
class Repair:
    """Puts `new` in the place of `old`, which stands in `place` of the other project.

    until: what must be true there before the repair can go; sign: where this occurs,
    `old` must, too; for a template, in which `old` must always occur, it is empty.
    """

    place: str
    old: str
    new: str
    until: str
    sign: str = ""


TEMPLATES = [
    *(
        Repair("furo/theme/furo/page.html", old, new, RUSSIAN)
        for old, new in {
            '"Toggle site navigation sidebar"': '"Показать или скрыть оглавление сайта"',
            '"Toggle table of contents sidebar"': '"Показать или скрыть содержание страницы"',
            '"Toggle Light / Dark / Auto color theme"': (
                '"Сменить тему: светлая, тёмная, как в системе"'
            ),
        }.items()
    ),
    *(
        Repair("furo/theme/furo/partials/icons.html", f"<title>{old}<", f"<title>{new}<", RUSSIAN)
        for old, new in {
            "Contents": "Содержание страницы",
            "Menu": "Оглавление сайта",
            "Expand": "Раскрыть",
            "Light mode": "Светлая тема",
            "Dark mode": "Тёмная тема",
            "Auto light/dark, in light mode": "Тема как в системе: светлая",
            "Auto light/dark, in dark mode": "Тема как в системе: тёмная",
        }.items()
    ),
    *(
        Repair(
            "furo/theme/furo/page.html",
            f'<aside class="{name}',
            f'<aside aria-label="{label}" class="{name}',
            "furo names its two asides: axe asks that landmarks of one kind differ",
        )
        for name, label in {
            "sidebar-drawer": "Оглавление сайта",
            "toc-drawer": "Содержание страницы",
        }.items()
    ),
    *(
        Repair("furo/theme/furo/page.html", old, new, LANDMARKS)
        for old, new in {
            '<input type="checkbox" class="sidebar-toggle" name="__navigation"': (
                '<nav aria-label="Что показать"><input type="checkbox" class="sidebar-toggle"'
                ' name="__navigation"'
            ),
            '<label class="overlay sidebar-overlay"': (
                '</nav>\n<label class="overlay sidebar-overlay"'
            ),
            '<a href="#" class="back-to-top': (
                '<nav aria-label="Страница"><a href="#" class="back-to-top'
            ),
            '<article role="main"': '</nav>\n<article role="main"',
        }.items()
    ),
    Repair(
        "furo/theme/furo/page.html",
        """<a class="muted-link" href="https://pradyunsg.me">@pradyunsg</a>'s""",
        "",
        "the possessive, which is English, is translated in furo",
    ),
    *(
        Repair(
            f"furo/theme/furo/{template}",
            " - {{ docstitle|striptags|e }}</title>",
            " — {{ docstitle|striptags|e }}</title>",
            "furo lets the title's dash be chosen: Russian has no hyphen there",
        )
        for template in ("base.html", "genindex.html")
    ),
]
"""What furo's templates say literally; its page.html can't be overridden, the EPUB has another."""

NAVIGATION = [
    Repair(
        "furo/navigation.py",
        '"Toggle navigation of ',
        '"Показать или скрыть раздел: ',
        RUSSIAN,
        sign="toctree-checkbox",
    ),
    Repair(
        "furo/navigation.py",
        ' role="switch" type="checkbox"',
        ' type="checkbox"',
        "furo keeps aria-checked: a switch must tell its state, a checkbox does it by itself",
        sign="toctree-checkbox",
    ),
]
"""What stands in the contents at the side, beside CAPTION."""

CAPTION = Repair(
    "sphinx/writers/html5.py (visit_title)",
    '<p class="caption" role="heading">',
    '<p class="caption" role="heading" aria-level="2">',
    "Sphinx writes aria-level beside role=heading: the Nu checker asks for it",
    sign='class="caption" role=',
)
NAVIGATION.append(CAPTION)

HEAD = [
    Repair(
        "docutils/writers/html5_polyglot/__init__.py (HTMLTranslator)",
        '<meta name="viewport" content="width=device-width, initial-scale=1" />',
        "",
        "Sphinx drops docutils' twin of the theme's own: the Nu checker reports it",
        sign='name="viewport"',
    )
]
"""What docutils puts into the head of a page."""

BODY = [
    Repair(
        "furo/__init__.py (WrapTableAndMathInAContainerTransform)",
        '<div class="table-wrapper',
        '<div tabindex="0" class="table-wrapper',
        "furo lets the keyboard reach what scrolls",
        sign="table-wrapper",
    ),
    CAPTION,
]
"""What stands in the text of a page."""

STYLES = [
    Repair(
        "furo/theme/furo/static/styles/furo.css",
        f"#{name}:checked~",
        f"body:has(#{name}:checked)>",
        LANDMARKS,
    )
    for name in ("__navigation", "__toc")
]
"""What opens the drawers beside the checkboxes, which no longer stand beside them."""

TOOLS = {
    "searchtools.js": (
        "Search = {",
        "setIndex: (",
        "SearchResultKind",
        "query: (",
        "const _displayItem = (",
        "const _finishSearch = (",
    ),
    "doctools.js": ("TRANSLATIONS: {",),
}
"""What search.js replaces in Sphinx's own tools, all of it private to them."""


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
