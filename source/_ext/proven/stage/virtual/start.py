"""What the zygote is started as: `python start.py`, as any program is."""

import os
import sys

# Found by itself, whatever the environment says.
sys.path[0] = os.path.dirname(os.path.abspath(__file__)).rpartition("/proven/")[0]

from proven.stage.virtual.child import serve  # noqa: E402 - the path comes first

serve()
