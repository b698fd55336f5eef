"""The selector as it is trained: Qwen2 read from a GGUF file, with low-rank updates, in PyTorch.

The weights are those of the file, as llama.cpp computes with them, and stay as they are; each linear layer of
the upper blocks gets an update of rank ``RANK`` (LoRA, Hu et al. 2021). Several questions about one list of
sentences are read together: each sees the list and itself, and no other question.

Needs torch and gguf, which nothing else here does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFReader, GGUFWriter, dequantize
from torch import Tensor, nn
from torch.nn import functional

RANK, ALPHA = 8, 16.0
FIRST = 8
"""The first block with updates; the gradient goes no further down."""
LINEAR = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")


class SelectorNet(nn.Module):
    """Qwen2 with updates. ``a`` and ``b`` hold these by ``BLOCK_LINEAR``: (rank, in) and (out, rank).

    kind: what the linear layers compute with; bfloat16 is fastest on a processor that has it. What is added
    up from block to block stays in 32 bits.
    """

    def __init__(self, path: Path, kind: torch.dtype = torch.float32) -> None:
        super().__init__()
        file = GGUFReader(str(path))
        self.own: dict[str, Tensor] = {}
        for one in file.tensors:
            value = torch.from_numpy(np.array(dequantize(one.data, one.tensor_type), dtype=np.float32))
            self.own[one.name] = value.to(kind) if one.name.split(".")[-2] in LINEAR else value
        self.kind = kind

        def told(name: str) -> float:
            return float(file.fields[f"qwen2.{name}"].contents())

        self.blocks, self.heads = int(told("block_count")), int(told("attention.head_count"))
        self.shared = int(told("attention.head_count_kv"))
        self.width = int(told("embedding_length"))
        self.epsilon = told("attention.layer_norm_rms_epsilon")
        size = self.width // self.heads
        self.frequency = told("rope.freq_base") ** -(torch.arange(0, size, 2).float() / size)
        self.a, self.b = nn.ParameterDict(), nn.ParameterDict()
        for block in range(FIRST, self.blocks):
            for name in LINEAR:
                out, into = self.own[f"blk.{block}.{name}.weight"].shape
                self.a[f"{block}_{name}"] = nn.Parameter(torch.randn(RANK, into) / math.sqrt(into))
                self.b[f"{block}_{name}"] = nn.Parameter(torch.zeros(out, RANK))

    def start(self, path: Path) -> None:
        """Go on from updates that ``write`` wrote."""
        for one in GGUFReader(str(path)).tensors:
            _, block, linear, _, side = one.name.replace(".lora_", ".").split(".")
            value = torch.from_numpy(np.array(one.data, dtype=np.float32))
            (self.a if side == "a" else self.b)[f"{block}_{linear}"].data.copy_(value)

    def forward(self, ids: Tensor, places: Tensor, mask: Tensor, last: Tensor, words: Tensor) -> Tensor:
        """Logits of ``words`` (c,) after the tokens at ``last`` (q,), of shape (q, c).

        ids, places: token and position of each, (n,); mask: who sees whom, (n, n) of bool.
        """
        x = self.own["token_embd.weight"][ids]
        angles = places[:, None].float() * self.frequency
        turn = torch.cat([angles.cos()] * 2, -1), torch.cat([angles.sin()] * 2, -1)
        with torch.no_grad():
            for block in range(FIRST):
                x = self._block(x, block, turn, mask)
        for block in range(FIRST, self.blocks):
            x = self._block(x, block, turn, mask)
        head = self.own.get("output.weight", self.own["token_embd.weight"])
        return functional.linear(self._norm(x[last], "output_norm"), head[words])

    def _block(self, x: Tensor, block: int, turn: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        def heads(name: str, count: int) -> Tensor:
            return self._linear(h, block, name).view(len(x), count, -1).transpose(0, 1)

        h = self._norm(x, f"blk.{block}.attn_norm").to(self.kind)
        q, k = _turned(heads("attn_q", self.heads), turn), _turned(heads("attn_k", self.shared), turn)
        q, k, v = q.to(self.kind), k.to(self.kind), heads("attn_v", self.shared)
        each = self.heads // self.shared
        seen = functional.scaled_dot_product_attention(
            q[None],
            k.repeat_interleave(each, 0)[None],
            v.repeat_interleave(each, 0)[None],
            attn_mask=mask[None, None],
        )[0]
        x = x + self._linear(seen.transpose(0, 1).reshape(len(x), -1), block, "attn_output")
        h = self._norm(x, f"blk.{block}.ffn_norm").to(self.kind)
        gate = functional.silu(self._linear(h, block, "ffn_gate"))
        return x + self._linear(gate * self._linear(h, block, "ffn_up"), block, "ffn_down")

    def _linear(self, x: Tensor, block: int, name: str) -> Tensor:
        y = functional.linear(
            x, self.own[f"blk.{block}.{name}.weight"], self.own.get(f"blk.{block}.{name}.bias")
        )
        if block < FIRST:
            return y
        key = f"{block}_{name}"
        a, b = self.a[key].to(self.kind), (self.b[key] * (ALPHA / RANK)).to(self.kind)
        return y + functional.linear(functional.linear(x, a), b)

    def _norm(self, x: Tensor, name: str) -> Tensor:
        return functional.rms_norm(x, (self.width,), self.own[f"{name}.weight"], self.epsilon)


def _turned(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Rotary positions, in halves (Su et al. 2021, as GPT-NeoX lays them)."""
    cosine, sine = turn
    half = x.shape[-1] // 2
    return x * cosine + torch.cat([-x[..., half:], x[..., :half]], -1) * sine


def write(path: Path, updates: Mapping[str, Tensor]) -> None:
    """The updates as llama.cpp reads them: ``a.BLOCK_LINEAR`` and ``b.BLOCK_LINEAR``, in 16 bits."""
    writer = GGUFWriter(str(path), "qwen2")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", ALPHA)
    for name, value in updates.items():
        side, _, place = name.partition(".")
        block, _, linear = place.partition("_")
        stored = value.detach().numpy().astype(np.float16)
        writer.add_tensor(f"blk.{block}.{linear}.weight.lora_{side}", stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
