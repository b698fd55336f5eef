"""Counting tokens offline."""

from __future__ import annotations

import importlib.util
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tiktoken

ENCODING = "cl100k_base"


def count(text: str) -> int:
    """Number of ``cl100k_base`` tokens; text that looks like a special token is counted as plain text."""
    return len(_encoding().encode_ordinary(text))


@cache
def _encoding() -> tiktoken.Encoding:
    # tiktoken would fetch its vocabulary from the network; llama-index-core ships it as a file. The package
    # is looked up, not imported: its import takes a second.
    if "TIKTOKEN_CACHE_DIR" not in os.environ and (folder := _bundled()):
        os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
    import tiktoken

    return tiktoken.get_encoding(ENCODING)


def _bundled() -> Path | None:
    spec = importlib.util.find_spec("llama_index")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place) / "core" / "_static" / "tiktoken_cache"
        if folder.is_dir():
            return folder
    return None
