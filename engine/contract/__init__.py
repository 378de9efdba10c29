# SPDX-License-Identifier: GPL-3.0-or-later
"""What add-on and engine both know; standard library only, since the add-on imports it inside Blender."""
