"""`make live`: the site, rebuilt and reloaded at each save; it says nothing but what is wrong.

sphinx-autobuild watches and serves.  Its own builds are slower by the start and the end of their
process and tell of each step; its main() takes the builder from its module's name `Builder`, which
it doesn't promise (sphinx_autobuild/__main__.py).  This can go when it has options for both.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sphinx_autobuild import __main__ as autobuild
from sphinx_autobuild.build import Builder

from handbook.authors import warm

OUT = Path("build", "live")
# Caches and compiled translations change without anybody's save.
IGNORED = r"__pycache__|\.mo$|/\.[^/]*$"


class QuietBuilder(Builder):
    """Builds as `python -m handbook` does and lets only its findings through.

    address: of the process that builds.
    """

    address = ""

    def __init__(self, sphinx_args: Sequence[str], **options: Any) -> None:
        super().__init__(sphinx_args, **options)
        self._address = self.address  # in the object, which is sent to another process

    def __call__(self, *, changed_paths: Sequence[Path]) -> None:
        """Build the site anew, whatever changed."""
        try:
            warm.ask(self._address, self.sphinx_args)
        except OSError:  # it begins, or begins anew
            subprocess.run([*warm.COLD, *self.sphinx_args], check=False)


def main(arguments: Sequence[str]) -> None:
    """Serve the site until Ctrl+C; `arguments` are more of sphinx-autobuild's."""
    if autobuild.Builder not in (Builder, QuietBuilder):
        sys.exit("sphinx-autobuild has no Builder to put another in its place: see MAINTAINING.md")
    autobuild.Builder = QuietBuilder
    watched = ("snippets", "tests", "conf.py")
    with tempfile.TemporaryDirectory() as folder:
        QuietBuilder.address = f"{folder}/builds"
        command = [sys.executable, "-m", "handbook.authors.warm", QuietBuilder.address]
        # It ends with this process, whose end closes its input.
        with subprocess.Popen(command, stdin=subprocess.PIPE):
            autobuild.main(
                [
                    *("-c", ".", "-q", "-n", "-d", str(OUT / "doctrees"), "--re-ignore", IGNORED),
                    *(part for path in watched for part in ("--watch", path)),
                    *(*arguments, "source", str(OUT / "html")),
                ]
            )


if __name__ == "__main__":
    main(sys.argv[1:])
