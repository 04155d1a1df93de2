"""Each repair with its place, its reason and its end."""

from __future__ import annotations

from dataclasses import dataclass

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
    Repair(
        "sphinx/writers/html5.py (visit_literal)",
        '<span class="pre">-',
        '<span class="pre key">-',
        "browsers break no line after the hyphens of a key, as in --workers",
        sign='class="pre">-',
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
