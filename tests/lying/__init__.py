"""A lying model and an honest one: claims made from real articles by rule, false ones and rewordings.

``python -m tests.lying`` prints how the verifier does on them.
"""

from __future__ import annotations

from tests.lying.case import Case, held_out, offered
from tests.lying.generate import corruptions, paraphrases
from tests.lying.sources import demo, news

__all__ = ["Case", "corruptions", "demo", "held_out", "news", "offered", "paraphrases"]
