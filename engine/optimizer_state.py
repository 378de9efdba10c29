# SPDX-License-Identifier: GPL-3.0-or-later
"""An optimiser's state as named tensors, since checkpoints are safetensors, and back."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

PREFIX = "optimizer."


def state_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The moments and counters of each parameter as "optimizer.INDEX.NAME"; learning rates are left out."""
    states = optimizer.state_dict()["state"]
    return {f"{PREFIX}{k}.{name}": value for k, state in states.items() for name, value in state.items()}


def restore_state(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Takes up what `state_tensors` gave; other names in `tensors` are passed over."""
    states: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith(PREFIX):
            index, name = key.removeprefix(PREFIX).split(".")
            states.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": states})
