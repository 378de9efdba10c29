# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension comes and goes without a trace, and what it adds is described."""

from __future__ import annotations

import inspect
import sys
from typing import Any

import bpy

from engine.contract.method import methods
from tests.blender.conftest import MODULE, part

HANDLERS = [name for name in dir(bpy.app.handlers) if isinstance(getattr(bpy.app.handlers, name), list)]


def state_of_blender() -> dict[str, Any]:
    """What an extension can leave behind."""
    return {
        "types": set(dir(bpy.types)),
        "operators": set(dir(bpy.ops.drape)),
        "scene": set(bpy.types.Scene.bl_rna.properties.keys()),
        "window manager": set(bpy.types.WindowManager.bl_rna.properties.keys()),
        "object": set(bpy.types.Object.bl_rna.properties.keys()),
        "import menu": len(bpy.types.TOPBAR_MT_file_import._dyn_ui_initialize()),
        "status bar": len(bpy.types.STATUSBAR_HT_header._dyn_ui_initialize()),
        "keymaps": {keymap.name: len(keymap.keymap_items) for keymap in keymaps()},
        "presets": bpy.utils.preset_paths("drape"),
        "handlers": {name: len(getattr(bpy.app.handlers, name)) for name in HANDLERS},
    }


def keymaps() -> list[Any]:
    """Those of extensions; there are none without a window."""
    keyconfig = bpy.context.window_manager.keyconfigs.addon
    return list(keyconfig.keymaps) if keyconfig else []


def functions() -> list[Any]:
    """All functions of the extension, some of which are called by timers."""
    modules = [module for name, module in sys.modules.items() if name.startswith(MODULE)]
    return [one for module in modules for one in vars(module).values() if inspect.isfunction(one)]


def test_it_leaves_nothing_behind(installed: str) -> None:
    enabled, ours = state_of_blender(), functions()
    bpy.ops.preferences.addon_disable(module=installed)
    disabled = state_of_blender()
    assert not any(map(bpy.app.timers.is_registered, ours))
    for _ in range(3):
        bpy.ops.preferences.addon_enable(module=installed)
        assert state_of_blender() == enabled
        bpy.ops.preferences.addon_disable(module=installed)
        assert state_of_blender() == disabled
    assert not any("drape" in name.lower() for kind in ("types", "operators", "scene") for name in disabled[kind])
    bpy.ops.preferences.addon_enable(module=installed)


def test_the_contracts_operators_are_there(scene: Any) -> None:
    assert set(dir(bpy.ops.drape)) >= {
        "reconstruct", "cancel", "import_result", "set_up_engine", "check_engine", "export", "show_cutout",
        "paint_mask", "another_seed", "resume", "show_texture", "copy_report", "show_distortion",
        "bake_distortion", "select_distorted", "frame_worst", "fit_distortion_range", "copy_distortion",
        "mark_asset", "save_to_library", "add_camera", "add_thickness", "close_back", "send_to_scene", "enqueue",
        "queue_pictures", "run_queue", "move_job", "retry_job", "reuse_settings", "remove_job", "job_menu",
        "recover_results", "free_memory", "clean_up_jobs", "add_preset", "paint_another", "paint_view", "replace_view",
        "stop_orbit", "add_view_cameras", "copy_set_up_command", "drop_pictures", "pick_object", "mend_mask",
    }  # fmt: skip


def test_everything_is_described(scene: Any) -> None:
    for name in dir(bpy.ops.drape):
        kind = getattr(bpy.ops.drape, name).get_rna_type()
        assert kind.description, name
        assert not kind.description.endswith("."), name
    state = bpy.context.window_manager
    for group in (
        scene.drape,
        scene.drape.dreamtexture,
        scene.drape.pop3d,
        scene.drape_import,
        state.drape,
        state.drape_distortion,
    ):
        for prop in group.bl_rna.properties:
            if prop.identifier not in ("rna_type", "name", *methods()):
                assert prop.name, prop.identifier
                assert prop.description, prop.identifier


def test_panels_are_in_both_editors(scene: Any) -> None:
    panels = part("job.panel").CLASSES + part("job.jobs_panel").CLASSES + part("result.panel").CLASSES
    assert {panel.bl_space_type for panel in panels} == {"VIEW_3D", "IMAGE_EDITOR"}
    assert {panel.bl_category for panel in panels} == {"Drape"}
    assert all(panel.is_registered for panel in panels)
