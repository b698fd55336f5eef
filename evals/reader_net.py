"""The reader as it is trained: MiniLM with low-rank updates and a head, in JAX.

The encoder's own weights stay as they are (LoRA, Hu et al. 2021). Of its last hidden states the head makes
four logits a token: evidence, start, end, and, at the first token, that the passage has no answer. A
sentence's logit is the log of the mean of the exponentials of its tokens' evidence. The loss is minus the
log of the probability, among the sentences and 'no answer', that falls on gold sentences, plus a quarter of
that of the gold answer's first and last token (as in SQuAD 2.0, Rajpurkar et al. 2018). ``qa/reader.py``
reads the same logits.

Needs jax, optax and safetensors, which nothing else here does.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qa.adapter import LINEAR, NORM

LAYERS, HEADS, WIDTH, INNER = 6, 12, 384, 1536
SENTENCES = 24
"""Sentences of a passage at most."""
NEVER = -1e9
DROPOUT = 0.1
SPAN_WEIGHT = 0.25
SCALE = 2.0
"""What the product of the two low-rank matrices is multiplied with."""
SIZES = {"i": (WIDTH, INNER), "f": (INNER, WIDTH)}
"""Into and out of the linear layers that are not ``WIDTH`` wide on both sides."""
Tree = Any


def encoder(path: Path) -> Tree:
    """The published weights from their safetensors file."""
    from safetensors.numpy import load_file

    stored = {name.removeprefix("bert."): value for name, value in load_file(path).items()}
    layers = []
    for n in range(LAYERS):
        at = f"encoder.layer.{n}."
        layer: dict[str, Any] = {
            key: (stored[f"{at}{name}.weight"].T.copy(), stored[f"{at}{name}.bias"])
            for key, name in LINEAR.items()
        }
        layer |= {
            f"norm{key}": (stored[f"{at}{name}.weight"], stored[f"{at}{name}.bias"])
            for key, name in NORM.items()
        }
        layers.append(layer)
    tree = {
        "words": stored["embeddings.word_embeddings.weight"],
        "positions": stored["embeddings.position_embeddings.weight"],
        "types": stored["embeddings.token_type_embeddings.weight"],
        "norm": (stored["embeddings.LayerNorm.weight"], stored["embeddings.LayerNorm.bias"]),
        "layers": layers,
    }
    return jax.tree_util.tree_map(jnp.asarray, tree)


def updates(rank: int, seed: int = 0) -> Tree:
    """Updates that change nothing yet, and a small random head."""
    draw = np.random.default_rng(seed)
    layers = []
    for _ in range(LAYERS):
        layer: dict[str, Any] = {
            key: (
                draw.normal(0, 1 / math.sqrt(into), (into, rank)).astype(np.float32),
                np.zeros((rank, out), np.float32),
                np.zeros(out, np.float32),
            )
            for key in LINEAR
            for into, out in [SIZES.get(key, (WIDTH, WIDTH))]
        }
        layer |= {f"norm{key}": (np.zeros(WIDTH, np.float32), np.zeros(WIDTH, np.float32)) for key in NORM}
        layers.append(layer)
    head = (draw.normal(0, 0.02, (WIDTH, 4)).astype(np.float32), np.zeros(4, np.float32))
    return jax.tree_util.tree_map(jnp.asarray, {"layers": layers, "head": head})


def _norm(x: Any, own: Any, update: Any = (0.0, 0.0)) -> Any:
    mean = x.mean(-1, keepdims=True)
    spread = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(spread + 1e-12) * (own[0] + update[0]) + own[1] + update[1]


def _linear(x: Any, own: Any, update: Any) -> Any:
    return x @ own[0] + SCALE * ((x @ update[0]) @ update[1]) + own[1] + update[2]


def _drop(x: Any, key: Any) -> tuple[Any, Any]:
    if key is None:
        return x, None
    key, now = jax.random.split(key)
    return x * jax.random.bernoulli(now, 1 - DROPOUT, x.shape) / (1 - DROPOUT), key


def scores(base: Tree, tree: Tree, batch: dict[str, Any], key: Any = None) -> Any:
    """Logits of shape (texts, tokens, 4); with ``key``, under dropout."""
    texts, length = batch["ids"].shape
    x = base["words"][batch["ids"]] + base["positions"][:length] + base["types"][batch["types"]]
    x = _norm(x, base["norm"])
    hidden = (1 - batch["mask"])[:, None, None, :] * NEVER

    def apart(y: Any) -> Any:
        return y.reshape(texts, length, HEADS, WIDTH // HEADS).transpose(0, 2, 1, 3)

    for own, update in zip(base["layers"], tree["layers"], strict=True):
        query, keys, value = (apart(_linear(x, own[name], update[name])) for name in "qkv")
        weight = jax.nn.softmax(query @ keys.transpose(0, 1, 3, 2) / math.sqrt(WIDTH // HEADS) + hidden, -1)
        y = (weight @ value).transpose(0, 2, 1, 3).reshape(texts, length, WIDTH)
        y, key = _drop(_linear(y, own["o"], update["o"]), key)
        x = _norm(x + y, own["norm1"], update["norm1"])
        y = _linear(jax.nn.gelu(_linear(x, own["i"], update["i"])), own["f"], update["f"])
        y, key = _drop(y, key)
        x = _norm(x + y, own["norm2"], update["norm2"])
    return x @ tree["head"][0] + tree["head"][1]


def loss(tree: Tree, base: Tree, batch: dict[str, Any], key: Any) -> Any:
    """The mean loss of a batch, weighted by ``batch["weight"]``; see ``evals.train_reader.pad``."""
    z = scores(base, tree, batch, key)
    inside = jax.nn.one_hot(batch["sentence"], SENTENCES)  # nothing for tokens outside of sentences
    evidence = z[:, :, 0]
    top = jax.lax.stop_gradient(evidence.max(1, keepdims=True))
    count = inside.sum(1)
    summed = jnp.einsum("bl,bls->bs", jnp.exp(evidence - top), inside)
    each = jnp.where(count > 0, jnp.log(summed / jnp.maximum(count, 1) + 1e-9) + top, NEVER)
    among = jax.nn.log_softmax(jnp.concatenate([z[:, :1, 3], each], 1), -1)
    total = -jax.nn.logsumexp(jnp.where(batch["gold"] > 0, among, NEVER), -1)
    possible = (batch["sentence"] >= 0) | (jnp.arange(z.shape[1])[None] == 0)
    for column, name in ((1, "start"), (2, "end")):
        places = jax.nn.log_softmax(jnp.where(possible, z[:, :, column], NEVER), -1)
        chosen = jnp.take_along_axis(places, batch[name][:, None], 1)[:, 0]
        total -= SPAN_WEIGHT * batch["spanned"] * chosen
    return (total * batch["weight"]).sum() / batch["weight"].sum()


def packed(tree: Tree) -> dict[str, Any]:
    """The updates by the names that ``qa/adapter.py`` knows, as half-precision arrays."""
    named: dict[str, Any] = {}
    for n, layer in enumerate(tree["layers"]):
        for key in LINEAR:
            first, second, bias = layer[key]
            named |= {f"{n}.{key}.a": first, f"{n}.{key}.b": SCALE * second, f"{n}.{key}.bias": bias}
        for key in NORM:
            named |= {f"{n}.norm{key}.weight": layer[f"norm{key}"][0]}
            named |= {f"{n}.norm{key}.bias": layer[f"norm{key}"][1]}
    named |= {"head": tree["head"][0], "head.bias": tree["head"][1]}
    return {name: np.asarray(value, dtype=np.float16) for name, value in named.items()}
