"""What all proofs share: the machinery's plugin, and an environment like everywhere."""

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from proven import proofs
from proven.checks import hollow

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling
    from xdist.workermanage import WorkerController

AS_A_WHOLE = ("test_laws.py", "test_site.py", "test_print_book.py")
"""Files whose tests share what is dear to make: programs played, books built."""
EACH_APART = ("realtime.py",)
"""Files in which each way mostly sleeps, beside the others."""


def pytest_configure(config: pytest.Config) -> None:
    """Register it by hand: as pytest_plugins it would have to be imported by pytest first."""
    config.pluginmanager.register(proofs)
    config.pluginmanager.register(hollow)
    # Where CI is set Sphinx colours what it says, terminal or not.
    os.environ["NO_COLOR"] = "1"
    # Programs that start several processes take long where other tests keep the cores busy.
    os.environ.setdefault("PROVEN_DEADLINE", "60")
    # A shell lets what it runs in the background ignore Ctrl+C, with all programs started there.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "LoadScopeScheduling":
    """Give one process all that shares something: the ways of a proof, and whole files.

    The groups by mark that pytest-xdist 3.8 has (--dist loadgroup) do nothing under pytest 9.2,
    where tests no longer take the names that it gives them: each process made everything.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByProof(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            if file.endswith(EACH_APART):
                return nodeid
            return file if file.endswith(AS_A_WHOLE) else nodeid.partition("[")[0]

        def remove_node(self, node: "WorkerController") -> str | None:
            """Let no second process run the test that killed one: it would kill each in turn."""
            units = self.assigned_work[node]
            left = [(unit, test) for unit in units.values() for test in unit if not unit[test]]
            if left:
                unit, test = left[0]
                unit[test] = True
            for scope in [scope for scope in units if all(units[scope].values())]:
                del units[scope]
            super().remove_node(node)
            return left[0][1] if left else None

        def _reschedule(self, node: "WorkerController") -> None:
            """Give nothing to a process that has just replaced another and knows no test yet."""
            if node in self.registered_collections:
                super()._reschedule(node)

    return ByProof(config, log)
