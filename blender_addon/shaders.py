# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the shaders of what we draw over the editors: each reads one texture and passes one value to its fragments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import gpu


def shader(
    name: str, vertex: str, fragment: str, *,
    constants: Mapping[str, str], inputs: Mapping[str, str], passed: tuple[str, str], textures: Sequence[str],
) -> gpu.types.GPUShader:  # fmt: skip
    """The shader of the GLSL sources `vertex` and `fragment`, which writes its `color`.

    constants, inputs: type by name, as "VEC3"; the inputs are the batch's. passed: type and name of what goes from
    vertices to fragments. textures: names of the samplers.
    """
    stages = gpu.types.GPUStageInterfaceInfo(name)
    stages.smooth(*passed)
    info = gpu.types.GPUShaderCreateInfo()
    for constant, kind in constants.items():
        info.push_constant(kind, constant)
    for slot, texture in enumerate(textures):
        info.sampler(slot, "FLOAT_2D", texture)
    for slot, (attribute, kind) in enumerate(inputs.items()):
        info.vertex_in(slot, kind, attribute)
    info.vertex_out(stages)
    info.fragment_out(0, "VEC4", "color")
    info.vertex_source(vertex)
    info.fragment_source(fragment)
    return gpu.shader.create_from_info(info)
