"""What all proofs share: the machinery's plugin, and an environment like everywhere."""

import os
import signal

import pytest
from proven import proofs


def pytest_configure(config: pytest.Config) -> None:
    """Register it by hand: as pytest_plugins it would have to be imported by pytest first."""
    config.pluginmanager.register(proofs)
    # Where CI is set Sphinx colours what it says, terminal or not.
    os.environ["NO_COLOR"] = "1"
    # A shell lets what it runs in the background ignore Ctrl+C, with all programs started there.
    signal.signal(signal.SIGINT, signal.default_int_handler)
