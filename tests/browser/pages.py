"""Every page: accessible in both themes and widths, never wider than the screen, light, Russian."""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from .conftest import LAPTOP, PHONE, ROOT, SITE, OpenAs, question_names

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
BEST_PRACTICE = ["empty-table-header", "region"]
ABOUT_COLOUR = ["color-contrast", "link-in-text-block"]
CLIPBOARD = ["clipboard-read", "clipboard-write"]
KILOBYTES = 50
NAMES = {
    "Python",
    "CPython",
    "GIL",
    "Sphinx",
    "Furo",
    "pradyunsg",
    "JavaScript",
    "CC",
    "BY",
    "MIT",
    "FAQ",
    "v",
    "s",
}

# Thousands of spans of code look alike, and hundreds of rows: axe-core needs one of each look,
# and works the faster the less there is beside it.  A look is the tags and classes within, and of
# a leaf those around.
TWINS = """() => {
  const seen = new Set();
  const first = look => !seen.has(look) && seen.add(look);
  const told = element => `${element.tagName}.${element.getAttribute("class")}`
    + (element.firstChild ? "" : "-");
  for (const row of document.querySelectorAll(":is(article, .sidebar-tree) :is(tr, li, dd)")) {
    const inside = [...row.querySelectorAll("*")].map(told).join(" ");
    if (first(`${told(row.parentElement.parentElement)} ${told(row)} ${inside}`)) continue;
    // A term may not stay without what is said of it.
    if (row.matches("dd")) row.dataset.twin = "";
    else row.remove();
  }
  for (const leaf of document.querySelectorAll("body *")) {
    if (leaf.children.length || [...leaf.attributes].some(({name}) => name !== "class")) continue;
    let look = "";
    for (let element = leaf; element; element = element.parentElement)
      look += `${told(element)} `;
    if (first(look)) continue;
    if (leaf.matches("span, code, em, strong")) leaf.replaceWith(leaf.textContent);
    else leaf.dataset.twin = "";
  }
}"""
# Contrast depends on nothing but colours and letters: one of each look is measured, until the look
# has been measured twice, whatever the page, the theme and the width in which it came up.
MEASURED: Counter[str] = Counter()
TIMES = 2
LOOKS = """known => {
  const looks = new Set(known);
  const chosen = [];
  const grounds = new Map();
  const ground = element => {
    if (!element) return "";
    if (!grounds.has(element)) {
      const {backgroundColor, backgroundImage, opacity} = getComputedStyle(element);
      const plain = backgroundColor === "rgba(0, 0, 0, 0)" && backgroundImage === "none";
      const here = plain && opacity === "1" ? ""
        : `${backgroundColor} ${backgroundImage} ${opacity} `;
      grounds.set(element, here + ground(element.parentElement));
    }
    return grounds.get(element);
  };
  const telling = node => node.nodeType === Node.TEXT_NODE && node.data.trim();
  for (const element of document.querySelectorAll("body *")) {
    delete element.dataset.look;
    if (!element.matches("input") && ![...element.childNodes].some(telling)) continue;
    const {left, right} = element.getBoundingClientRect();
    if (left < 0 || right > innerWidth || !element.checkVisibility({visibilityProperty: true}))
      continue;
    const has = getComputedStyle(element);
    const look = [has.color, has.fontSize, has.fontWeight, has.textDecorationLine, has.textShadow,
      getComputedStyle(element.parentElement).color, ground(element)].join();
    if (looks.has(look)) continue;
    element.dataset.look = "";
    looks.add(look);
    chosen.push(look);
  }
  return chosen;
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
  return [frame.textContent, ...labels.flatMap(label =>
    [...document.body.querySelectorAll(`[${label}]`)].map(has => has.getAttribute(label)))];
}"""
# The theme clips what is too wide, so that the page doesn't scroll: it must not be cut, either.
BEYOND = """() => [...document.querySelectorAll("article *")].filter(element => {
  if (!element.checkVisibility() || element.getBoundingClientRect().right <= innerWidth + 1)
    return false;
  for (let around = element; around.tagName !== "ARTICLE"; around = around.parentElement)
    if (getComputedStyle(around).overflowX === "auto") return false;
  return true;
}).map(element => element.outerHTML.slice(0, 120))"""
# A4 between margins of a centimetre, in CSS pixels.
PAPER = {"width": 718, "height": 1047}
CUT = """() => [...document.querySelectorAll("article *")]
  .filter(element => element.checkVisibility() && !element.closest("svg")
    && (element.getBoundingClientRect().right > innerWidth + 1
      || (getComputedStyle(element).overflowX !== "visible"
        && element.scrollWidth > element.clientWidth + 1)))
  .map(element => element.outerHTML.slice(0, 120))"""
ADDRESSES = """() => [...document.querySelectorAll("article a.external")]
  .filter(link => link.checkVisibility())
  .map(link => getComputedStyle(link, "::after").content)"""
PROSE = """() => {
  const text = document.querySelector("article").cloneNode(true);
  text.querySelectorAll("pre, code").forEach(code => code.remove());
  return text.textContent;
}"""


def violations(page: Page, only: dict[str, Any], of: dict[str, list[str]]) -> list[str]:
    """Return what axe-core finds in `of` against the rules that `only` names."""
    found = page.evaluate(
        "([of, only]) => axe.run(of, {...only, resultTypes: ['violations']})", [of, only]
    )["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the script of axe-core."""
    return Axe().axe_script


def check_access(page: Page, axe: str, *sizes: dict[str, int]) -> None:
    """Let axe-core look at the page in each size, or as it stands, light and dark."""
    # axe-core goes back and forth, and each time all rows out of sight would be laid out anew.
    # It can't tell colours above a gradient: the shadow at the edge of what scrolls.
    page.add_style_tag(
        content="* { content-visibility: visible !important }"
        " :is(pre, .table-wrapper, .timeline, .drawing) { background: none !important }"
    )
    page.evaluate(TWINS)
    # A link that has been scrolled beneath the head of the page would count as its neighbour.
    page.evaluate("scrollTo(0, 0)")
    page.evaluate(axe)
    rules = {rule: {"enabled": rule in BEST_PRACTICE} for rule in BEST_PRACTICE + ABOUT_COLOUR}
    for size in sizes or (page.viewport_size,):
        assert size
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        tags = {"runOnly": WCAG, "rules": rules}
        assert violations(page, tags, {"exclude": ["[data-twin]"]}) == []
        # The rest doesn't depend on the theme.
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            chosen = page.evaluate(LOOKS, [look for look, n in MEASURED.items() if n == TIMES])
            if chosen:
                MEASURED.update(chosen)
                colours = violations(page, {"runOnly": ABOUT_COLOUR}, {"include": ["[data-look]"]})
                assert colours == []
    page.emulate_media(color_scheme="light")


FOLDS = "open => document.querySelectorAll('details').forEach(fold => fold.open = open)"


def test_page(open_as: OpenAs, base: str, axe: str, address: str) -> None:
    """Load the page once, and look at it on a phone, on a laptop and on paper."""
    page, transferred, errors = open_as(base + address, permissions=CLIPBOARD)
    # The page that is shown for any lost address asks for its files at the host's root.
    home = base.removesuffix("book/") if address == "404.html" else base
    assert [url for url in transferred if not url.startswith(home)] == []
    assert page.evaluate(SHIFT) == 0
    if address in question_names():
        assert sum(transferred.values()) <= KILOBYTES * 1000, transferred
        check_letters(page)
    words = set(re.findall(r"[A-Za-z]+", " ".join(page.evaluate(TOLD)))) - NAMES
    assert words == set()
    assert not re.search(r"\d{4}-\d\d-\d\d", page.evaluate(PROSE))
    for size in (PHONE, LAPTOP):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert page.evaluate(BEYOND) == []
    check_copies(page)
    page.set_viewport_size(PAPER)
    page.emulate_media(media="print", color_scheme="dark")
    check_paper(page)
    page.emulate_media(media="screen", color_scheme="light")
    page.evaluate("document.querySelectorAll('details').forEach(shut => shut.open = true)")
    check_access(page, axe, PHONE, LAPTOP)
    assert errors == []


def check_letters(page: Page) -> None:
    """Code is read on a phone without a magnifying glass."""
    sizes = page.evaluate(
        "[...document.querySelectorAll('article pre')]"
        ".map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes, default=11) >= 11


def check_copies(page: Page) -> None:
    """Each button of an example copies a piece of its file."""
    page.evaluate(FOLDS, True)
    for example in page.locator("div.literal-block-wrapper:has(a.download)").all():
        name = example.locator("a.download").inner_text().strip()
        example.locator("button.copybtn").click()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.strip()
        assert copied.strip("\n") in (ROOT / name).read_text(encoding="utf-8")
    page.evaluate(FOLDS, False)


def check_paper(page: Page) -> None:
    """On paper everything is there, dark on white, and nothing but the text."""
    for hidden in (".sidebar-drawer", ".toc-drawer", ".mobile-header", "footer", ".copybtn"):
        assert not page.locator(f"{hidden} >> visible=true").count(), hidden
    assert page.evaluate(CUT) == []
    assert [shown for shown in page.evaluate(ADDRESSES) if "https://" not in shown] == []
    assert all(answer.is_visible() for answer in page.locator("details.guess .output").all())
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")


def test_search_results_are_accessible(open_as: OpenAs, base: str, axe: str) -> None:
    page = open_as(base + "search.html?q=потоками").page
    page.locator(".search-summary", has_text="Найден").wait_for()
    excerpts = page.locator("ul.search p.context")
    assert 6 <= excerpts.count() < page.locator("ul.search > li").count() / 2
    assert page.evaluate(SHIFT) == 0
    for last in (11, 20):
        page.locator("ul.search > li").nth(last).scroll_into_view_if_needed()
        page.locator("ul.search > li").nth(last).locator("p.context").wait_for()
    check_access(page, axe)


def test_open_drawers_are_accessible(open_as: OpenAs, base: str, axe: str) -> None:
    for shown, opener in ((".sidebar-brand", "__navigation"), (".toc-tree li li a", "__toc")):
        page = open_as(base + "tasks/gather.html", reduced_motion="reduce").page
        page.locator(f".mobile-header label[for={opener}]").click()
        page.locator(shown).first.wait_for()
        page.wait_for_timeout(400)  # the drawer slides in
        check_access(page, axe)


@pytest.mark.parametrize(
    "name", ["index.html", "tasks/gather.html", "ledger/tasks.html", "search.html", "glossary.html"]
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


ENDS = r"</(?:tr|p|li|dt|pre|svg|label|legend|form)>|<(?:input|button)\b[^>]*>"
PIECES = 60
ARRIVE = """pieces => {
  const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  const shifts = [];
  new PerformanceObserver(list => shifts.push(...list.getEntries().map(({value, sources}) =>
      [value, ...sources.map(({node}) => (node?.outerHTML ?? node?.data ?? "").slice(0, 120))])))
    .observe({type: "layout-shift"});
  const write = async () => {
    document.open();
    for (const piece of pieces) {
      document.write(piece);
      await frame();
    }
    document.close();
    await frame();
    await frame();
    return shifts;
  };
  window.arrived = write();
}"""


def check_arrival(open_as: OpenAs, address: str, pieces: list[str]) -> None:
    """Let a page arrive on a phone and on a laptop as on a bad network: each piece in a frame."""
    pages = [open_as(address, viewport=size).page for size in (PHONE, LAPTOP)]
    for page in pages:
        page.evaluate(ARRIVE, pieces)
    assert [page.evaluate("arrived") for page in pages] == [[], []]
    assert [page.locator("footer").count() for page in pages] == [1, 1], "not all of it came"


MOVABLE = (
    *("index.html", "bridges/index.html", "tasks/gather.html", "model/cpu-io.html"),
    *("glossary.html", "short-answers.html", "corrections.html", "how-checked.html"),
    *(
        "ledger/tasks.html",
        "404.html",
        "mutants.html",
        "mutants/pools.html",
        "tests/tasks/test_gather.html",
    ),
    *("search.html", "messages.html"),
)
"""A page of each template."""


@pytest.mark.parametrize("name", MOVABLE)
def test_nothing_moves_while_the_page_arrives(open_as: OpenAs, base: str, name: str) -> None:
    frame, tag, text = (SITE / name).read_text(encoding="utf-8").partition("<article")
    pieces = re.findall(rf".+?(?:{ENDS}|\Z)", tag + text, re.DOTALL)
    # What comes later is far below the screen.
    check_arrival(open_as, base + name, [frame, *pieces[:PIECES], "".join(pieces[PIECES:])])


def test_nothing_moves_while_the_frame_arrives(open_as: OpenAs, base: str) -> None:
    """Around the text, which is the same on every page, each tag comes alone."""
    name = "tasks/gather.html"
    head, body, rest = (SITE / name).read_text(encoding="utf-8").partition("<body")
    before, tag, text = (body + rest).partition("<article")
    article, end, after = (tag + text).partition("</article>")
    # A script isn't run before its end.
    tags = re.compile(r"(?:<script.*?</script>|<[^>]*>|^)[^<]*", re.DOTALL)
    pieces = [head, *tags.findall(before), article + end, *tags.findall(after)]
    assert "".join(pieces) == head + body + rest
    check_arrival(open_as, base + name, pieces)
