"""What the documents and the workflow say holds: targets, links, interpreters, what decides."""

import re

import pytest
from handbook.style.words import listed
from proven.book import Settings

from tests.handbook.conftest import ROOT

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "MAINTAINING.md", "SECURITY.md"]
WORKFLOW = (ROOT / ".github/workflows/check.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_names_what_there_is(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    for number, line in enumerate((ROOT / name).read_text("utf-8").splitlines(), 1):
        # In prose only what is marked as code.
        for code in re.findall(r"`([^`]+)`", line) if line.strip()[:4] != "make" else [line]:
            for target in re.findall(r"^(?:\s*|.* )make ([a-z]+)\b", code):
                assert target in targets, f"{name}:{number}: there is no make {target}"
        for link in re.findall(r"\]\(([^)#:]+)\)", line):
            assert (ROOT / link).exists(), f"{name}:{number}: there is no {link}"


def test_the_workflow_lets_nothing_through() -> None:
    place = ".github/workflows/check.yml"
    for number, line in enumerate(WORKFLOW.splitlines(), 1):
        lets = re.search(r"\|\| *(?:true|:|exit 0)|continue-on-error|pull_request_target", line)
        assert not lets, f"{place}:{number}: a failure would pass: {line.strip()}"
        used = re.search(r"uses: \S+?@(\S+)", line)
        assert not used or re.fullmatch(r"[0-9a-f]{40}", used[1]), (
            f"{place}:{number}: pin it by hash"
        )
    for step in ("make test", "make browser", "make realtime"):
        assert f"- run: {step}\n" in WORKFLOW, f"{place}: nothing runs {step}"
    assert re.search(r"^  site:.*?needs: \[test, evidence, browser\]", WORKFLOW, re.M | re.S)


def test_the_workflow_has_each_interpreter_of_the_book() -> None:
    tried = re.findall(r"python: \[(.*)\]", WORKFLOW)
    versions = {version.strip('" ') for each in tried for version in each.split(",")}
    assert versions == set(Settings.at(ROOT).pythons), "check.yml and pyproject.toml differ"


def test_words_that_mean_the_same_are_two_at_least() -> None:
    for row in listed(ROOT / "source", "alike"):
        assert len(set(row.split())) > 1, f"source/_terms.toml: alike: {row!r} is alone"
