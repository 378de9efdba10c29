# SPDX-License-Identifier: GPL-3.0-or-later
"""POP3D as a guest of the house: what it is called, what can be set, what it takes."""

from __future__ import annotations

from dataclasses import dataclass

from ...contract.method import Method
from ...contract.settings import setting


@dataclass(frozen=True)
class POP3D:
    """Settings of POP3D (SIGGRAPH Asia 2023). Defaults are the preset `standard`."""

    # The orbit
    views: str = setting(
        "ring",
        "Where the object is looked at from: eight places round it, or from right above and below as well",
        choices=("ring", "ring+caps"),
        option=True,
        label="Views",
    )
    view_size: int = setting(256, "Side of the views", low=32, high=1024, unit="px", label="Detail of the Views")
    volume: int = setting(128, "Voxels along an edge of the signed distance field", low=16, high=512, label="Detail")
    view_steps: int = setting(10, "Training steps of the field after each view", low=0, high=100_000)
    last_steps: int = setting(50, "Training steps of the field when all views are there", low=0, high=1_000_000)
    rays: int = setting(2048, "Rays in a training step", low=64, high=65536)
    seen: str = setting(
        "cast",
        "How it is told what earlier views have seen: by rays to the surface, or by their pixels, as in the paper",
        choices=("cast", "warped"),
    )

    # The field
    representation: str = setting(
        "voxels",
        "What holds the field: voxels, grids of features with a small network, or the paper's large network",
        choices=("voxels", "features", "mlp"),
    )
    layers: int = setting(2, "Hidden layers of the field's network", low=1, high=16)
    width: int = setting(64, "Width of these layers", low=8, high=1024)
    samples: int = setting(64, "Samples of a ray where a network holds the field", low=8, high=512)

    # A diffusion model as the outpainter
    candidates: int = setting(
        4, "Pictures that it paints of each view; the best is taken", low=1, high=64, label="Tries per View"
    )
    denoising_steps: int = setting(50, "Denoising steps from pure noise to a picture", low=2, high=1000)
    strength: float = setting(
        0.95, "Share of noise that it starts from; the rest is what the field shows", low=0.05, high=1.0
    )
    guidance_scale: float = setting(7.5, "Classifier-free guidance: uncond + scale (cond - uncond)", low=1.0, high=50.0)
    personalization: str = setting(
        "lora", "What learns the object: adapters of low rank, or the whole network", choices=("lora", "full")
    )
    personalization_steps: int = setting(
        200, "Training steps on the views so far, before each view; 0 takes the model as it is", low=0, high=100_000
    )
    personalization_rate: float = setting(
        1e-4, "Step size of the personalisation; for a whole network about 5e-6", low=1e-8, high=1e-2
    )
    prior_images: int = setting(
        0, "Pictures of other objects of the kind, painted first, that keep the kind from being forgotten", low=0,
        high=1000,
    )  # fmt: skip

    # Mesh
    faces: int = setting(20_000, "Triangles of the mesh at the most", low=500, high=500_000, option=True, label="Faces")
    size: float = setting(1.0, "Longest side of the mesh", low=1e-3, high=1e4, unit="m", label="Size")
    texture_size: int = setting(1024, "Side of the texture", low=64, high=8192, unit="px", label="Texture Size")
    normal_map: int = setting(
        0, "Side of a texture of the normals that the mesh has before triangles are taken away; 0: none", low=0,
        high=8192, unit="px", label="Normal Map",
    )  # fmt: skip
    squares: int = setting(
        9, "Squares of the virtual texture along the object's longest side", low=2, high=64, label="Checker Squares"
    )


METHOD = Method(
    name="pop3d",
    label="All Round",
    paper="POP3D",
    settings=POP3D,
    presets={
        "draft": {
            "view_size": 128, "volume": 64, "view_steps": 0, "last_steps": 0, "candidates": 1, "denoising_steps": 20,
            "personalization_steps": 0, "faces": 8000, "texture_size": 512,
        },
        "standard": {},
        "high": {"view_steps": 25, "last_steps": 200, "faces": 50_000, "texture_size": 2048},
        # Section 4 of the paper, and MonoSDF's and DreamBooth's public settings where it refers to them; how long the
        # field is trained it doesn't say.
        "paper": {
            "view_size": 512, "volume": 256, "view_steps": 5000, "last_steps": 20_000, "rays": 1024, "seen": "warped",
            "representation": "mlp", "layers": 8, "width": 256, "samples": 96, "personalization": "full",
            "personalization_steps": 400, "personalization_rate": 5e-6, "faces": 100_000, "texture_size": 2048,
        },
    },
    inputs=("outpainter", "depth", "normal"),
    models=("outpainter",),
    views=True,
    closed=True,
)  # fmt: skip
