# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a view of All Round is taken from, for the artist."""

from __future__ import annotations

from bpy.app.translations import pgettext_iface as iface_


def named(azimuth: int, elevation: int) -> str:
    """The name of the place at these degrees; see `OrbitView`."""
    if abs(elevation) == 90:
        return iface_("Top") if elevation > 0 else iface_("Bottom")
    if azimuth == 0:
        return iface_("Front")
    if abs(azimuth) == 180:
        return iface_("Back")
    text = iface_("{:d}° Right") if azimuth > 0 else iface_("{:d}° Left")
    return text.format(abs(azimuth))
