"""`python -m stagedoor`, for a checkout that is not installed."""

import sys

from stagedoor.cli import main

sys.exit(main())
