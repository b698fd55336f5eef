"""The reader's weights: the embedding's encoder, with small low-rank updates that were trained for reading.

Only the updates are in the package (``reader.npz``, LoRA: Hu et al. 2021); the encoder itself is pulled. So
the reader is made on this machine, as one more form of the pulled weights.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.quantise import quantise_fp32, unpack

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

UPDATES = "reader.npz"
# Name of a linear layer in ``reader.npz`` and in the encoder.
LINEAR = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "o": "attention.output.dense",
    "i": "intermediate.dense",
    "f": "output.dense",
}
NORM = {"1": "attention.output.LayerNorm", "2": "output.LayerNorm"}
SCORES = "scores"


def make_reader(model_path: Path, out_path: Path) -> None:
    """Write the reader: ``model_path``'s encoder with the updates merged and the head on top, in 8 bits.

    Its output ``scores`` has the shape (batch, tokens, 4): evidence, start, end, and, for the first token,
    how likely it is that the passage has no answer; all are logits. ``out_path`` appears whole or not at all.

    Raises OSError, ValueError when the encoder is not the one that the updates are for, and whatever onnx and
    onnxruntime raise for a file that they cannot use.
    """
    work = out_path.with_name(f".{out_path.name}.work")
    shutil.rmtree(work, ignore_errors=True)  # of one that was killed
    work.mkdir()
    try:
        unpack(model_path, work / "fp32.onnx")
        _merge(work / "fp32.onnx", load())
        quantise_fp32(work / "fp32.onnx", work / "int8.onnx")
        os.replace(work / "int8.onnx", out_path)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def load() -> dict[str, Array]:
    """The updates by name: ``LAYER.LINEAR.a`` (in, rank), ``.b`` (rank, out), ``.bias`` (out,);
    ``LAYER.norm1.weight`` and the like (384,); ``head`` (384, 4) and ``head.bias`` (4,)."""
    import numpy as np

    with files("qa").joinpath(UPDATES).open("rb") as file, np.load(file, allow_pickle=False) as archive:
        return {name: archive[name].astype(np.float32) for name in archive.files}


def _merge(path: Path, updates: Mapping[str, Array]) -> None:
    """Add the updates to the weights of the unpacked encoder in ``path``, and the head as its only output."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load(path)
    stored = {one.name: one for one in model.graph.initializer}
    made_by = {name: node for node in model.graph.node for name in node.output}

    def add(name: str, update: Array) -> None:
        value = numpy_helper.to_array(stored[name]) + update
        stored[name].CopyFrom(numpy_helper.from_array(value.astype(update.dtype), name))

    for bias, prefix, key in _layers(stored, updates):
        matrix = _matrix(model, bias, stored, made_by)
        add(matrix, updates[f"{key}.a"] @ updates[f"{key}.b"])
        add(prefix + ".bias", updates[f"{key}.bias"])
    for name in [one for one in updates if ".norm" in one]:
        layer, norm, which = name.split(".")
        add(_full(stored, f"encoder.layer.{layer}.{NORM[norm[-1]]}.{which}"), updates[name])
    _put_head(model, updates)
    onnx.save(model, path)


def _layers(stored: Mapping[str, Any], updates: Mapping[str, Array]) -> list[tuple[str, str, str]]:
    """Bias, prefix and key of every linear layer that has an update."""
    found = []
    for name in updates:
        if name.endswith(".a"):
            layer, linear, _ = name.split(".")
            bias = _full(stored, f"encoder.layer.{layer}.{LINEAR[linear]}.bias")
            found.append((bias, bias.removesuffix(".bias"), f"{layer}.{linear}"))
    return found


def _full(stored: Mapping[str, Any], ending: str) -> str:
    matching = [name for name in stored if name.endswith(ending)]
    if len(matching) != 1:
        raise ValueError(f"the encoder has {len(matching)} weights called {ending} instead of one")
    return matching[0]


def _matrix(model: Any, bias: str, stored: Mapping[str, Any], made_by: Mapping[str, Any]) -> str:
    """The name of the matrix whose product the bias is added to."""
    for node in model.graph.node:
        if node.op_type == "Add" and bias in node.input:
            (other,) = [name for name in node.input if name != bias]
            product = made_by[other]
            for name in product.input:
                if product.op_type == "MatMul" and name in stored:
                    return str(name)
    raise ValueError(f"the encoder does not use {bias} as a linear layer does")


def _put_head(model: Any, updates: Mapping[str, Array]) -> None:
    import onnx
    from onnx import helper, numpy_helper

    hidden = model.graph.output[0].name
    # Attention weights would make the same product in 8 bits; four columns gain nothing by it.
    model.graph.initializer.append(numpy_helper.from_array(updates["head"], "reader.head"))
    model.graph.initializer.append(numpy_helper.from_array(updates["head.bias"], "reader.head.bias"))
    model.graph.node.append(helper.make_node("MatMul", [hidden, "reader.head"], ["reader.product"], "reader"))
    model.graph.node.append(helper.make_node("Add", ["reader.product", "reader.head.bias"], [SCORES]))
    del model.graph.output[:]
    model.graph.output.append(
        helper.make_tensor_value_info(SCORES, onnx.TensorProto.FLOAT, ["batch", "tokens", 4])
    )
