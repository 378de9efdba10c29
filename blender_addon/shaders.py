# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the shaders of what we draw over the editors: each reads one texture and passes one value to its fragments."""

from __future__ import annotations

from collections.abc import Mapping

import gpu


def shader(
    name: str, vertex: str, fragment: str, *,
    constants: Mapping[str, str], inputs: Mapping[str, str], passed: tuple[str, str], texture: str,
) -> gpu.types.GPUShader:  # fmt: skip
    """The shader of the GLSL sources `vertex` and `fragment`, which writes its `color`.

    constants, inputs: type by name, as "VEC3"; the inputs are the batch's. passed: type and name of what goes from
    vertices to fragments. texture: name of the sampler.
    """
    stages = gpu.types.GPUStageInterfaceInfo(name)
    stages.smooth(*passed)
    info = gpu.types.GPUShaderCreateInfo()
    for constant, kind in constants.items():
        info.push_constant(kind, constant)
    info.sampler(0, "FLOAT_2D", texture)
    for slot, (attribute, kind) in enumerate(inputs.items()):
        info.vertex_in(slot, kind, attribute)
    info.vertex_out(stages)
    info.fragment_out(0, "VEC4", "color")
    info.vertex_source(vertex)
    info.fragment_source(fragment)
    return gpu.shader.create_from_info(info)
