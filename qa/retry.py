"""When to ask a service again, how long to wait, and how fast to ask at all."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 8.0
LONGEST_RETRY_AFTER_S = 60.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential waits with jitter (half of each wait is random), unless the service names one.

    retries: how often a request is repeated after the first attempt.
    jitter: a number in [0, 1) per call; injected by tests.
    """

    retries: int = 3
    jitter: Callable[[], float] = random.random

    def wait(self, attempt: int, retry_after: float | None) -> float | None:
        """Seconds to wait after the ``attempt``-th failure (1-based), or None to give up.

        A service that asks for more patience than a person has is not asked again: earlier than it said
        would be useless, and as late as it said would look like hanging.
        """
        if attempt > self.retries:
            return None
        if retry_after is None:
            longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (attempt - 1))
            return longest * (0.5 + 0.5 * self.jitter())
        if retry_after > LONGEST_RETRY_AFTER_S:
            return None
        return retry_after + FIRST_WAIT_S * self.jitter()


def parse_retry_after(seconds: str | None, milliseconds: str | None, now: float) -> float | None:
    """The wait a service asks for in ``Retry-After`` or ``retry-after-ms``, in seconds, never negative.

    ``Retry-After`` is a number of seconds or an HTTP date (RFC 9110, 10.2.3); ``now`` is the Unix time that
    a date is measured against. None where there is no such header or it makes no sense.
    """
    for value, scale in ((milliseconds, 0.001), (seconds, 1.0)):
        if value is None:
            continue
        try:
            number = float(value) * scale
        except ValueError:
            continue
        if not math.isnan(number):
            return max(0.0, number)
    if seconds is None:
        return None
    try:
        return max(0.0, parsedate_to_datetime(seconds).timestamp() - now)
    except (ValueError, OverflowError):
        return None


class RateLimiter:
    """At most ``per_minute`` requests a minute, evenly spaced, over all threads that share it."""

    def __init__(
        self,
        per_minute: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not per_minute > 0:
            raise ValueError("a rate limit is a positive number of requests a minute")
        self._interval = 60.0 / per_minute
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = -math.inf

    def acquire(self) -> None:
        """Return when the next request may be sent."""
        with self._lock:
            now = self._clock()
            start = max(now, self._next)
            self._next = start + self._interval
        if start > now:
            self._sleep(start - now)

    def pause(self, seconds: float) -> None:
        """Let no thread send for ``seconds``: one of them was told to slow down, and that holds for all."""
        with self._lock:
            self._next = max(self._next, self._clock() + seconds)
