# SPDX-License-Identifier: GPL-3.0-or-later
"""The models of the last job, kept loaded for the next one."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Loaded = TypeVar("Loaded")


class LoadedModels:
    """One model of each loader, the last one that was asked for."""

    def __init__(self) -> None:
        self._kept: dict[Callable[..., Any], tuple[Any, Any]] = {}

    def get(self, load: Callable[Arguments, Loaded], *arguments: Arguments.args, **options: Arguments.kwargs) -> Loaded:
        """What `load` gives for these arguments (hashable); called unless the last call of it had the very same ones.
        What that gave is freed first.
        """
        key = arguments, tuple(sorted(options.items()))
        if load in self._kept and self._kept[load][0] != key:
            self.free(load)
        if load not in self._kept:
            self._kept[load] = key, load(*arguments, **options)
        model: Loaded = self._kept[load][1]
        return model

    def free(self, *loaders: Callable[..., Any]) -> None:
        """Frees the memory of what these loaders gave last."""
        import torch  # takes seconds, and the command line asks for none before it knows that it needs a model

        for load in loaders:
            del self._kept[load]
        gc.collect()
        torch.cuda.empty_cache()

    def unload(self) -> None:
        """Frees the memory of all of them."""
        if self._kept:
            self.free(*self._kept)
