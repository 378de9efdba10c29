# SPDX-License-Identifier: GPL-3.0-or-later
"""A BLIP small enough for a test, with random weights."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from transformers import BertTokenizer, BlipConfig, BlipForConditionalGeneration, BlipImageProcessorPil, BlipProcessor

MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]")
WORDS = ("blue", "red", "old", "teapot", "mug", "ball")


def saved_captioner(folder: Path) -> Path:
    """`folder`, with a BLIP saved in it whose captions are made of WORDS."""
    folder.mkdir(parents=True)
    (folder / "vocabulary.txt").write_text("\n".join((*MARKS, *WORDS)))
    tokenizer = BertTokenizer(str(folder / "vocabulary.txt"), additional_special_tokens=["[DEC]"])
    size = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    text = {
        **size, "vocab_size": len(MARKS) + len(WORDS), "encoder_hidden_size": 16, "projection_dim": 16,
        "max_position_embeddings": 32, "bos_token_id": 5, "sep_token_id": 3, "eos_token_id": 3, "pad_token_id": 0,
    }  # fmt: skip
    vision = {**size, "image_size": 32, "patch_size": 8, "projection_dim": 16}
    torch.manual_seed(0)
    model = BlipForConditionalGeneration(
        BlipConfig(text_config=text, vision_config=vision, projection_dim=16, image_text_hidden_size=16)
    )
    model.save_pretrained(folder)
    BlipProcessor(BlipImageProcessorPil(size={"height": 32, "width": 32}), tokenizer).save_pretrained(folder)
    return folder


if __name__ == "__main__":
    saved_captioner(Path(sys.argv[1]))
