# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be set, written once: the panel, the command line and the job file are all made from these fields.

Standard library only, since the add-on imports this file inside Blender.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal, overload

from .messages import InputError


def setting(
    default: Any,
    doc: str,
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    choices: tuple[str, ...] = (),
) -> Any:
    """A dataclass field with its doc line, closed range, unit and (for words) its choices."""
    return field(default=default, metadata={"doc": doc, "low": low, "high": high, "unit": unit, "choices": choices})


@dataclass(frozen=True)
class Job:
    """One reconstruction as the artist asks for it: the arguments of `engine reconstruct`."""

    picture: str = setting("", "Picture file of one object")
    prompt: str = setting("", "What is to be made, in words, in place of a picture; Stable Diffusion makes one of it")
    output: str = setting("", "Job folder that receives the result")
    method: str = setting("dreamtexture", "How the mesh is made", choices=("dreamtexture", "pop3d"))
    preset: str = setting(
        "standard",
        "How much work goes into it; with the embedded model standard is hardly better than draft",
        choices=("draft", "standard", "high", "paper"),
    )
    object: str = setting("", "What the object is, in a word or two; helps Stable Diffusion, may be empty")
    mask: str = setting("", "Picture that is white where the object is; empty: from transparency, else cut out")
    depth: str = setting("", "Depth of the picture, or its inverse, as PNG or npy, for All Round; empty: estimated")
    normal: str = setting("", "Normals of the picture as PNG or npy, for All Round; empty: estimated")
    guidance: str = setting(
        "auto",
        "Model that aligns the texture, and makes pictures of words: auto, embedded, a diffusers folder or a hub id",
    )
    points: str = setting("", "Clicks for an estimator like SAM 2: x,y in pixels, with ! before those off the object")
    estimator: str = setting(
        "embedded", "Models that see mask, depth and normals: embedded, or folders and hub ids with commas between"
    )
    outpainter: str = setting("embedded", "Model that paints new views, for All Round: embedded, a folder or a hub id")
    captioner: str = setting(
        "auto", "Model that names the object for Stable Diffusion where you don't: auto, none, a folder or a hub id"
    )
    seed: int = setting(0, "Same seed, same result", low=0, high=2**31 - 1)
    device: str = setting("auto", "Where the engine computes: auto, cpu, cuda, cuda:N or mps")


@dataclass(frozen=True)
class DreamTexture:
    """Settings of DreamTexture (arXiv 2503.16412). Defaults are the preset `standard`."""

    # Stage I: texture coordinates
    resolution: int = setting(128, "Texture coordinates across the square crop", low=32, high=512, unit="px")
    start: str = setting(
        "surface",
        "What both stages start from: the estimated surface, or the inflated outline",
        choices=("surface", "outline"),
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
    squares: int = setting(9, "Squares of the virtual texture across the crop", low=2, high=64)
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
    depth_smoothness: float = setting(0.01, "Weight of the depth's Laplacian", low=0.0, high=1e3)

    # Mesh
    size: float = setting(1.0, "Longest side of the mesh", low=1e-3, high=1e4, unit="m")
    texture_size: int = setting(2048, "Longest side of the texture at the most", low=64, high=8192, unit="px")


@dataclass(frozen=True)
class POP3D:
    """Settings of POP3D (SIGGRAPH Asia 2023). Defaults are the preset `standard`."""

    # The orbit
    views: str = setting(
        "ring",
        "Where the object is looked at from: eight places round it, or from right above and below as well",
        choices=("ring", "ring+caps"),
    )
    view_size: int = setting(256, "Side of the views", low=32, high=1024, unit="px")
    volume: int = setting(128, "Voxels along an edge of the signed distance field", low=16, high=512)
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
    candidates: int = setting(4, "Pictures that it paints of each view; the best is taken", low=1, high=64)
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
    faces: int = setting(20_000, "Triangles of the mesh, about", low=500, high=1_000_000)
    size: float = setting(1.0, "Longest side of the mesh", low=1e-3, high=1e4, unit="m")
    texture_size: int = setting(1024, "Side of the texture", low=64, high=8192, unit="px")
    squares: int = setting(9, "Squares of the virtual texture along the object's longest side", low=2, high=64)


Settings = DreamTexture | POP3D
METHODS: dict[str, type[DreamTexture] | type[POP3D]] = {"dreamtexture": DreamTexture, "pop3d": POP3D}
LABELS = {"dreamtexture": "Front", "pop3d": "All Round"}

PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    "dreamtexture": {
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
    "pop3d": {
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
}  # fmt: skip


@overload
def resolve(method: Literal["dreamtexture"], preset: str, overrides: dict[str, Any] | None = None) -> DreamTexture: ...
@overload
def resolve(method: Literal["pop3d"], preset: str, overrides: dict[str, Any] | None = None) -> POP3D: ...
@overload
def resolve(method: str, preset: str, overrides: dict[str, Any] | None = None) -> Settings: ...
def resolve(method: str, preset: str, overrides: dict[str, Any] | None = None) -> Settings:
    """The settings of `method` under `preset` with `overrides` (values or their text) on top.

    Raises InputError for an unknown name, a value of the wrong type or one outside the field's range.
    """
    cls = METHODS[method]
    fields = {f.name: f for f in dataclasses.fields(cls)}
    values = dict(PRESETS[method][preset])
    for name, value in (overrides or {}).items():
        if name not in fields:
            raise InputError("setting-unknown", name=name, names=", ".join(fields))
        values[name] = parse(fields[name], value)
    return cls(**values)


def parse(field_: dataclasses.Field[Any], value: Any) -> Any:
    """`value` (or its text) as the type of `field_`, checked against the field's range and choices."""
    kind: type[Any] = type(field_.default)
    try:
        number = kind(value)
        if kind is int and float(value) != number:
            raise ValueError(value)
    except (TypeError, ValueError, OverflowError):
        if kind is int:
            raise InputError("setting-whole-number", name=field_.name, given=str(value)) from None
        raise InputError("setting-number", name=field_.name, given=str(value)) from None
    low, high, choices = (field_.metadata[key] for key in ("low", "high", "choices"))
    if choices and number not in choices:
        raise InputError("setting-choice", name=field_.name, choices=", ".join(choices), given=str(value))
    if (low is not None and not number >= low) or (high is not None and not number <= high):
        raise InputError("setting-range", name=field_.name, low=low, high=high, given=str(value))
    return number
