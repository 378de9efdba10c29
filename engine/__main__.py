# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m engine`, or this folder given to Python: the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if not __package__:  # run as a folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from engine.cli import main

# Threads that wait for each other sleep instead of spinning: with Blender or anything else at work on the same cores,
# the alignment is about twice as fast. Must stand before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
