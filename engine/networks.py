# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded networks, from their files; by torch alone, since diffusers takes seconds to import."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors.torch import load
from torch import nn

from engine.contract.records import read_record
from engine.errors import InputError
from engine.models import WEIGHTS, Model

Network = TypeVar("Network", bound=nn.Module)


def load_network(kind: type[Network], shipped: Model, folder: Path | None, device: torch.device) -> Network:
    """Reads the weights (config.json and safetensors) in `folder`, by default the `shipped` ones, onto `device`, in
    single precision.

    Raises InputError where `folder` holds none of a network of this `kind`.
    """
    place = folder or WEIGHTS.parent / shipped.source
    try:
        settings: dict[str, Any] = read_record(place / "config.json", dict) or {}
        with torch.device("meta"):  # as the weights will be the file's
            network = kind(**{name: value for name, value in settings.items() if not name.startswith("_")})
        # Read, not mapped into memory: on Windows no update can replace a file that is.
        network.load_state_dict(load((place / "diffusion_pytorch_model.safetensors").read_bytes()), assign=True)
    except MemoryError:
        raise
    except Exception as error:  # there is little that torch doesn't raise on settings and weights that don't fit
        training = Path(shipped.source).name
        raise InputError("weights-unusable", folder=str(place), model=shipped.name, training=training) from error
    return network.float().to(device)
