"""What a build keeps for the next one: little, and nothing that is out of date."""

import pickle
from pathlib import Path
from typing import Any

import pytest
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.utils import new_document
from handbook.domain import loose
from handbook.domain.inventory import Inventory, InventoryFile

from tests.handbook.conftest import ROOT, Book

PYTHON = ROOT / "source/_inventories/python-3.14.inv"


def test_what_a_page_leaves_does_not_hold_the_page(book: Book) -> None:
    more = "Ещё одно предложение, которое ни на что не влияет.\n\n"
    sizes = []
    for times in (1, 200):
        book.replace("source/tasks/hello.md", "[Строка", more * times + "[Строка")
        assert book.build("html").returncode == 0
        environment = (book.root / "build/doctrees/environment.pickle").read_bytes()
        data = pickle.loads(environment).domaindata["handbook"]
        kept = [data["sentences"], data["shorts"]]
        sizes.append(len(pickle.dumps(kept)))
        assert len(environment) < 200_000, "the inventory isn't among it"
    # The number of a later line may take a byte more.
    assert abs(sizes[0] - sizes[1]) < 10


def test_a_loose_node_stays_as_it_was() -> None:
    page = new_document("page", get_default_settings())
    page += nodes.paragraph("", "", nodes.emphasis("", "so"))
    copy = loose(page[0])
    assert copy.pformat() == page[0].pformat()
    assert copy.document is None
    assert page[0].document is page


def test_the_inventory_is_parsed_when_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    loads = InventoryFile.loads

    def note(content: bytes, *, uri: str) -> Any:
        parsed.append(uri)
        return loads(content, uri=uri)

    monkeypatch.setattr(InventoryFile, "loads", note)
    file, kept = tmp_path / "python.inv", tmp_path / "kept"
    file.write_bytes(PYTHON.read_bytes())
    for address, count in (("https://a", 1), ("https://a", 1), ("https://b", 2)):
        inventory = pickle.loads(pickle.dumps(Inventory(address, file, kept)))
        assert inventory["py:function"]["asyncio.run"].uri.startswith(f"{address}/library/")
        assert len(parsed) == count
    file.write_bytes(PYTHON.read_bytes())
    assert len(Inventory("https://b", file, kept)) > 10
    assert len(parsed) == 3
