"""A faster form of the embedding model."""

from __future__ import annotations

import os
from pathlib import Path


def quantise(model_path: Path, out_path: Path) -> None:
    """Write a dynamically quantised copy of an ONNX encoder: 8-bit matrix products, scaled per channel.

    The published file stores 8-bit weights but multiplies in fp32, and ``quantize_dynamic`` only sees fp32
    weights: so onnxruntime's constant folding unpacks them first. ``out_path`` appears whole or not at all.
    """
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    unpacked = out_path.with_suffix(".fp32.tmp")
    partial = out_path.with_suffix(".int8.tmp")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(unpacked)
    options.log_severity_level = 3
    try:
        onnxruntime.InferenceSession(str(model_path), options, providers=["CPUExecutionProvider"])
        quantize_dynamic(str(unpacked), str(partial), weight_type=QuantType.QInt8, per_channel=True)
        os.replace(partial, out_path)
    finally:
        unpacked.unlink(missing_ok=True)
        partial.unlink(missing_ok=True)
