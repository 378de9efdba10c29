# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded outpainter's network as it is trained and saved: by diffusers, which takes seconds to import."""

from __future__ import annotations

from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config

from engine.methods.pop3d.outpainter_unet import OutpainterUNet


class OutpainterNetwork(OutpainterUNet, ModelMixin, ConfigMixin):
    """The network with its sizes by default, which keeps them beside its weights."""

    @register_to_config
    def __init__(
        self,
        sample_size: int = 128,
        channels: tuple[int, ...] = (64, 128, 192),
        blocks: tuple[int, ...] = (2, 2, 3),
    ) -> None:
        super().__init__(sample_size, channels, blocks)
