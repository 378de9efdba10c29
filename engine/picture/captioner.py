# SPDX-License-Identifier: GPL-3.0-or-later
"""Words for the object in a picture: an image-to-text model of transformers describes it, and what it names is kept.

The paper sets these words by hand and leaves it to later work to find them.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import torch
from PIL import Image

from engine.errors import InputError
from engine.models import CAPTIONER
from engine.picture.picture import Picture

SIDE = 384  # px of the crop that the model sees; it scales that to what it is made for
CAPTION_TOKENS = 20
LONGEST = 3  # words that an object is named by
OPENING = re.compile(
    r"^(there (is|are) |this is |it is )?(arafed )?"  # the third is a habit of BLIP's
    r"((an?|the|one) )?((3d )?(close[- ]?up|picture|photo|photograph|image|render|rendering|illustration|drawing) of )?"
    r"((an?|the|one|some) )?"
)
GOES_ON = {
    "against", "and", "are", "at", "by", "for", "from", "hanging", "has", "in", "is", "laying", "lying", "near", "next",
    "on", "over", "sitting", "standing", "that", "to", "under", "which", "with",
}  # fmt: skip
"""Words after which a caption tells of something else than the object."""


class Captioner:
    """A model that describes pictures, with what prepares them for it."""

    def __init__(self, model: Any, processor: Any, name: str) -> None:
        self._model, self._processor, self.name = model, processor, name

    def object_words(self, picture: Picture) -> str:
        """What the object in `picture` is, in a word or a few; empty where the model says nothing of the kind."""
        rgb, coverage = picture.square(SIDE)
        on_white = 1 + coverage[..., None] * (rgb - 1)
        image = Image.fromarray((on_white * 255 + 0.5).astype(np.uint8))
        pixels = self._processor(images=image, return_tensors="pt").to(self._model.device)
        with torch.no_grad():
            tokens = self._model.generate(**pixels, max_new_tokens=CAPTION_TOKENS, do_sample=False)
        return named(self._processor.batch_decode(tokens, skip_special_tokens=True)[0])


def load_captioner(choice: str, device: torch.device) -> Captioner:
    """The model `choice`: a folder or a hub id, or the one of the table for "auto"; safetensors only, and never code
    from there. Raises InputError where there is none.
    """
    from transformers import AutoModelForImageTextToText, AutoProcessor
    from transformers.utils import logging

    logging.set_verbosity_error()  # else it complains about a backend of image processors that isn't needed
    source = CAPTIONER.source if choice == "auto" else choice
    if choice == "auto" and CAPTIONER.location() is None:
        raise InputError("captioner-missing", source=source, gigabytes=CAPTIONER.megabytes / 1000)
    try:
        processor = AutoProcessor.from_pretrained(source, trust_remote_code=False)
        model = AutoModelForImageTextToText.from_pretrained(
            source, dtype=torch.float32, use_safetensors=True, trust_remote_code=False
        )
    except MemoryError:
        raise
    except Exception as error:  # there is little that transformers doesn't raise on folders of others
        cause = str(error).strip().partition("\n")[0][:200]
        raise InputError("captioner-unusable", source=source, cause=cause) from error
    return Captioner(model.eval().to(device), processor, source)


def named(caption: str) -> str:
    """The object's words in a `caption`, such as "blue teapot" in "there is a blue teapot sitting on a table"."""
    words = []
    for word in re.findall(r"[\w'-]+", OPENING.sub("", caption.strip().lower())):
        if word in GOES_ON:
            break
        words.append(word)
    return " ".join(words[-LONGEST:])
