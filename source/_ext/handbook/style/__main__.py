"""Runs the command."""

import sys

from handbook.style.command import main

sys.exit(main())
