"""`python -m handbook.authors.check PAGE…`."""

import sys

from handbook.authors.check.page import main

if __name__ == "__main__":
    sys.exit(main())
