"""Every page: accessible in both themes and widths, never wider than the screen, light."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .conftest import LAPTOP, PHONE, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ABOUT_COLOUR = ["color-contrast", "link-in-text-block"]
KILOBYTES = 50

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
    from axe_playwright_python.sync_playwright import Axe

    return Axe().axe_script


def test_accessible(browser: Browser, base: str, axe: str, address: str) -> None:
    for size in (PHONE, LAPTOP):
        context = browser.new_context(viewport=size)
        try:
            page, transferred, errors = opened(context, base + address)
            assert errors == []
            assert [url for url in transferred if not url.startswith(base)] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            assert page.evaluate(SHIFT) == 0
            page.evaluate(TWINS)
            page.evaluate(axe)
            assert violations(page, WCAG) == [], size
            # The rest doesn't depend on the theme.
            page.emulate_media(color_scheme="dark")
            assert violations(page, ABOUT_COLOUR) == [], size
        finally:
            context.close()


def test_light(browser: Browser, base: str, question: str) -> None:
    context = browser.new_context(viewport=PHONE)
    try:
        transferred = opened(context, base + question).transferred
        assert sum(transferred.values()) <= KILOBYTES * 1000, transferred
    finally:
        context.close()
