"""A faster form of the embedding model."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def quantise(model_path: Path, out_path: Path) -> None:
    """Write a dynamically quantised copy of an ONNX encoder: 8-bit matrix products, scaled per channel.

    The published file stores 8-bit weights but multiplies in fp32, and ``quantize_dynamic`` only sees fp32
    weights: so onnxruntime's constant folding unpacks them first. ``out_path`` appears whole or not at all,
    and the same libraries write the same bytes each time. Takes some seconds, and room for the fp32 weights
    twice beside ``out_path``.

    Raises OSError, and whatever onnxruntime raises for a file that it cannot use.
    """
    work = out_path.with_name(f".{out_path.name}.work")
    shutil.rmtree(work, ignore_errors=True)  # of one that was killed
    work.mkdir()
    try:
        unpack(model_path, work / "fp32.onnx")
        quantise_fp32(work / "fp32.onnx", work / "int8.onnx")
        os.replace(work / "int8.onnx", out_path)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def quantise_fp32(model_path: Path, out_path: Path) -> None:
    """Write a dynamically quantised copy of an encoder with fp32 weights, as ``unpack`` leaves it."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(str(model_path), str(out_path), weight_type=QuantType.QInt8, per_channel=True)


def unpack(model_path: Path, out_path: Path) -> None:
    """Write a copy of an ONNX encoder with its stored 8-bit weights unpacked to fp32."""
    import onnx
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(out_path)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(model_path), options, providers=["CPUExecutionProvider"])
    model = onnx.load(out_path)
    # Marked as prepared, or the next step logs the advice to prepare it.
    onnx.helper.set_model_props(model, {"onnx.quant.pre_process": "onnxruntime.quant"})
    onnx.save(model, out_path)
