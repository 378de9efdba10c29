# SPDX-License-Identifier: GPL-3.0-or-later
"""Choosing a device, and the refusals where it isn't there."""

from __future__ import annotations

import pytest
import torch

from engine import devices
from engine.errors import InputError


def test_auto_takes_cuda_where_it_works() -> None:
    expected = "cuda" if devices.cuda_problem(0) is None else "cpu"
    assert devices.choose("auto").type == expected


def test_cpu_is_named_in_words() -> None:
    assert devices.choose("cpu") == torch.device("cpu")
    assert devices.describe(torch.device("cpu")).startswith("CPU (")


@pytest.mark.parametrize("choice", ["gpu", "cuda:", "cuda:x", "cpu:1", ""])
def test_other_words_are_refused(choice: str) -> None:
    with pytest.raises(InputError, match="There is no device"):
        devices.choose(choice)


def test_a_device_that_is_not_there_is_refused_with_the_reason() -> None:
    with pytest.raises(InputError, match=r"Device 'cuda:99' can't be used: (this|there) .+\.$"):
        devices.choose("cuda:99")


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="this machine has an Apple GPU")
def test_mps_is_refused_where_it_is_not() -> None:
    with pytest.raises(InputError, match="no Apple GPU"):
        devices.choose("mps")


def test_peak_memory_grows_with_what_is_held() -> None:
    before = devices.peak_memory(torch.device("cpu"))
    held = torch.ones(before["host"] // 4 + 2**26)  # over the peak, also where half of it was free again
    after = devices.peak_memory(torch.device("cpu"))
    assert before["device"] == 0
    assert after["host"] >= held.element_size() * held.nelement()


def test_bfloat16_is_used_where_the_device_has_it() -> None:
    x = torch.ones(2, 2)
    with devices.brain_float(torch.device("cpu")):
        found = (x @ x).dtype
    assert found == (torch.bfloat16 if torch.cpu.get_capabilities().get("avx512_bf16") else torch.float32)
