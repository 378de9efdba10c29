# SPDX-License-Identifier: GPL-3.0-or-later
"""The default.

Measured on the README's jug (512 x 512 pixels) with one processor core and no GPU: 15 s of computing, 0.59 GB.
"""

import bpy

drape = bpy.context.scene.drape
drape.method = "dreamtexture"
drape.preset = "standard"
drape.guidance = "embedded"
drape.estimator = "embedded"
drape.device = "auto"
