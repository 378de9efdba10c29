# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m engine`, or this folder given to Python: the command line."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

if not __package__:  # run as a folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from engine.cli import main
from engine.streams import close_stdin, settle_streams

# With Blender or anything else at work on the same cores, threads that wait for each other by spinning slow everything
# down. torch's sleep instead: the alignment is about twice as fast. The linear algebra behind sparse factorizations
# gets along with one: flattening a surface is up to a hundred times as fast. Before torch and numpy are imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if __name__ == "__main__":
    settle_streams()
    if "worker" not in sys.argv:  # which is talked to there
        close_stdin()
    code = main(sys.argv[1:])
    gc.freeze()  # or Python would, before it ends, go once more through everything that torch has brought: a second
    sys.exit(code)
