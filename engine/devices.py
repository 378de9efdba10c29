# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the engine computes: choosing a device, naming it, and how much memory was used at the most."""

from __future__ import annotations

import os
import platform
import re
import sys

import torch

from engine.contract.messages import Message
from engine.errors import InputError


def choose(choice: str) -> torch.device:
    """The device for `choice`: auto (CUDA where it works, else the CPU), cpu, cuda, cuda:N or mps.

    Raises InputError for another word and for a device that isn't there or can't compute.
    """
    if choice == "auto":
        return torch.device("cuda", 0) if cuda_problem(0) is None else torch.device("cpu")
    if choice == "cpu":
        return torch.device("cpu")
    if choice == "mps":
        if not torch.backends.mps.is_available():
            raise InputError("device-no-apple")
        return torch.device("mps")
    match = re.fullmatch(r"cuda(?::(\d+))?", choice)
    if match is None:
        raise InputError("device-unknown", device=choice)
    index = int(match[1] or 0)
    if (problem := cuda_problem(index)) is not None:
        raise InputError(problem.code, **problem.params)
    return torch.device("cuda", index)


def cuda_problem(index: int) -> Message | None:
    """Why CUDA device `index` can't compute, or None when it can; a small sum on it is the proof."""
    device = f"cuda:{index}"
    if torch.version.cuda is None and torch.version.hip is None:
        return Message("device-not-built", {"device": device})
    count = torch.cuda.device_count()
    if count == 0:
        return Message("device-no-nvidia", {"device": device})
    if index >= count:
        return Message("device-beyond", {"device": device, "count": count})
    try:
        torch.ones(2, device=torch.device("cuda", index)).sum().item()
    except RuntimeError as error:
        return Message("device-idle", {"device": device, "cause": str(error).splitlines()[0]})
    return None


def brain_float(device: torch.device) -> torch.autocast:
    """The context in which networks compute in bfloat16 where `device` does so by itself; elsewhere it is emulated and
    many times slower (nine times on a CPU with AVX2), and they compute in single precision.
    """
    if device.type == "cuda":
        pays = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        pays = device.type == "cpu" and bool(torch.cpu.get_capabilities().get("avx512_bf16"))
    return torch.autocast(device.type, torch.bfloat16, enabled=pays)


def leave_cores_free() -> None:
    """Computes on half of the processor's cores: the others are for Blender, and threads that have to wait for a busy
    core slow all of them down (six times on two cores).
    """
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // 2))


def describe(device: torch.device) -> str:
    """The device in words, such as 'NVIDIA H200' or 'CPU (x86_64, 2 threads)'."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return f"Apple GPU ({platform.machine()})"
    threads = torch.get_num_threads()
    return f"CPU ({platform.machine()}, {threads} thread{'s' if threads > 1 else ''})"


def reset_peak_memory(device: torch.device) -> None:
    """Starts counting the device's peak memory anew."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak_memory(device: torch.device) -> dict[str, int]:
    """Most bytes held so far: `host` by this process since it began, `device` by tensors since the last reset."""
    on_device = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0
    return {"host": _peak_host_memory(), "device": on_device}


def _peak_host_memory() -> int:
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
