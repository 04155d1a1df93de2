"""The built site on a loopback server, in Debian's Chromium.

`make browser` runs the files beside this one, whose names keep them out of `make test`.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

ROOT = Path(__file__).parents[2]
SITE = Path(os.environ.get("HANDBOOK_SITE", ROOT / "build/html"))
CHROMIUM = os.environ.get("CHROMIUM", "chromium")
# Playwright adds --headless and a fresh --user-data-dir.
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
BESIDE = ("tests/", "ledger/", "mutants/")
"""Folders of pages that no source has: to these other pages lead, not the book's own order."""
PHONE = {"width": 390, "height": 844}
LAPTOP = {"width": 1366, "height": 768}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files compressed, as any real host does."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        file = Path(self.translate_path(self.path))
        if file.is_dir():
            file /= "index.html"
        if not file.is_file():
            self.send_error(404)
            return
        body = gzip.compress(file.read_bytes(), 6)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(file))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(ConnectionError):  # a page that is closed wants nothing any more
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep silent."""


def page_names() -> list[str]:
    """Return the pages of the site as addresses relative to its root."""
    return sorted(file.relative_to(SITE).as_posix() for file in SITE.rglob("*.html"))


def question_names() -> list[str]:
    """Return the pages that answer a question: those in a chapter, but for its index."""
    pages = [name for name in page_names() if "/" in name and not name.startswith(BESIDE)]
    return [name for name in pages if not name.endswith("/index.html")]


def looked_at() -> list[str]:
    """Return the pages that a browser has to look at: all, but of the pages of proofs four.

    One template makes those from files of tests: the longest line, the longest file, the
    shortest and one between stand for all.
    """
    proofs = [name for name in page_names() if name.startswith("tests/")]
    texts = {name: (SITE / name).read_text(encoding="utf-8") for name in proofs}
    by_size = sorted(proofs, key=lambda name: len(texts[name]))
    widest = max(proofs, key=lambda name: max(map(len, texts[name].splitlines())))
    kept = {widest, by_size[0], by_size[len(by_size) // 2], by_size[-1]}
    return [name for name in page_names() if name not in proofs or name in kept]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for `address` on each page to look at, for `question` on each such."""
    for fixture, names in (("address", looked_at()), ("question", question_names())):
        if fixture in metafunc.fixturenames:
            assert names, f"no site in {SITE}"
            metafunc.parametrize(fixture, names)


@contextmanager
def served(handler: type[Handler], folder: Path) -> Iterator[str]:
    """Serve `folder` on a loopback address and return it."""
    serve = functools.partial(handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of the site: a folder of its host, where links must lead, too."""
    host = tmp_path_factory.mktemp("host")
    (host / "book").symlink_to(SITE.absolute(), target_is_directory=True)
    # The page for lost addresses takes the site to be all of its host.
    (host / "_static").symlink_to(SITE.absolute() / "_static", target_is_directory=True)
    with served(Handler, host) as address:
        yield address + "book/"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_as(browser: Browser) -> Iterator[OpenAs]:
    """Return a function that opens an address in a fresh context with the options given."""
    contexts = []

    def open_(address: str, **options: Any) -> Opened:
        context = browser.new_context(**{"viewport": PHONE, **options})
        contexts.append(context)
        return opened(context, address)

    yield open_
    for context in contexts:
        context.close()


class Opened(NamedTuple):
    """A page as the browser got it: `transferred` in bytes by address, `errors` of its console."""

    page: Page
    transferred: dict[str, int]
    errors: list[str]


class OpenAs(Protocol):
    """Opens an address with options of Browser.new_context; on a phone if they don't tell."""

    def __call__(self, address: str, **options: Any) -> Opened: ...


def opened(context: BrowserContext, address: str) -> Opened:
    """Open `address` and note what the browser fetched and complained of until it was loaded."""
    page = context.new_page()
    transferred: dict[str, int] = {}
    errors: list[str] = []
    requests: list[Request] = []
    page.on("requestfinished", lambda request: requests.append(request))
    page.on("requestfailed", lambda request: errors.append(f"failed: {request.url}"))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(address)
    for request in requests:
        size = request.sizes()
        transferred[request.url] = size["responseBodySize"] + size["responseHeadersSize"]
    return Opened(page, transferred, errors)
