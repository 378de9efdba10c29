# SPDX-License-Identifier: GPL-3.0-or-later
"""What a process of the engine's sees of the one that started it, and that it ends with that.

Standard library only: the add-on, the set-up and the worker need it.
"""

from __future__ import annotations

import ctypes
import signal
import sys
from collections.abc import Mapping

SEEN = {
    # the user, the machine, and where things lie
    "HOME", "USER", "LOGNAME", "PATH", "SHELL", "TZ", "TMPDIR", "TEMP", "TMP", "LANG", "LANGUAGE",
    "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR",
    # the same on Windows, which starts no program without some of these
    "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "APPDATA", "LOCALAPPDATA", "USERPROFILE", "USERNAME",
    "HOMEDRIVE", "HOMEPATH", "PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)", "COMMONPROGRAMFILES",
    "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE", "OS",
    # the way to the network, and whom to trust there
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    # where models were downloaded to, and what they are computed on
    "HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE",
    "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "NVIDIA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES",
    "ROCR_VISIBLE_DEVICES", "HSA_OVERRIDE_GFX_VERSION", "OMP_NUM_THREADS", "MKL_NUM_THREADS",
}  # fmt: skip
"""Nothing that names code to load, a place to load it from, or another hub or registry than the usual one."""
PR_SET_PDEATHSIG = 1


def seen(environment: Mapping[str, str]) -> dict[str, str]:
    """What of `environment` a process of the engine's may see."""
    return {
        name: value for name, value in environment.items() if name.upper() in SEEN or name.upper().startswith("LC_")
    }


def end_with_parent() -> None:
    """On Linux the kernel ends this process with the one that started it, even if some other keeps its stdin open."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
