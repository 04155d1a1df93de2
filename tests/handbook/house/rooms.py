"""Reads the rooms of the machinery: what stands in which package, and who imports whom."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

_ORDER = re.compile(r"[Bb]ottom to top: (.+?)\.(?:\s|$)", re.S)
_NAME = re.compile(r"``(\w+)``")

MOST_ROOMS, MOST_LINES, MOST_OF_A_CLASS = 8, 250, 150


@dataclass(frozen=True)
class Arrow:
    """At one level of a package, room `source` imports room `target` at file:line `place`."""

    source: str
    target: str
    place: str


@dataclass(frozen=True)
class Package:
    """The package in folder `path`, one of those in `root`."""

    root: Path
    path: Path

    @cached_property
    def name(self) -> str:
        """Its dotted name."""
        return ".".join(self.path.relative_to(self.root).parts)

    @cached_property
    def rooms(self) -> set[str]:
        """The modules and packages in it; __init__ is its door and __main__ stands on top."""
        modules = {file.stem for file in self.path.glob("*.py") if not file.stem.startswith("__")}
        return modules | {folder.name for folder in self.path.iterdir() if _is_room(folder)}

    @cached_property
    def docstring(self) -> str:
        """What it says of itself."""
        door = self.path / "__init__.py"
        return ast.get_docstring(_tree(door)) or "" if door.is_file() else ""

    @cached_property
    def order(self) -> list[str]:
        """The rooms as the docstring orders them, from the bottom; [] if it doesn't."""
        told = _ORDER.search(self.docstring)
        return _NAME.findall(told[1]) if told else []

    def arrows(self) -> Iterator[Arrow]:
        """Yield who of its rooms imports whom."""
        for file in sorted(self.path.rglob("*.py")):
            source = file.relative_to(self.path).with_suffix("").parts[0]
            for target, line in _imported(self.root, file):
                inside, _, rest = target.partition(f"{self.name}.")
                room = rest.partition(".")[0]
                if inside == "" and room in self.rooms and room != source != "__init__":
                    yield Arrow(source, room, f"{file.relative_to(self.root)}:{line}")

    def faults(self) -> Iterator[str]:
        """Yield what is wrong with the order of its rooms, with file and line."""
        door = (self.path / "__init__.py").relative_to(self.root)
        for room in sorted(self.rooms - set(_NAME.findall(self.docstring))):
            yield f"{door}: the docstring doesn't tell of {room}"
        for room in sorted(set(self.order) - self.rooms):
            yield f"{door}: there is no {room}"
        place = {room: number for number, room in enumerate(self.order)}
        for arrow in self.arrows():
            # What the docstring puts beside the order stands on all of it.
            source = place.get(arrow.source, len(place))
            if source < place.get(arrow.target, len(place)):
                yield f"{arrow.place}: {arrow.source} imports {arrow.target}, which is above it"


def packages(root: Path) -> list[Package]:
    """Return all packages in `root`, those within others, too."""
    return [
        Package(root, folder)
        for folder in sorted(root.rglob("*"))
        if folder.is_dir() and _is_room(folder) and (folder / "__init__.py").is_file()
    ]


def sizes(root: Path) -> Iterator[tuple[str, int, int]]:
    """Yield each module in `root` with its lines, and those of its longest class."""
    for file in sorted(root.rglob("*.py")):
        classes = [node for node in ast.walk(_tree(file)) if isinstance(node, ast.ClassDef)]
        longest = max(((each.end_lineno or 0) - each.lineno + 1 for each in classes), default=0)
        lines = len(file.read_text(encoding="utf-8").splitlines())
        yield file.relative_to(root).as_posix(), lines, longest


def imports(root: Path, package: str) -> set[str]:
    """Return the top names of all that a package in `root` imports."""
    files = sorted((root / package).rglob("*.py"))
    return {name.partition(".")[0] for file in files for name, _ in _imported(root, file)}


def _is_room(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith((".", "_")) and any(path.glob("*.py"))


def _tree(file: Path) -> ast.Module:
    return _parsed(file.read_text(encoding="utf-8"))


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def _imported(root: Path, file: Path) -> Iterator[tuple[str, int]]:
    """Yield the dotted names that a file imports, through doors to where they are, and the line."""
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            behind = _behind_door(root, node.module)
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield behind.get(alias.name, name), node.lineno


def _behind_door(root: Path, package: str) -> dict[str, str]:
    """Return where the names that a package's __init__ imports come from."""
    door = root.joinpath(*package.split("."), "__init__.py")
    if not door.is_file():
        return {}
    return {
        alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(_tree(door))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(package)
        for alias in node.names
    }
