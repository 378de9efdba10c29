# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways from a picture to a mesh, each a folder of its own; a new one is listed here, and nowhere else.

Such a folder has a `descriptor`, which needs the standard library only, and a module `run` whose function of that name
takes a `Task` and gives a `Reconstruction`.
"""

from __future__ import annotations

from ..contract.method import Method
from .dreamtexture import descriptor as dreamtexture
from .pop3d import descriptor as pop3d

METHODS: dict[str, Method] = {method.name: method for method in (dreamtexture.METHOD, pop3d.METHOD)}
