"""What a release would contain, and every reason why it can't be made: `make release`.

It is dry: it reads, compares and prints.  `make release TAG=1` sets the tag if nothing
stands in the way.  Tests, browser and realtime have passed when it is called: the
Makefile runs them first.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from proven.book import Book
from proven.checks import environment
from proven.findings import loaded, this_python

from handbook.authors.reasons import MADE, git, reasons, version_of


def forged(book: Book) -> Iterator[str]:
    """Yield where the evidence of this interpreter isn't what a run on it gives, now.

    A result that somebody wrote by hand doesn't come out.  It takes minutes.
    """
    version = this_python()
    evidence = next((each for each in book.evidence if each.version == version), None)
    if evidence is None:
        return
    out = book.root / "build/release-findings.json"
    out.unlink(missing_ok=True)
    command = [sys.executable, "-m", "proven.checks.evidence", "--inside", str(out)]
    subprocess.run(
        command, cwd=book.root, env=environment(), stdout=subprocess.DEVNULL, check=False
    )
    if not out.is_file():
        yield "evidence: it could not be taken on this interpreter: make evidence tells why"
        return
    run = loaded(out)
    for part in ("claims", "examples"):
        for key, finding in evidence.part(part).items():
            now = run[part].get(key, {}).get("outcome")
            if now != finding.outcome:
                yield f"evidence of {version}: {key}: it says {finding.outcome}, a run {now}"


def external(root: Path) -> Iterator[str]:
    """Yield dead links to other sites; nothing where there is no network."""
    try:
        socket.create_connection(("docs.python.org", 443), timeout=3).close()
    except OSError:
        print("External links: not looked at, there is no network.")
        return
    report = root / "build/links/output.txt"
    report.unlink(missing_ok=True)
    options = ["-c", ".", "-d", "build/doctrees", "-q", "-b", "linkcheck", "source", "build/links"]
    subprocess.run(
        [sys.executable, "-m", "sphinx", *options],
        cwd=root,
        env=environment(),
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if not report.is_file():
        yield "links: sphinx could not look at them: what it says above tells why"
        return
    for line in report.read_text(encoding="utf-8").splitlines():
        if "[broken]" in line:
            yield f"source/{line}"


def _contents(book: Book) -> Iterator[str]:
    yield f"Version {version_of(book.root)}, {git(book.root, 'log', '-1', '--format=%h %cs %s')}"
    questions = {claim.file for claim in book.all_claims}
    yield (
        f"{len(questions)} pages with claims, {len(book.snippets)} snippets, "
        f"{len(book.claims)} claims, evidence of {len(book.evidence)} interpreters"
    )
    for name in MADE[1:]:
        if (book.root / name).is_file():
            yield f"{name}: {(book.root / name).stat().st_size / 1e6:.1f} MB"
    pages = list((book.root / "build/html").rglob("*.html"))
    yield f"build/html: {len(pages)} pages"


def main() -> int:
    """Print what a release would contain and what stands in its way; tag it if asked to."""
    parser = argparse.ArgumentParser(prog="make release", description=main.__doc__)
    parser.add_argument("--tag", action="store_true", help="set the tag if nothing is in the way")
    parser.add_argument("--root", default=".")
    options = parser.parse_args()
    os.chdir(options.root)
    book = Book.at(".")
    print("\n".join(_contents(book)))
    wrong = [*reasons(book), *external(book.root)] or list(forged(book))
    if wrong:
        print(f"\nNo release, for {len(wrong)} reasons:")
        print("\n".join(wrong))
        return 1
    tag = f"v{version_of(book.root)}"
    print(f"\nNothing stands in the way of {tag}.")
    if options.tag:
        subprocess.run(["git", "tag", "-a", tag, "-m", tag], check=True)
        print(f"The tag {tag} is set: git push origin {tag} publishes it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
