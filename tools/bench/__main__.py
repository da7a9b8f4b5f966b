"""`python -m tools.bench`; `./run bench` calls it."""

import sys

from tools.bench.cli import main

if __name__ == "__main__":
    sys.exit(main())
