"""How long the stages of some work take."""

from __future__ import annotations

import time


class Clock:
    """Wall-clock seconds of the stages, from when it is made."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """Count the time since the last lap towards ``stage``."""
        now = time.perf_counter()
        self._laps[stage] = self._laps.get(stage, 0.0) + now - self._last
        self._last = now

    def seconds(self) -> dict[str, float]:
        """Seconds by stage, and ``total_s`` until now."""
        return {**self._laps, "total_s": time.perf_counter() - self._start}
