# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m engine`: the command line."""

from __future__ import annotations

import sys

from engine.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
