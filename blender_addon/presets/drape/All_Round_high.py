# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole object: more training, more triangles, a larger texture.

Measured on the README's jug (512 x 512 pixels) with one processor core and no GPU: 208 s of computing, 1.62 GB.
"""

import bpy

drape = bpy.context.scene.drape
drape.method = "pop3d"
drape.preset = "high"
drape.outpainter = "embedded"
drape.estimator = "embedded"
drape.device = "auto"
