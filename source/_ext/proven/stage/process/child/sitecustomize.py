"""Installs the recorder in each Python of a play that has the play's standard output.

The stage puts this folder on PYTHONPATH, so that Python itself imports this module
in the program's process and in every one that it starts, with fork, spawn or
forkserver alike.  A Python whose output goes elsewhere, into a pipe that the
program reads, is left alone.
"""

import os
import posix
import sys


def _has_the_plays_output() -> bool:
    try:
        return os.path.samestat(os.fstat(1), os.stat(os.environ["HANDBOOK_OUTPUT"]))
    except (KeyError, OSError):
        return False


def _is_main_interpreter() -> bool:
    try:
        # Only the main interpreter may load it.
        import faulthandler  # noqa: F401 - kept: its import is the work
    except ImportError:
        return False
    return True


def _install() -> None:
    if not _is_main_interpreter():
        # As on a terminal; else the lines would come when the interpreter ends.
        # A TextIOWrapper there.
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        return
    import _proven_addresses
    import _proven_deadlock
    import _proven_environment
    import _proven_errors
    import _proven_frames
    import _proven_outside
    import _proven_processes
    import _proven_queues
    import _proven_sleeps
    import _proven_stdout
    import _proven_threads

    _proven_threads.install()
    _proven_queues.install()
    _proven_processes.install()
    _proven_environment.install(_ours())
    _proven_deadlock.install()
    _proven_stdout.install()
    _proven_sleeps.install()
    _proven_outside.install()
    _proven_frames.hide()
    _proven_errors.hide()
    _proven_addresses.shift()


def _ours() -> dict[bytes, bytes]:
    """Return what the stage has put into the environment."""
    names = posix.environ.get(b"HANDBOOK_HIDES", b"").split()
    return {name: posix.environ[name] for name in names if name in posix.environ}


def _hide(ours: dict[bytes, bytes]) -> None:
    """Let the program's surroundings be as they are without the recorder."""
    folder = os.path.dirname(__file__)
    # What the program itself has put there for this Python.
    path = ours.get(b"PYTHONPATH", b"").removeprefix(os.fsencode(folder)).removeprefix(b":")
    # Private, so typeshed lacks it.
    for table in (os.environ._data, posix.environ):  # type: ignore[attr-defined]
        for name in (*ours, b"HANDBOOK_MAIN"):
            table.pop(name, None)
        if path:
            table[b"PYTHONPATH"] = path
    for module in [name for name in sys.modules if name.startswith("_proven_")]:
        del sys.modules[module]
    sys.path_importer_cache.pop(folder, None)
    sys.path[:] = [entry for entry in sys.path if entry != folder]


if _has_the_plays_output():
    _install()
_hide(_ours())
