"""The reader as it is trained: MiniLM with low-rank updates and a head, in PyTorch.

The encoder's own weights stay as they are (LoRA, Hu et al. 2021). Of its last hidden states the head makes
four logits a token: evidence, start, end, and, at the first token, that the passage has no answer. A
sentence's logit is the log of the mean of the exponentials of its tokens' evidence. The loss is minus the
log of the probability, among the sentences and 'no answer', that falls on gold sentences, plus a quarter of
that of the gold answer's first and last token (as in SQuAD 2.0, Rajpurkar et al. 2018). ``qa/reader.py``
reads the same logits.

Needs torch and safetensors, which nothing else here does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from qa.adapter import LINEAR, NORM

LAYERS, HEADS, WIDTH = 6, 12, 384
SENTENCES = 24
"""Sentences of a passage at most."""
NEVER = -1e9
DROPOUT = 0.1
SPAN_WEIGHT = 0.25


class Linear(nn.Module):
    """A frozen linear layer with an update of rank ``rank`` that changes nothing yet."""

    def __init__(self, weight: Tensor, bias: Tensor, rank: int) -> None:
        super().__init__()
        out, into = weight.shape
        self.register_buffer("weight", weight)
        self.register_buffer("own", bias)
        self.a = nn.Parameter(torch.randn(into, rank) / math.sqrt(into))
        self.b = nn.Parameter(torch.zeros(rank, out))
        self.bias = nn.Parameter(torch.zeros(out))

    def forward(self, x: Tensor) -> Tensor:
        """(…, in) to (…, out)."""
        return functional.linear(x, self.weight, self.own + self.bias) + (x @ self.a) @ self.b


class Norm(nn.Module):
    """A frozen layer norm with additive updates."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.register_buffer("own_weight", weight)
        self.register_buffer("own_bias", bias)
        self.weight = nn.Parameter(torch.zeros(WIDTH))
        self.bias = nn.Parameter(torch.zeros(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        """Of the last dimension."""
        return functional.layer_norm(
            x, (WIDTH,), self.own_weight + self.weight, self.own_bias + self.bias, 1e-12
        )


class Layer(nn.Module):
    """One layer of BERT."""

    def __init__(self, stored: Mapping[str, Tensor], at: str, rank: int) -> None:
        super().__init__()
        self.linear = nn.ModuleDict(
            {
                key: Linear(stored[f"{at}{name}.weight"], stored[f"{at}{name}.bias"], rank)
                for key, name in LINEAR.items()
            }
        )
        self.norm = nn.ModuleDict(
            {
                key: Norm(stored[f"{at}{name}.weight"], stored[f"{at}{name}.bias"])
                for key, name in NORM.items()
            }
        )

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x: (texts, tokens, WIDTH). mask: (texts, 1, 1, tokens), True where there is a token."""
        texts, length, _ = x.shape
        query, key, value = (
            self.linear[one](x).view(texts, length, HEADS, WIDTH // HEADS).transpose(1, 2) for one in "qkv"
        )
        y = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        y = self.linear["o"](y.transpose(1, 2).reshape(texts, length, WIDTH))
        x = self.norm["1"](x + functional.dropout(y, DROPOUT, self.training))
        y = self.linear["f"](functional.gelu(self.linear["i"](x)))
        return self.norm["2"](x + functional.dropout(y, DROPOUT, self.training))  # type: ignore[no-any-return,unused-ignore]


class ReaderNet(nn.Module):
    """The encoder of the published weights in the safetensors file ``path``, with updates and a head."""

    def __init__(self, path: Path, rank: int) -> None:
        super().__init__()
        from safetensors.torch import load_file

        stored = {name.removeprefix("bert."): value.float() for name, value in load_file(path).items()}
        for name in ("word", "position", "token_type"):
            self.register_buffer(name, stored[f"embeddings.{name}_embeddings.weight"])
        self.register_buffer("norm_weight", stored["embeddings.LayerNorm.weight"])
        self.register_buffer("norm_bias", stored["embeddings.LayerNorm.bias"])
        self.layers = nn.ModuleList(Layer(stored, f"encoder.layer.{n}.", rank) for n in range(LAYERS))
        self.head = nn.Linear(WIDTH, 4)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        """Logits of shape (texts, tokens, 4)."""
        ids = batch["ids"]
        x = self.word[ids] + self.position[: ids.shape[1]] + self.token_type[batch["types"]]
        x = functional.layer_norm(x, (WIDTH,), self.norm_weight, self.norm_bias, 1e-12)
        mask = batch["mask"].bool()[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask)
        return self.head(x).float()  # type: ignore[no-any-return,unused-ignore]


def loss(z: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """The mean loss of a batch with the logits ``z``, weighted by ``batch["weight"]``; see
    ``evals.train_reader.pad``."""
    inside = functional.one_hot(batch["sentence"] + 1, SENTENCES + 1)[:, :, 1:].float()
    evidence = z[:, :, 0]
    top = evidence.max(1, keepdim=True).values.detach()
    count = inside.sum(1)
    summed = torch.einsum("bl,bls->bs", torch.exp(evidence - top), inside)
    each = torch.where(count > 0, torch.log(summed / count.clamp(min=1) + 1e-9) + top, NEVER)
    among = torch.log_softmax(torch.cat([z[:, :1, 3], each], 1), -1)
    total = -torch.logsumexp(torch.where(batch["gold"] > 0, among, NEVER), -1)
    possible = batch["sentence"] >= 0
    possible[:, 0] = True
    for column, name in ((1, "start"), (2, "end")):
        places = torch.log_softmax(torch.where(possible, z[:, :, column], NEVER), -1)
        total = total - SPAN_WEIGHT * batch["spanned"] * places.gather(1, batch[name][:, None])[:, 0]
    return (total * batch["weight"]).sum() / batch["weight"].sum()


def start_from(net: ReaderNet, stored: Mapping[str, np.ndarray[Any, Any]]) -> None:
    """Go on from updates by the names of ``packed``, of this rank or a lower one: what is more is new."""
    with torch.no_grad():
        for name, value in net.named_parameters():
            one = torch.from_numpy(np.asarray(stored[_name(name)], dtype=np.float32))
            if name == "head.weight":
                one = one.T
            value[tuple(slice(0, size) for size in one.shape)] = one


def packed(net: ReaderNet) -> dict[str, np.ndarray[Any, Any]]:
    """The updates by the names that ``qa/adapter.py`` knows, as half-precision arrays."""
    return {
        _name(name): (value.T if name == "head.weight" else value).detach().numpy().astype(np.float16)
        for name, value in net.named_parameters()
    }


def _name(name: str) -> str:
    """A parameter's name in ``reader.npz``: ``layers.0.linear.q.a`` is ``0.q.a``."""
    if name.startswith("head."):
        return name.removesuffix(".weight")
    return name.removeprefix("layers.").replace("linear.", "").replace("norm.", "norm")
