"""What all proofs share is the machinery's plugin."""

import pytest
from proven import proofs


def pytest_configure(config: pytest.Config) -> None:
    """Register it by hand: as pytest_plugins it would have to be imported by pytest first."""
    config.pluginmanager.register(proofs)
