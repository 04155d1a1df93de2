"""Which helpers, snippets and modules of the machinery a file names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, cached_property

from proven.checks.unchanged import names
from proven.checks.unchanged.files import Files, folder_of
from proven.shown.recording import imported


class Links:
    """What the files of a book name; `snippets` and `machinery` with all that these name."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self.helpers = cache(self._helpers_named_in)
        self.snippets = cache(self._snippets_named_in)
        self._machinery_in = cache(self._machinery_named_in)
        self._files_of = cache(self._files_of_module)

    def _helpers_named_in(self, file: str) -> list[str]:
        """Return the helpers that a file imports, or names as a module or a file."""
        text = self._files.text(file)
        taken = {f"{module}.{name}" for module, parts in names.taken(text) for name in parts}
        return [
            name
            for name in self._helpers
            if (module := name[: -len(".py")].replace("/", ".")) in taken
            or re.search(rf"\b{module}\b", text)
            or (name.rpartition("/")[2] in text and folder_of(name) == folder_of(file))
        ]

    @cached_property
    def _helpers(self) -> list[str]:
        within = rf"{self._files.tests}/(?:.*/)?(?!test_|conftest\.py|__init__)\w+\.py"
        return [name for name in self._files.digests if re.fullmatch(within, name)]

    def _snippets_named_in(self, file: str) -> set[str]:
        """Return the files of the snippets that a file names, and what these import from beside.

        A name that goes on in braces, or of which there is no snippet, stands for all that begin
        so; a chapter's name alone for the chapter, if names are put together there.
        """
        text = self._files.text(file)
        if re.search(r"\bnames\(", text):
            return self._programs
        within = (name.removeprefix(f"{self._files.snippets}/") for name in self._programs)
        chapters = "|".join(sorted({folder_of(name) for name in within} - {""}))
        files: set[str] = set()
        for chapter, rest, more in re.findall(rf"\b({chapters})/(\w*)(\{{?)", text):
            begin = f"{self._files.snippets}/{chapter}/{rest}"
            if f"{begin}.py" in self._files.digests and not more:
                files |= self._imported(f"{begin}.py")
            else:
                files |= self._beginning(begin)
        if "}/" in text:
            for chapter in re.findall(rf"[\"']({chapters})[\"']", text):
                files |= self._beginning(f"{self._files.snippets}/{chapter}/")
        return files

    @cached_property
    def _programs(self) -> set[str]:
        return self._files.beginning(f"{self._files.snippets}/")

    def _beginning(self, begin: str) -> set[str]:
        return set().union(*map(self._imported, self._files.beginning(begin)))

    def _imported(self, program: str) -> set[str]:
        """Return a snippet and what it imports from beside it."""
        programs, todo = set(), [program]
        while todo:
            name = todo.pop()
            programs.add(name)
            for module in imported(self._files.text(name)):
                beside = f"{name.rpartition('/')[0]}/{module}.py"
                if beside in self._files.digests and beside not in programs:
                    todo.append(beside)
        return programs

    def machinery(self, files: Iterable[str]) -> set[str]:
        """Return the files of the machinery that `files` name, and those that these name.

        Only proven is told apart: of it the stage, which starts files of its own, counts as one.
        """
        needed: set[str] = set()
        todo = list(files)
        while todo:
            for file in self._machinery_in(todo.pop()):
                if file not in needed:
                    needed.add(file)
                    todo.append(file)
        return needed

    def _machinery_named_in(self, file: str) -> set[str]:
        if not file.endswith(".py"):
            return set()
        is_machinery = file.startswith(f"{self._files.machinery}/")
        modules = names.modules(self._files.text(file), prose=not is_machinery)
        if is_machinery:
            # It imports nothing from above: what it says of it is prose.
            package = file.removeprefix(f"{self._files.machinery}/").partition("/")[0]
            modules = [module for module in modules if module.startswith(f"{package}.")]
        elif any(module.startswith("handbook") for module in modules):
            return set(filter(self._is_machinery, self._files.digests))
        return set().union(*map(self._files_of, modules))

    def _files_of_module(self, module: str) -> set[str]:
        """Return the files of `module`, if there is one, and of the packages that it is in."""
        above = f"{self._files.machinery}/"
        files: set[str] = set()
        if module.startswith(("proven.stage", "typst_book")):
            whole = "proven/stage/" if module.startswith("proven") else "typst_book/"
            files |= self._files.beginning(f"{above}{whole}")
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            path = above + "/".join(parts[:end])
            files |= {f"{path}.py", f"{path}/__init__.py", f"{path}/__main__.py"}
        return files & set(self._files.digests)

    def _is_machinery(self, name: str) -> bool:
        """Tell whether the build of some other book can hang on it."""
        other = self._files.tests, self._files.snippets, self._files.evidence
        return not name.endswith(".md") and not name.startswith(tuple(f"{each}/" for each in other))
