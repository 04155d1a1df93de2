"""The built site on a loopback server, in Debian's Chromium.

`make browser` runs it.  Nothing here is imported before a test asks for it,
because `make test` passes this folder too and needs none of these packages.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from handbook.stage import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

SITE = Path(os.environ.get("HANDBOOK_SITE", ROOT / "build/html"))
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
PHONE = {"width": 390, "height": 844}
LAPTOP = {"width": 1366, "height": 768}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files compressed, as any real host does."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        file = Path(self.translate_path(self.path))
        if not file.is_file():
            self.send_error(404)
            return
        body = gzip.compress(file.read_bytes(), 6)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(file))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep silent."""


def page_names() -> list[str]:
    """Return the pages of the site as addresses relative to its root."""
    return sorted(file.relative_to(SITE).as_posix() for file in SITE.rglob("*.html"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for `address` on every page, for `question` on every question's."""
    names = page_names()
    if not names:
        pytest.exit(f"no site in {SITE}: run make html", 2)
    if "address" in metafunc.fixturenames:
        metafunc.parametrize("address", names)
    if "question" in metafunc.fixturenames:
        chapters = {name.partition("/")[0] for name in names if name.endswith("/index.html")}
        chapters -= {"tests"}
        metafunc.parametrize(
            "question",
            [
                name
                for name in names
                if name.partition("/")[0] in chapters and not name.endswith("/index.html")
            ],
        )


@pytest.fixture(scope="session")
def base() -> Iterator[str]:
    """Return the address of the site on the loopback server."""
    handler = functools.partial(Handler, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return Chromium; tell what to install if it can't be had."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.exit("Chromium is missing: install it, on Debian by apt install chromium", 2)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def java() -> str:
    """Return the path of Java; tell what to install if it isn't there."""
    java = shutil.which("java")
    if not java:
        pytest.exit("Java is missing: install it, on Debian by apt install default-jre-headless", 2)
    return java


class Opened(NamedTuple):
    """A page as the browser got it: `transferred` in bytes by address, `errors` of its console."""

    page: Page
    transferred: dict[str, int]
    errors: list[str]


def opened(context: BrowserContext, address: str) -> Opened:
    """Open `address` and note what the browser fetched and complained of until it was loaded."""
    page = context.new_page()
    transferred: dict[str, int] = {}
    errors: list[str] = []
    requests = []
    page.on("requestfinished", lambda request: requests.append(request))
    page.on("requestfailed", lambda request: errors.append(f"failed: {request.url}"))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(address)
    for request in requests:
        size = request.sizes()
        transferred[request.url] = size["responseBodySize"] + size["responseHeadersSize"]
    return Opened(page, transferred, errors)
