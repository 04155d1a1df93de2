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


@each_package
def test_rooms_are_few(package: Package) -> None:
    assert len(package.rooms) <= MOST_ROOMS, (
        f"{package.path}: at most {MOST_ROOMS} rooms: {sorted(package.rooms)}"
    )


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
        file, move = f"source/_ext/{name}", "move what belongs together to another"
        assert lines <= MOST_LINES, f"{file}: {lines} lines, not {MOST_LINES}: {move} module"
        assert longest <= MOST_OF_A_CLASS, (
            f"{file}: a class of {longest} lines, not {MOST_OF_A_CLASS}: {move} class"
        )


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


SILENCED = re.compile(r"#\s*(?:type:\s*ignore|noqa|mypy:|pragma:)(?P<rest>.*)")
REASON = re.compile(r"(?:\[[\w-]+(?:, ?[\w-]+)*\]\s+#|: [A-Z]+\d+(?:, ?[A-Z]+\d+)*\s+[-#])\s*\w")
CODE = re.compile(r"\[[\w-]+(?:, ?[\w-]+)*\]|: [A-Z]+\d+")


def unexplained(file: Path) -> list[str]:
    """Return the places where a checker is silenced without its code, or without a reason.

    The reason stands behind, or in the comment above.
    """
    found = []
    lines = file.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        if silenced := SILENCED.search(line):
            above = lines[number - 2].lstrip().startswith("# ") if number > 1 else False
            has_reason = REASON.match(silenced["rest"]) or above
            if not (CODE.match(silenced["rest"]) and has_reason):
                found.append(f"{file}:{number}: {line.strip()}")
    return found


def test_a_checker_is_silenced_for_a_reason() -> None:
    files = [*MACHINERY.rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    found = [place for file in files if file != Path(__file__) for place in unexplained(file)]
    assert not found, "name the code and the reason, as # noqa: B009 - newer than ruff reads\n" + (
        "\n".join(found)
    )


@pytest.mark.parametrize(
    ("line", "is_explained"),
    [
        ("f()  # type: ignore[misc]  # a mixin", True),
        ("f()  # noqa: B009 - newer than ruff reads", True),
        ("# A mixin.\nf()  # type: ignore[misc]", True),
        ("f()  # type: ignore[misc]", False),
        ("f()  # type: ignore  # a mixin", False),
        ("# A mixin.\nf()  # type: ignore", False),
        ("f()  # noqa: B009", False),
        ("f()  # noqa", False),
        ("# mypy: ignore-errors", False),
    ],
)
def test_a_reason_is_a_code_and_words(tmp_path: Path, line: str, is_explained: bool) -> None:
    file = tmp_path / "module.py"
    file.write_text(f"\n{line}\n", encoding="utf-8")
    assert (unexplained(file) == []) is is_explained
