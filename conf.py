"""Settings of the handbook; the machinery is in source/_ext/handbook."""

import doctest
import os
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "source" / "_ext"))

project = "Конкурентность в Python"
author = "авторы справочника"
project_copyright = "2026, авторы справочника; текст — CC BY 4.0, код — MIT"
version = release = tomllib.loads((HERE / "pyproject.toml").read_text("utf-8"))["project"][
    "version"
]
language = "ru"

extensions = ["myst_parser", "sphinx.ext.intersphinx", "sphinx_copybutton", "handbook"]
exclude_patterns = ["_*"]
# The text has its dashes and quotes already; a key of a command line keeps its two hyphens.
smartquotes = False
nitpicky = True
highlight_language = "none"
numfig = True
numfig_secnum_depth = 0
numfig_format = {
    "figure": "Рис. %s.",
    "code-block": "Листинг %s",
    "table": "Таблица %s.",
    "section": "%s",
}

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3

documentation = ("python", "https://docs.python.org/3", "source/_inventories/python-3.14.inv")

# Sphinx's own defaults hide errors; this one only shows them as a diff.
doctest_default_flags = doctest.REPORT_UDIFF
doctest_show_successes = False

copybutton_exclude = ".linenos, .gp"

templates_path = ["source/_templates"]
html_title = project
# Where the site is published, if anywhere: gives canonical addresses, a sitemap and robots.txt.
html_baseurl = os.environ.get("SITE_URL") or os.environ.get("READTHEDOCS_CANONICAL_URL", "")
# Where errors are reported, as in "https://…/issues/new": the ledger's rows lead there.
report_url = ""
html_favicon = "source/_static/favicon.svg"
html_theme = "furo"
html_static_path = ["source/_static"]
html_css_files = ["handbook.css", "interleaving.css", "scheduler.css"]
html_copy_source = False
html_show_sourcelink = False
# What is compared side by side has blank lines that nobody wants to copy.
copybutton_selector = "div[class*=highlight-] > div.highlight > pre"
html_permalinks_icon = "#"
html_domain_indices = False
html_theme_options = {
    "light_css_variables": {
        "font-stack": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
        "font-stack--monospace": "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace",
        "color-brand-primary": "#0b5394",
        "color-brand-content": "#0b5394",
        "color-brand-visited": "#5b3a8c",
        "color-wrong": "#a3201a",
        "color-right": "#1b6e34",
        "timeline-ground": "#ffffff",
        "timeline-text": "#1a1c1e",
        "timeline-quiet": "#565b61",
        "timeline-error": "#a3201a",
        "timeline-works": "#0b5394",
        "timeline-waits": "#7b838c",
        "timeline-queues": "#9a4b00",
        "timeline-holds": "#d3e7c8",
        "timeline-edge": "#3f7a2b",
        "timeline-grid": "#e4e7ea",
    },
    "dark_css_variables": {
        "color-brand-primary": "#7ab8f5",
        "color-brand-content": "#7ab8f5",
        "color-brand-visited": "#b794e8",
        "color-wrong": "#ff9087",
        "color-right": "#7fce94",
        "timeline-ground": "#131416",
        "timeline-text": "#e9ebed",
        "timeline-quiet": "#a9b0b8",
        "timeline-error": "#ff9087",
        "timeline-works": "#7ab8f5",
        "timeline-waits": "#7d858e",
        "timeline-queues": "#f0a35e",
        "timeline-holds": "#2c4524",
        "timeline-edge": "#86bd6e",
        "timeline-grid": "#2c3035",
    },
}

typst_name = "handbook"
typst_appendices = ["*"]  # the pages that stand in no chapter's folder

epub_basename = "handbook"
epub_description = "Справочник о потоках, процессах и asyncio: каждое утверждение доказано тестом."
epub_identifier = epub_uid = "handbook-on-concurrency-in-python"
epub_contributor = author
epub_show_urls = "no"
epub_css_files = ["book.css"]
# Sphinx leaves it when this file changed, and then would pack it.
epub_exclude_files = [".buildinfo.bak"]
