"""Every page: accessible in both themes and widths, never wider than the screen, light, Russian."""

from __future__ import annotations

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from .conftest import LAPTOP, PHONE, SITE, OpenAs, page_names, question_names

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ABOUT_COLOUR = ["color-contrast", "link-in-text-block"]
KILOBYTES = 50
NAMES = {"Python", "Sphinx", "Furo", "pradyunsg", "JavaScript", "CC", "BY", "MIT", "FAQ", "v", "s"}

# Thousands of spans of code look alike: axe-core needs one of each look, in a tenth of the time.
TWINS = """() => {
  const seen = new Set();
  for (const leaf of document.querySelectorAll("body *")) {
    if (leaf.children.length || [...leaf.attributes].some(({name}) => name !== "class")) continue;
    let look = "";
    for (let element = leaf; element; element = element.parentElement)
      look += `${element.tagName}.${element.getAttribute("class")} `;
    if (seen.has(look)) leaf.dataset.twin = "";
    seen.add(look);
  }
}"""
SHIFT = """() => new Promise(resolve => {
  let sum = 0;
  new PerformanceObserver(list => list.getEntries().forEach(entry => sum += entry.value))
    .observe({type: "layout-shift", buffered: true});
  requestAnimationFrame(() => setTimeout(() => resolve(sum)));
})"""

# All that the page tells beside its text and its titles.
TOLD = """() => {
  const frame = document.body.cloneNode(true);
  const own = "article, .sidebar-tree, .toc-tree, .related-pages .title, script, style, noscript";
  frame.querySelectorAll(own).forEach(element => element.remove());
  const labels = ["aria-label", "title", "placeholder", "alt", "data-tooltip"];
  return [frame.textContent, ...[...document.querySelectorAll("body *")]
    .flatMap(element => labels.map(label => element.getAttribute(label) ?? ""))];
}"""
# The theme clips what is too wide, so that the page doesn't scroll: it must not be cut, either.
BEYOND = """() => [...document.querySelectorAll("article *")].filter(element => {
  if (!element.checkVisibility() || element.getBoundingClientRect().right <= innerWidth + 1)
    return false;
  for (let around = element; around.tagName !== "ARTICLE"; around = around.parentElement)
    if (getComputedStyle(around).overflowX === "auto") return false;
  return true;
}).map(element => element.outerHTML.slice(0, 120))"""
PROSE = """() => {
  const text = document.querySelector("article").cloneNode(true);
  text.querySelectorAll("pre, code").forEach(code => code.remove());
  return text.textContent;
}"""


def violations(page: Page, rules: list[str]) -> list[str]:
    """Return what axe-core finds against `rules`, or tags of rules, on the page as it stands."""
    found = page.evaluate(
        "runOnly => axe.run({exclude: ['[data-twin]']}, {runOnly, resultTypes: ['violations']})",
        rules,
    )["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the script of axe-core."""
    return Axe().axe_script


def check_access(page: Page, axe: str) -> None:
    """Let axe-core look at the page as it stands, light and dark."""
    # axe-core goes back and forth, and each time all rows out of sight would be laid out anew.
    page.add_style_tag(content="* { content-visibility: visible !important }")
    page.evaluate(TWINS)
    page.evaluate(axe)
    assert violations(page, WCAG) == []
    # The rest doesn't depend on the theme.
    page.emulate_media(color_scheme="dark")
    assert violations(page, ABOUT_COLOUR) == []


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_page(open_as: OpenAs, base: str, axe: str, size: dict[str, int], address: str) -> None:
    page, transferred, errors = open_as(base + address, viewport=size)
    assert errors == []
    assert [url for url in transferred if not url.startswith(base)] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert page.evaluate(BEYOND) == []
    assert page.evaluate(SHIFT) == 0
    if address in question_names():
        assert sum(transferred.values()) <= KILOBYTES * 1000, transferred
    words = set(re.findall(r"[A-Za-z]+", " ".join(page.evaluate(TOLD)))) - NAMES
    assert words == set()
    assert not re.search(r"\d{4}-\d\d-\d\d", page.evaluate(PROSE))
    page.evaluate("document.querySelectorAll('details').forEach(shut => shut.open = true)")
    check_access(page, axe)


def test_search_results_are_accessible(open_as: OpenAs, base: str, axe: str) -> None:
    page = open_as(base + "search.html?q=потоками").page
    page.locator("ul.search p.context").nth(20).wait_for()
    page.locator(".search-summary", has_text="Найден").wait_for()
    assert page.evaluate(SHIFT) == 0
    check_access(page, axe)


def test_open_drawers_are_accessible(open_as: OpenAs, base: str, axe: str) -> None:
    for shown, opener in ((".sidebar-brand", "__navigation"), (".toc-tree li li a", "__toc")):
        page = open_as(base + "tasks/gather.html", reduced_motion="reduce").page
        page.locator(f".mobile-header label[for={opener}]").click()
        page.locator(shown).first.wait_for()
        page.wait_for_timeout(400)  # the drawer slides in
        check_access(page, axe)


@pytest.mark.parametrize(
    "name", ["index.html", "tasks/gather.html", "ledger.html", "search.html", "glossary.html"]
)
def test_nothing_moves_when_scripts_are_late(browser: Browser, base: str, name: str) -> None:
    for size in (PHONE, LAPTOP):
        page = browser.new_page(viewport=size)
        try:
            page.route("**/*.js*", lambda route: (time.sleep(0.2), route.continue_()))
            page.goto(base + name)
            assert page.evaluate(SHIFT) == 0
        finally:
            page.close()


MOVABLE = [
    *("index.html", "bridges/index.html", "tasks/gather.html", "glossary.html"),
    *(name for name in page_names() if "<table" in (SITE / name).read_text(encoding="utf-8")),
]


@pytest.mark.parametrize("name", MOVABLE)
def test_nothing_moves_while_the_page_arrives(open_as: OpenAs, trickling: str, name: str) -> None:
    for size in (PHONE, LAPTOP):
        page = open_as(trickling + name, viewport=size).page
        assert page.evaluate(SHIFT) == 0
