# SPDX-License-Identifier: GPL-3.0-or-later
"""Other people's models of mask, depth and normals, made small, with random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import MarigoldDepthPipeline, MarigoldNormalsPipeline
from transformers import (
    BeitConfig,
    CLIPTextModel,
    DepthAnythingConfig,
    DepthAnythingForDepthEstimation,
    Dinov2Config,
    Sam2Config,
    Sam2Model,
    SegformerConfig,
    SegformerForSemanticSegmentation,
    VitDetConfig,
    VitMatteConfig,
    VitMatteForImageMatting,
    ZoeDepthConfig,
    ZoeDepthForDepthEstimation,
)

from tests.engine.guidance.tiny_pipelines import TEXT, scheduler, tokenizer, unet, vae

DPT = {
    "image_processor_type": "DPTImageProcessor",
    "keep_aspect_ratio": True,
    "ensure_multiple_of": 14,
    "do_pad": False,
}
IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}


def depth_anything(folder: Path) -> Path:
    """Depth Anything, which sees inverse depth."""
    backbone = Dinov2Config(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, image_size=56, patch_size=14,
        out_indices=[1, 2, 3, 4], apply_layernorm=True, reshape_hidden_states=False,
    )  # fmt: skip
    config = DepthAnythingConfig(
        backbone_config=backbone, reassemble_hidden_size=16, neck_hidden_sizes=[8, 8, 8, 8], fusion_hidden_size=8,
        head_hidden_size=4,
    )  # fmt: skip
    return _saved(
        DepthAnythingForDepthEstimation, config, folder, {**DPT, "size": {"height": 56, "width": 56}, **IMAGENET}
    )


def zoe_depth(folder: Path) -> Path:
    """ZoeDepth, which sees depth."""
    backbone = BeitConfig(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=16, image_size=64, patch_size=16,
        out_features=["stage1", "stage2", "stage3", "stage4"], reshape_hidden_states=False,
        use_relative_position_bias=True,
    )  # fmt: skip
    config = ZoeDepthConfig(
        backbone_config=backbone, neck_hidden_sizes=[8, 8, 8, 8], fusion_hidden_size=8, bottleneck_features=8,
        num_relative_features=8, num_attractors=[2, 2, 2, 2], bin_embedding_dim=8,
        bin_configurations=[{"n_bins": 8, "min_depth": 0.001, "max_depth": 10.0, "name": "nyu"}],
    )  # fmt: skip
    return _saved(
        ZoeDepthForDepthEstimation,
        config,
        folder,
        {"image_processor_type": "ZoeDepthImageProcessor", "size": {"height": 64, "width": 64}},
    )


def sam2(folder: Path) -> Path:
    """SAM 2 for pictures of 128 pixels."""
    backbone = {
        "model_type": "sam2_hiera_det_model", "hidden_size": 8, "image_size": [128, 128],
        "blocks_per_stage": [1, 1, 2, 1], "embed_dim_per_stage": [8, 16, 32, 64],
        "num_attention_heads_per_stage": [1, 1, 2, 4],
        "window_size_per_stage": [8, 4, 4, 4], "global_attention_blocks": [3],
        "window_positional_embedding_background_size": [4, 4],
    }  # fmt: skip
    vision = {
        "backbone_config": backbone, "backbone_channel_list": [64, 32, 16, 8], "fpn_hidden_size": 16,
        "backbone_feature_sizes": [[32, 32], [16, 16], [8, 8]],
    }  # fmt: skip
    decoder = {"hidden_size": 16, "mlp_dim": 16, "num_attention_heads": 2, "iou_head_hidden_dim": 16}
    prompts = {"hidden_size": 16, "image_size": 128}
    config = Sam2Config(vision_config=vision, prompt_encoder_config=prompts, mask_decoder_config=decoder)
    return _saved(Sam2Model, config, folder, {"size": {"height": 128, "width": 128}, **IMAGENET})


def vit_matte(folder: Path) -> Path:
    """ViTMatte."""
    backbone = VitDetConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=64, num_channels=4,
        out_features=["stage2"],
    )  # fmt: skip
    config = VitMatteConfig(
        backbone_config=backbone, hidden_size=16, convstream_hidden_sizes=[8, 8, 8], fusion_hidden_sizes=[8, 8, 8, 8]
    )
    return _saved(VitMatteForImageMatting, config, folder, {"image_processor_type": "VitMatteImageProcessor"})


def segformer(folder: Path) -> Path:
    """Semantic segmentation with two classes."""
    config = SegformerConfig(
        num_encoder_blocks=2, depths=[1, 1], sr_ratios=[2, 1], hidden_sizes=[8, 16], patch_sizes=[7, 3], strides=[4, 2],
        num_attention_heads=[1, 2], mlp_ratios=[2, 2], decoder_hidden_size=8, num_labels=2,
    )  # fmt: skip
    return _saved(
        SegformerForSemanticSegmentation,
        config,
        folder,
        {"image_processor_type": "SegformerImageProcessor", "size": {"height": 64, "width": 64}, **IMAGENET},
    )


def marigold(folder: Path, kind: type[MarigoldDepthPipeline] | type[MarigoldNormalsPipeline]) -> Path:
    """A Marigold pipeline of this kind."""
    torch.manual_seed(0)
    parts = unet(in_channels=8), vae(), scheduler(), CLIPTextModel(TEXT), tokenizer(folder / "words")
    prediction = "depth" if kind is MarigoldDepthPipeline else "normals"
    pipeline = kind(*parts, prediction, default_denoising_steps=1, default_processing_resolution=32)
    pipeline.save_pretrained(folder / "pipeline")
    return folder / "pipeline"


def _saved(kind: Any, config: Any, folder: Path, preparation: dict[str, Any]) -> Path:
    torch.manual_seed(0)
    model = kind(config)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.2)  # as they are made, their answers hardly depend on the picture
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(preparation))
    return folder
