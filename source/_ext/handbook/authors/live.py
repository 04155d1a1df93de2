"""`make live`: the site, rebuilt and reloaded at each save; it says nothing but what is wrong.

sphinx-autobuild watches and serves.  Its own builds are slower by the end of their process and tell
of each step; its main() takes the builder from its module's name `Builder`, which it doesn't
promise (sphinx_autobuild/__main__.py).  This can go when it has options for both.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from sphinx_autobuild import __main__ as autobuild
from sphinx_autobuild.build import Builder

OUT = Path("build", "live")
# Caches and compiled translations change without anybody's save.
IGNORED = r"__pycache__|\.mo$|/\.[^/]*$"


class QuietBuilder(Builder):
    """Builds as `python -m handbook` does and lets only its findings through."""

    def __call__(self, *, changed_paths: Sequence[Path]) -> None:
        """Build the site anew, whatever changed."""
        subprocess.run([sys.executable, "-m", "handbook", *self.sphinx_args], check=False)


def main(arguments: Sequence[str]) -> None:
    """Serve the site until Ctrl+C; `arguments` are more of sphinx-autobuild's."""
    if autobuild.Builder not in (Builder, QuietBuilder):
        sys.exit("sphinx-autobuild has no Builder to put another in its place: see MAINTAINING.md")
    autobuild.Builder = QuietBuilder
    watched = ("snippets", "tests", "conf.py")
    autobuild.main(
        [
            *("-c", ".", "-q", "-n", "-d", str(OUT / "doctrees"), "--re-ignore", IGNORED),
            *(part for path in watched for part in ("--watch", path)),
            *(*arguments, "source", str(OUT / "html")),
        ]
    )


if __name__ == "__main__":
    main(sys.argv[1:])
