"""What builds the boards lies beside the tests, not in the package."""

from __future__ import annotations

import sys

from making import ROOT

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
