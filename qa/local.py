"""A local language model as an OpenAI-compatible server inside this process.

llama.cpp's own server, through ``xllamacpp``: on loopback only, at a port of the system's choice, with a
random key. It is started by the first ``serve`` and stopped with the process. Whatever speaks the OpenAI API
can use it.
"""

from __future__ import annotations

import atexit
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from qa.errors import Missing

LOOPBACK = "127.0.0.1"
PROMPT_CACHE_MIB = 128
SIBLINGS = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
QUOTA = "/sys/fs/cgroup/cpu.max"


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A running server: an OpenAI base URL, the key it asks for, and the name of its model."""

    base_url: str
    api_key: str = field(repr=False)
    model: str
    _native: list[Any] = field(repr=False, compare=False)

    def stop(self) -> None:
        """Stop serving and give the memory back; harmless when it has been stopped already."""
        with _lock:
            for key in [key for key, server in _servers.items() if server is self]:
                del _servers[key]
            # The native server stops, and joins its threads, when the last reference to it goes.
            self._native.clear()


_Key = tuple[int, Path, Path | None, int, int, int]
_servers: dict[_Key, LocalServer] = {}
_lock = threading.RLock()


def serve(
    name: str,
    folder: Path,
    *,
    context: int = 4096,
    threads: int | None = None,
    parallel: int = 1,
    adapter: Path | None = None,
) -> LocalServer:
    """The server for the GGUF file in ``folder``, started unless this process already runs one like it.

    context: tokens of prompt and answer together, for each of the ``parallel`` requests served at a time.
    threads: by default one for each core that this process may use.
    adapter: a LoRA for these weights as a GGUF file; only requests that ask for it (``lora``, id 0) get it.

    Starting takes a second or two for a small model and holds the interpreter lock, so that no other Python
    thread runs meanwhile. Raises Missing when there is no such file, when it cannot be loaded, or when the
    native library does not load.
    """
    weights = _weights(name, folder)
    count = threads or cores()
    key = (os.getpid(), weights, adapter, context, count, parallel)
    with _lock:
        if key not in _servers:
            _servers[key] = _start(name, weights, adapter, context=context, threads=count, parallel=parallel)
        return _servers[key]


def stop_all() -> None:
    """Stop every server of this process."""
    with _lock:
        for server in list(_servers.values()):
            server.stop()


def cores() -> int:
    """Physical cores that this process may use, at least one: two threads on one core hinder each other."""
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    allowed = os.sched_getaffinity(0)
    physical = len({_first_line(SIBLINGS.format(number)) or str(number) for number in allowed})
    # A container may be given many cores and little time on them: "200000 100000" is two cores' worth.
    quota, _, period = _first_line(QUOTA).partition(" ")
    if quota.isdigit() and period.isdigit() and int(period):
        physical = min(physical, max(1, int(quota) // int(period)))
    return physical


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").partition("\n")[0].strip()
    except (OSError, ValueError):
        return ""


def _weights(name: str, folder: Path) -> Path:
    found = sorted(folder.glob("*.gguf"))
    if len(found) != 1:
        what = "several GGUF files are" if found else "no GGUF file is"
        raise Missing(f"{what} in {folder}; run 'qa models pull {name}'")
    return found[0]


def _start(
    name: str, weights: Path, adapter: Path | None, *, context: int, threads: int, parallel: int
) -> LocalServer:
    library = _library()
    key = secrets.token_urlsafe(32)
    params = library.CommonParams()
    params.model.path = str(weights)
    params.model_alias = {name}
    if adapter is not None:
        updates = library.CommonAdapterLoraInfo()
        updates.path, updates.scale = str(adapter), 0.0
        params.lora_adapters = [updates]
        params.lora_init_without_apply = True
    params.hostnames = [LOOPBACK]
    params.port = 0
    params.api_keys = [key]
    params.n_ctx = context * parallel
    params.n_parallel = parallel
    params.n_threads_http = parallel + 2
    for processors in (params.cpuparams, params.cpuparams_batch):
        processors.n_threads = threads
    # Seconds. A stream that nobody reads any more is noticed at its next ping, and a stop waits for that.
    params.sse_ping_interval = 1
    params.verbosity = -1
    # A trial run, and fitting the model to a graphics card's memory: the latter doubles the time to load.
    params.warmup = False
    params.fit_params = False
    # Prompts kept besides the current one; without a limit of ours they may take 8 GB.
    params.cache_ram_mib = PROMPT_CACHE_MIB
    params.ui = False
    params.endpoint_slots = params.endpoint_props = params.endpoint_metrics = False
    params.cors_origins = params.cors_methods = params.cors_headers = ""
    params.cors_credentials = False
    try:
        native = library.Server(params)
    except RuntimeError:
        raise Missing(
            f"{weights} could not be loaded as a model: it may be damaged ('qa models verify {name}') "
            "or need more memory than there is"
        ) from None
    _await_loop(native.listening_address, key)
    return LocalServer(f"{native.listening_address}/v1", key, name, [native])


def _await_loop(address: str, key: str) -> None:
    """Return once the server works off its queue, which may be a moment after it says that it listens.

    If it were stopped before that, it would start its loop afterwards, and the stop would wait for ever.
    """
    host, _, port = address.removeprefix("http://").rpartition(":")
    connection = HTTPConnection(host, int(port), timeout=30)
    try:
        # The cheapest request that goes through the queue.
        connection.request("GET", "/lora-adapters", headers={"Authorization": f"Bearer {key}"})
        connection.getresponse().read()
    finally:
        connection.close()


def _library() -> Any:
    try:
        with _patient_threads():
            import xllamacpp
    except ImportError as error:
        raise Missing(
            f"the library that runs local models does not load ({error}); install what it names "
            "(libgomp is in the system package libgomp1 or libgomp), or use another model with --base-url"
        ) from None
    return xllamacpp


@contextmanager
def _patient_threads() -> Iterator[None]:
    """Has OpenMP's threads sleep while they wait for each other, unless the user set it otherwise.

    They spin by default, and as soon as another process wants one of the cores, each waits a time slice for
    the other, hundreds of times a token. OpenMP reads this once, when it is loaded.
    """
    if "OMP_WAIT_POLICY" in os.environ or "GOMP_SPINCOUNT" in os.environ:
        yield
        return
    os.environ["OMP_WAIT_POLICY"] = "passive"
    try:
        yield
    finally:
        del os.environ["OMP_WAIT_POLICY"]


atexit.register(stop_all)
