# SPDX-License-Identifier: GPL-3.0-or-later
"""DreamTexture as a guest of the house: what it is called, what can be set, what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...contract.method import Method
from ...contract.protocol import ALIGNING
from ...contract.settings import setting


@dataclass(frozen=True)
class DreamTexture:
    """Settings of DreamTexture (arXiv 2503.16412). Defaults are the preset `standard`."""

    # Stage I: texture coordinates
    resolution: int = setting(
        128, "Texture coordinates across the square crop", low=32, high=512, unit="px", label="Detail"
    )
    start: str = setting(
        "surface",
        "What both stages start from: the estimated surface, or the inflated outline",
        choices=("surface", "outline"),
        label="Depth From",
    )
    parameterization: str = setting(
        "displacement",
        "What is optimised: a displacement pyramid, or the paper's two diagonal gradients",
        choices=("displacement", "gradient"),
    )
    texture: str = setting(
        "checkerboard",
        "Virtual texture: the paper's black and white checkerboard, or a plaid "
        "whose colours tell the two directions apart",
        choices=("checkerboard", "plaid"),
    )
    squares: int = setting(9, "Squares of the virtual texture across the crop", low=2, high=64, label="Checker Squares")
    blend: float = setting(0.5, "Share of the picture in the blend with the virtual texture", low=0.05, high=0.95)
    steps: int = setting(
        100, "Score distillation steps at the most; with 0 the estimated surface is the result", low=0, high=1_000_000
    )
    learning_rate: float = setting(0.02, "Step size of the texture coordinates", low=1e-7, high=1.0)
    noise_schedule: str = setting(
        "annealed", "Noise levels of the steps: from high to low, or drawn evenly", choices=("annealed", "uniform")
    )
    noise_high: float = setting(0.98, "Highest noise level, as a share of the diffusion's time", low=0.02, high=1.0)
    noise_low: float = setting(0.40, "Lowest noise level, as a share of the diffusion's time", low=0.0, high=0.98)
    noises: int = setting(2, "Noises averaged in each step", low=1, high=16)
    guidance_scale: float = setting(
        25.0,
        "Classifier-free guidance: uncond + scale (cond - uncond); 1 is the conditional prediction",
        low=0.0,
        high=200.0,
    )
    weighting: str = setting(
        "sds", "Weight of a noise level: sds = 1 - alpha_bar, or uniform", choices=("sds", "uniform")
    )
    gradient_smoothness: float = setting(0.0, "Paper's lambda 1, on the mean absolute gradient", low=0.0, high=1e6)
    integrability: float = setting(0.0, "Paper's lambda 2, on the integrability of the gradients", low=0.0, high=1e9)
    bending: float = setting(0.001, "Weight of the second differences of the way from the start", low=0.0, high=1e3)
    barrier: float = setting(20.0, "Weight of the barrier that keeps the map's determinant positive", low=0.0, high=1e6)
    snapshots: int = setting(
        1, "Coordinates kept along the way and lifted to depth; the smoothest depth wins", low=1, high=100
    )
    patience: float = setting(
        2e-4,
        "Stop when the coordinates move less than this a step; 0 never stops early",
        low=0.0,
        high=1.0,
        unit="half crops",
    )

    # Stage II: depth
    depth_solver: str = setting(
        "newton", "Closed form with projected Newton, or the paper's AdamW", choices=("newton", "adamw")
    )
    depth_steps: int = setting(25, "Iterations of the depth solver at the most", low=1, high=1_000_000)
    depth_learning_rate: float = setting(1e-3, "Step size of AdamW on depth", low=1e-7, high=1.0)
    depth_smoothness: float = setting(0.01, "Weight of the depth's Laplacian", low=0.0, high=1e3, label="Smoothness")

    # Mesh
    faces: int = setting(
        0, "Triangles of the mesh at the most; 0: as many as come of it", low=0, high=500_000, option=True,
        label="Faces",
    )  # fmt: skip
    size: float = setting(1.0, "Longest side of the mesh", low=1e-3, high=1e4, unit="m", label="Size")
    texture_size: int = setting(
        4096, "Longest side of the texture at the most", low=64, high=8192, unit="px", label="Texture Size"
    )
    normal_map: int = setting(
        0, "Side of a texture of the normals that the mesh has before triangles are taken away; 0: none", low=0,
        high=8192, unit="px", label="Normal Map",
    )  # fmt: skip

    @property
    def distils(self) -> bool:
        """Whether stage I runs; else the estimated surface is the result, as in the preset `draft`."""
        return self.steps > 0

    @property
    def goes_on_from_surface(self) -> bool:
        """Whether stage II only tells what is new beyond the estimated surface, which then keeps its fine parts."""
        return self.depth_solver == "newton" and self.start == "surface"


def work(phase: str, settings: Mapping[str, Any]) -> float:
    """In pixels; those of the alignment count in each step."""
    pixels: float = settings["resolution"] ** 2
    return pixels * settings["steps"] * settings["noises"] if phase == ALIGNING.text else pixels


METHOD = Method(
    name="dreamtexture",
    label="Front",
    paper="DreamTexture",
    settings=DreamTexture,
    presets={
        "draft": {"steps": 0},
        "standard": {},
        "high": {"resolution": 256, "steps": 300, "noises": 4},
        # Section 4 and 5 of the paper; what it leaves open is our choice and documented where it is used.
        "paper": {
            "resolution": 64, "start": "outline", "parameterization": "gradient", "texture": "checkerboard",
            "blend": 0.5, "steps": 100_000, "learning_rate": 5e-5, "noise_schedule": "uniform", "noise_high": 0.98,
            "noise_low": 0.02, "noises": 1, "guidance_scale": 100.0, "weighting": "sds",
            "gradient_smoothness": 10.0, "integrability": 1e4, "bending": 0.0, "barrier": 0.0, "snapshots": 10,
            "patience": 0.0, "depth_solver": "adamw", "depth_steps": 20_000, "depth_learning_rate": 1e-3,
            "depth_smoothness": 0.01,
        },
    },
    models=("guidance",),
    phases=(ALIGNING.text,),
    work=work,
    upright_previews=True,
)  # fmt: skip
