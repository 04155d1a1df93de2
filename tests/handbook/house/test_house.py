"""The machinery keeps its walls: rooms, the direction of imports, sizes, and what it knows."""

import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.handbook.conftest import ROOT
from tests.handbook.house.rooms import (
    MOST_LINES,
    MOST_OF_A_CLASS,
    MOST_ROOMS,
    Package,
    imports,
    packages,
    sizes,
)

MACHINERY = ROOT / "source/_ext"
PACKAGES = packages(MACHINERY)
each_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)

LARGER = {}
"""What is larger than a room should be, and may only shrink: lines, those of its longest class."""


@each_package
def test_rooms_are_few(package: Package) -> None:
    assert len(package.rooms) <= MOST_ROOMS, sorted(package.rooms)


@each_package
def test_imports_go_in_no_circle(package: Package) -> None:
    graph: dict[str, set[str]] = {}
    for arrow in package.arrows():
        graph.setdefault(arrow.source, set()).add(arrow.target)
    TopologicalSorter(graph).prepare()


@each_package
def test_the_docstring_tells_the_order_of_rooms(package: Package) -> None:
    if "No room imports another" in package.docstring:
        assert not list(package.arrows())
    elif package.name.startswith("proven"):
        assert package.order
    if package.order:
        assert not list(package.faults())


@pytest.mark.parametrize(
    ("package", "own"),
    [
        ("proven", set()),
        ("typst_book", set()),
        ("handbook", {"proven"}),
    ],
)
def test_packages_import_one_way(package: str, own: set[str]) -> None:
    others = {"proven", "typst_book", "handbook", "tests"} - {package}
    assert imports(MACHINERY, package) & others == own


def test_proven_knows_neither_sphinx_nor_russian() -> None:
    names = imports(MACHINERY, "proven")
    assert not names & {"sphinx", "docutils", "myst_parser", "pygments", "furo"}
    for file in (MACHINERY / "proven").rglob("*.py"):
        assert not re.search("[а-яё]", file.read_text(encoding="utf-8"), re.I), file


def test_modules_and_classes_can_be_read_in_one_sitting() -> None:
    for name, lines, longest in sizes(MACHINERY):
        most_lines, most_of_a_class = LARGER.get(name, (MOST_LINES, MOST_OF_A_CLASS))
        assert lines <= most_lines, name
        assert longest <= most_of_a_class, name


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Return the folder of a package with three rooms, one of them a package."""
    door = "Plays.\n\nBottom to top: ``stage`` plays; ``shown`` compares; ``checks`` are commands."
    for file, text in {
        "small/__init__.py": f'"""{door}"""\n',
        "small/stage/__init__.py": "from small.stage.player import play\n",
        "small/stage/player.py": "def play(): ...\n",
        "small/shown.py": "import re\nfrom small.stage import play\n",
        "small/checks.py": "from small import shown\n",
    }.items():
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def faults(house: Path) -> list[str]:
    return [fault for package in packages(house) for fault in package.faults() if package.order]


def test_a_sound_house_has_no_fault(house: Path) -> None:
    assert [package.name for package in packages(house)] == ["small", "small.stage"]
    arrows = {(arrow.source, arrow.target) for arrow in packages(house)[0].arrows()}
    assert arrows == {("shown", "stage"), ("checks", "shown")}
    assert faults(house) == []


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        (
            "small/stage/player.py",
            "def play(): ...\n\n\ndef late():\n    from small.checks import main\n",
            "small/stage/player.py:5: stage imports checks, which is above it",
        ),
        (
            "small/shown.py",
            "import small.checks\n",
            "small/shown.py:1: shown imports checks, which is above it",
        ),
        ("small/more.py", "", "small/__init__.py: the docstring doesn't tell of more"),
    ],
)
def test_an_import_against_the_direction_is_told(
    house: Path, file: str, text: str, fault: str
) -> None:
    (house / file).write_text(text, encoding="utf-8")
    assert faults(house) == [fault]


def test_a_room_that_is_gone_is_told(house: Path) -> None:
    (house / "small/checks.py").unlink()
    assert faults(house) == ["small/__init__.py: there is no checks"]


def test_names_are_followed_through_doors(house: Path) -> None:
    (house / "small/stage/explore.py").write_text("from small.stage import play\n", "utf-8")
    (arrow,) = Package(house, house / "small/stage").arrows()
    assert (arrow.source, arrow.target) == ("explore", "player")
