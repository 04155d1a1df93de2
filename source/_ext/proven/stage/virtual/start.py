"""What the zygote is started as: `python start.py`, as any program is."""

import os
import sys

# Found by itself, whatever the environment says.
sys.path[0] = os.path.dirname(os.path.abspath(__file__)).rpartition("/proven/")[0]

# One module is shared with the recorder, which imports nothing of this package.
sys.path.insert(1, os.path.join(sys.path[0], "proven", "stage", "process", "child"))

from proven.stage.virtual.child import serve  # noqa: E402 - the path comes first

del sys.path[1]

serve()
