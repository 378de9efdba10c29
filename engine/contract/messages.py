# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of a job: a code with its parameters, worded and translated where it is shown; here its English words.

Standard library only, since the add-on imports this file inside Blender.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Param = str | int | float
LONGEST = 1000
"""Letters of a parameter that are told: it may be anything that somebody has given."""


@dataclass(frozen=True)
class Message:
    """A failure or a phase of a job.

    params: what stands in the places of its words. english, english_hint: how the sender words it, for a reader whose
    table doesn't know the code; so can a method name phases of its own.
    """

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)
    english: str = ""
    english_hint: str = ""

    @property
    def text(self) -> str:
        """One sentence with the cause, or the phase's name, in English."""
        return self.worded()[0]

    @property
    def hint(self) -> str:
        """What to do about it, in English; may be empty."""
        return self.worded()[1]

    def record(self) -> dict[str, Any]:
        """The same as JSON, with its English words for another version that may read it."""
        return {"code": self.code, "params": dict(self.params), "text": self.text, "hint": self.hint}

    @classmethod
    def of_record(cls, record: Any) -> Message:
        """The message in `record`; a text alone, as older versions wrote it, is its own English. Raises TypeError and
        KeyError for anything else.
        """
        if isinstance(record, str):
            return cls("", english=record)
        return cls(record["code"], record["params"], record["text"], record["hint"])

    def worded(self, translate: Callable[[str], str] = str) -> tuple[str, str]:
        """The sentence and the hint; `translate` gets the English words with their places, such as "'{file}' is
        damaged or incomplete.", and returns the same in another language."""
        try:
            sentence, hint = (translate(words).format_map(self.params) if words else "" for words in TABLE[self.code])
        except (
            KeyError,
            ValueError,
            TypeError,
        ):  # of another version of the engine
            return translate(self.english) if self.english else self.code, self.english_hint
        return sentence, hint


NOTHING = Message("")
"""Of what didn't fail, or hasn't begun."""


class EngineError(Exception):
    """A failure that its `message` explains; as text its English sentence."""

    def __init__(self, code: str, /, **params: Param) -> None:
        short = {name: value[:LONGEST] if isinstance(value, str) else value for name, value in params.items()}
        self.message = Message(code, short)
        super().__init__(self.message.text)

    @property
    def hint(self) -> str:
        """What to do about it, in English; may be empty."""
        return self.message.hint


class InputError(EngineError):
    """What was given can't be used; exit code 2."""


ANOTHER_DEVICE = "Use --device auto or cpu."
ANOTHER_METHOD = "Say --method {others}."
FORMATS = "Save it as PNG, JPEG, WebP or TIFF, 8 or 16 bits a channel."
INPAINTING = "Use an inpainting pipeline of Stable Diffusion 1.5, 2 or XL, whose UNet has {needed} channels."
PIPELINES = "Give a folder with a diffusers pipeline, or a hub id."
ESTIMATORS = (
    "Give a depth, segmentation or matting model of transformers, SAM 2, or a Marigold pipeline, in safetensors."
)
SET_UP_AGAIN = "Check Engine tells what is wrong; Set Up Engine repairs it."
LOG_TELLS = "The log may tell more."

FAILURES = {
    # The job as it was asked for
    "option-form": ("{option} needs {form}, not '{given}'.", ""),
    "setting-unknown": ("There is no setting '{name}'; there are: {names}.", ""),
    "setting-whole-number": ("'{name}' needs a whole number, not '{given}'.", ""),
    "setting-number": ("'{name}' needs a number, not '{given}'.", ""),
    "setting-text": ("'{name}' needs a text, not '{given}'.", ""),
    "setting-flag": ("'{name}' is either true or false.", ""),
    "setting-choice": ("'{name}' is one of {choices}, not '{given}'.", ""),
    "setting-range": ("'{name}' lies between {low:g} and {high:g}, so {given} can't be used.", ""),
    "preset-unknown": ("{method} has the presets {presets}, not '{given}'.", ""),
    "job-field-unknown": ("A job has no '{name}'; it has: {names}.", ""),
    "job-no-objects": ("The overrides and the orbit are objects of names and their values.", ""),
    "job-no-output": ("The job names no output.", ""),
    "job-no-picture": ("A job needs either a picture, or a prompt to make one from.", ""),
    "job-prompt-and-object": ("The prompt says what the object is already.", "Leave the object out."),
    "job-points": ("The embedded estimator takes no points.", "Name SAM 2 as the estimator."),
    "job-file-unwanted": ("{method} takes no file for the {name}.", ANOTHER_METHOD),
    "job-views": ("{method} paints no views.", ANOTHER_METHOD),
    "point-unreadable": ("'{word}' is no point.", "Points are x,y in pixels, with a ! before those off the object."),
    "orbit-field-unknown": ("Nothing called '{name}' can be asked of an orbit.", ""),
    "view-number": ("Views are numbered from 1 on, so '{given}' is none.", ""),
    "view-unknown": ("There is no view {view}: this orbit has the views 1 to {last}.", ""),
    "view-stop": ("This orbit has {count} views, so it can't stop after {stop}.", ""),
    "view-no-square": (
        "The picture '{file}' for view {view} is {width} x {height}, but views are squares.",
        "Paint over views/{view:03d}/color.png, and keep its frame.",
    ),
    # Its folder
    "folder-missing": ("There is no folder '{folder}'.", ""),
    "folder-busy": ("Another engine is working in '{folder}'.", "Wait for it, or choose another folder."),
    "folder-read-only": ("The folder '{folder}' can't be written to ({cause}).", ""),
    "folder-of-others": ("'{folder}' holds other files and no job of ours.", "Choose a new or an empty folder."),
    "folder-is-file": ("'{folder}' is a file, not a folder for the result.", ""),
    "folder-obstructed": (
        "'{file}' is a link, or not what belongs there, and nothing is written through it.",
        "Choose another folder for the result.",
    ),
    "record-unreadable": (
        "'{file}' is damaged, or another program's ({cause}).", "Choose another folder, or delete that file."
    ),
    "folder-holds-result": (
        "'{folder}' already holds a result, which is left as it is.",
        "Choose another folder, or ask to overwrite it (--overwrite).",
    ),
    "output-is-input": ("'{file}' is the picture or the mask itself.", "Choose another file."),
    "input-in-the-way": ("'{file}' would be replaced by the result.", "Choose another folder for the result."),
    "resume-other-model": (
        "The unfinished job was computed with '{before}', now it would be '{now}'.",
        "Name that model as guidance, or start over without resuming.",
    ),
    "resume-other-job": (
        "The job in '{folder}' was started with another {names}, so it can't go on.",
        "Give it what it was started with, or choose another folder.",
    ),
    # Pictures
    "file-unreadable": ("'{file}' can't be read ({cause}).", ""),
    "picture-unopened": ("'{file}' can't be opened: {cause}.", "Check the file's name."),
    "picture-unknown": ("'{file}' is not a picture that can be read.", FORMATS),
    "picture-damaged": ("'{file}' is damaged or incomplete.", "Open it in an image editor and save it again."),
    "picture-deep": ("'{file}' has 32 bits a channel, which can't be used.", FORMATS),
    "picture-large": ("'{file}' has over {megapixels} megapixels.", "Scale it down first."),
    "mask-proportions": (
        "The mask '{file}' is {mask_width} x {mask_height}, which doesn't fit a picture of {width} x {height}.",
        "Use a mask with the picture's proportions.",
    ),
    "mask-empty": ("The mask '{file}' is empty.", "Paint the object white."),
    "map-unreadable": (
        "'{file}' can't be read.", "Give the depth or the normals as a PNG, or as an npy file of numbers."
    ),
    "map-shape": (
        "'{file}' has the wrong shape {shape}.", "Depth has one number a pixel, a normal has three."
    ),
    "map-empty": (
        "'{file}' tells nothing of the object.", "It needs finite numbers where the mask is white."
    ),
    "map-flat": ("'{file}' is the same all over the object, so it tells no depth.", "Leave it out."),
    "map-proportions": (
        "'{file}' is {map_width} x {map_height}, which doesn't fit a picture of {width} x {height}.",
        "Use one with the picture's proportions.",
    ),
    "object-missing": ("No object was found in the picture.", "Give a mask that is white on the object."),
    "object-small": (
        "The object in the picture is only {longest} pixels long; at least {needed} are needed.",
        "Use a larger picture, or one in which the object is larger.",
    ),
    "object-thin": ("The object is too thin for a surface.", "Raise the resolution, or correct the mask."),
    "object-thin-mesh": ("The object is too thin for a mesh at this resolution.", "Raise the resolution."),
    "triangles-too-few": ("The mesh can't be made of {faces} triangles.", "Allow it more."),
    "object-gone": ("Nothing is left of the object.", "Check the mask of the picture."),
    "picture-withheld": ("The safety check of '{model}' withheld the picture.", "Try another seed."),
    "object-unnamed": ("'{model}' has no words for the object.", "Say yourself what it is."),
    # Models
    "model-folder-missing": ("There is no folder '{source}'.", PIPELINES),
    "model-unusable": (
        "No usable diffusion model was found as '{source}' ({cause}).",
        "Give a folder with a diffusers pipeline in safetensors, or a hub id.",
    ),
    "model-no-pipeline": (
        "'{source}' holds no diffusers pipeline (no readable model_index.json).",
        "Give the folder that `save_pretrained` wrote, or a hub id.",
    ),
    "model-own-code": ("'{source}' brings code of its own ('{library}'), which isn't run.", PIPELINES),
    "model-no-guidance": (
        "'{source}' is a {kind}, which can't guide the alignment.",
        "Use a pipeline of the Stable Diffusion family, or one that works on pixels.",
    ),
    "model-no-painter": ("'{source}' is a {kind}, which can't paint new views.", INPAINTING),
    "model-channels": ("'{source}' is a {kind} of {channels} channels, which can't paint new views.", INPAINTING),
    "weights-unusable": (
        "'{folder}' holds no {model} that Drape can use.",
        "Say 'embedded', or name a folder written by `engine train {training}`.",
    ),
    "painter-missing": (
        "A picture from words needs Stable Diffusion, whose weights aren't on this machine.",
        "Name a diffusers folder or a hub id as the guidance, such as {source} ({gigabytes:.1f} GB, downloaded once).",
    ),
    "captioner-missing": (
        "Naming the object needs an image-to-text model, and none is on this machine.",
        "Name a folder or a hub id as the captioner, such as {source} ({gigabytes:.1f} GB, downloaded once), or say "
        "yourself what the object is.",
    ),
    "captioner-unusable": (
        "No usable image-to-text model was found as '{source}' ({cause}).",
        "Give a folder with a captioning model of transformers in safetensors, such as BLIP, or a hub id.",
    ),
    "estimator-folder-missing": ("There is no folder '{source}'.", ESTIMATORS),
    "estimator-offline": ("'{source}' isn't on this machine, and the hub can't be reached.", ESTIMATORS),
    "estimator-unfetched": ("'{source}' can't be fetched from the hub ({cause}).", ESTIMATORS),
    "estimator-unusable": ("No usable estimator was found as '{source}' ({cause}).", ESTIMATORS),
    "estimator-sees-nothing": ("'{source}' is a {kind}, which sees neither mask nor depth nor normals.", ESTIMATORS),
    "estimator-no-marigold": ("'{source}' is a {kind}, which sees neither depth nor normals.", ESTIMATORS),
    "estimator-twice": ("'{choice}' names two models that see the same.", "Name one for each."),
    # The machine
    "device-unknown": ("There is no device '{device}'; it is one of auto, cpu, cuda, cuda:N or mps.", ""),
    "device-no-apple": ("This machine has no Apple GPU that PyTorch can use.", ANOTHER_DEVICE),
    "device-not-built": ("Device '{device}' can't be used: this PyTorch was built without CUDA.", ANOTHER_DEVICE),
    "device-no-nvidia": (
        "Device '{device}' can't be used: there is no NVIDIA GPU with a working driver.", ANOTHER_DEVICE
    ),
    "device-beyond": ("Device '{device}' can't be used: there are only {count}, numbered from 0 on.", ANOTHER_DEVICE),
    "device-idle": ("Device '{device}' can't be used: this PyTorch can't compute on it ({cause}).", ANOTHER_DEVICE),
    "cancelled": ("The job was cancelled.", "It can go on from where it stopped (--resume)."),
    "graphics-memory-full": (
        "The graphics card's memory is full.",
        "Close other programs that use it, take the embedded guidance, or compute on the CPU.",
    ),
    "memory-full": ("The memory is full.", "Close other programs, or take a lower resolution."),
    "disk-full": ("The disk is full.", "Make room and resume the job."),
    "file-trouble": ("'{file}' can't be used ({cause}).", "Check that the folder is there and can be written to."),
    "unexpected": ("Something unexpected went wrong ({cause}).", "Please report it, with the job's log."),
    # Setting the engine up
    "environment-of-others": ("'{folder}' holds something else already; choose an empty folder.", ""),
    "environment-space": ("The engine needs {needed:.0f} GB, the disk of '{folder}' has {free:.1f} GB left.", ""),
    "requirement-option": ("'{line}' is no package and its version.", ""),
    "environment-failed": ("The environment could not be made: {cause}", ""),
    "packages-failed": ("The packages could not be installed: {cause}", ""),
    # Between add-on and engine
    "request-garbled": ("This is no message: {line}", ""),
    "request-form": ("A request needs a whole number as its id, and an object as its params.", ""),
    "request-unknown": ("There is no request '{name}'.", ""),
    "request-while-busy": ("Another reconstruction is running.", ""),
    "engine-missing": ("'{python}' can't be started ({cause}).", SET_UP_AGAIN),
    "engine-start": ("The engine could not start: {cause}", SET_UP_AGAIN),
    "engine-no-hello": ("The engine has not said hello for {seconds:.0f} seconds.", SET_UP_AGAIN),
    "engine-protocol": (
        "The engine speaks version {theirs} of the protocol, the add-on version {ours}.",
        "Install the extension again, so that both are of one version.",
    ),
    "engine-nonsense": ("The engine said something that makes no sense ({said}).", SET_UP_AGAIN),
    "engine-silent": (
        "The engine has not answered for {seconds:.0f} seconds.",
        "What was done so far is kept: Resume goes on from there.",
    ),
    "engine-ended": (
        "The engine ended unexpectedly (exit code {exit}).",
        "Often the memory was full. What was done so far is kept: Resume goes on from there.",
    ),
    # The add-on alone
    "image-movie": ("'{image}' is a movie; save one frame of it as a picture and open that.", ""),
    "image-sequence": ("'{image}' is an image sequence; open one of its pictures as a single image.", ""),
    "image-tiled": ("'{image}' is a UDIM image of several tiles; open one of them as a single image.", ""),
    "image-render": ("'{image}' can't be read; save it as a picture and open that.", ""),
    "image-layers": ("'{image}' has several layers; save the one you want as a picture and open that.", ""),
    "image-empty": ("'{image}' has no pixels; its file may be missing.", ""),
    "image-no-square": ("'{image}' is {width} x {height}, but views are squares.", ""),
    "image-unwritten": ("'{image}' can't be written: {cause}", ""),
    "image-not-there": ("'{image}' can't be written to '{file}'.", ""),
    "jobs-folder-read-only": ("The jobs folder '{folder}' can't be written to ({cause}).", ""),
    "result-format": ("The result in '{folder}' is of format {format}, not {ours}.", ""),
    "result-incomplete": ("There is no complete result in '{folder}': {file} is missing.", ""),
    "result-unreadable": ("The result in '{folder}' can't be read ({cause}).", ""),
    "result-broken": ("The mesh in '{folder}' is broken: {flaw}.", ""),
    "task-failed": ("{cause}", LOG_TELLS),
    "task-ended": ("{task} failed (exit code {exit}).", LOG_TELLS),
    "import-failed": ("{cause}", "Try to reconstruct it again."),
    "not-set-up": ("The engine is not set up yet.", ""),
}  # fmt: skip
"""For each code what went wrong in one sentence, and what to do about it."""

PHASES = {
    "starting-engine": "Starting the engine",
    "reading": "Reading the picture",
    "starting": "Starting PyTorch",
    "loading": "Loading the models",
    "making-picture": "Making the picture",
    "estimating": "Estimating surface",
    "flattening": "Flattening",
    "aligning": "Aligning texture",
    "solving": "Recovering depth",
    "view": "View {number} of {count}",
    "learning": "Learning the object for view {number}",
    "painting-others": "Painting other objects of the kind",
    "painting": "Painting view {number}",
    "refining": "Refining",
    "meshing": "Making mesh",
    "looking-around": "Looking around",
    "saving": "Saving",
    "environment": "Making the environment",
    "package": "{name}",
    "packages": "Installing the packages",
    "ready": "Ready",
}
"""For each code what is being done."""

TABLE = {**FAILURES, **{code: (words, "") for code, words in PHASES.items()}}
