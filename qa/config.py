"""The only reader of the environment and of configuration files.

A value comes from, in this order: a flag, an environment variable, ``qa.toml`` in the working folder,
``qa.toml`` in the user's configuration folder, the default. A file named with ``--config`` is read instead of
these two. ``Settings.origin`` says where each value came from.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import platformdirs

from qa.errors import ConfigError, Missing

APP = "qa"
FILE = "qa.toml"
LOCAL_PREFIX = "local:"

Kind = str  # text, path, url, int, float, bool, choice
_Layer = dict[str, tuple[Any, str]]  # settings by name: value, and where it came from


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a setting: its kind, meaning, range or choices, and the variables that set it."""

    name: str
    kind: Kind
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    variables: tuple[str, ...] = ()


def _key(
    kind: Kind,
    help: str,
    default: Any = None,
    *,
    make: Callable[[], Any] | None = None,
    secret: bool = False,
    **known: Any,
) -> Any:
    metadata = {"kind": kind, "help": help, "secret": secret, **known}
    if make is not None:
        return field(default_factory=make, metadata=metadata)
    return field(default=default, repr=not secret, metadata=metadata)


def default_index() -> Path:
    """Where the index is kept when nobody says otherwise."""
    return platformdirs.user_data_path(APP) / "index"


def default_models() -> Path:
    """Where pulled weights are kept when nobody says otherwise."""
    return platformdirs.user_cache_path(APP) / "models"


def replies_file() -> Path:
    """Where the model's replies are kept for reuse."""
    return platformdirs.user_cache_path(APP) / "replies.sqlite"


def notes_folder() -> Path:
    """Where what briefs read in each article is kept for reuse."""
    return platformdirs.user_cache_path(APP) / "notes"


def user_file() -> Path:
    """The configuration file in the user's configuration folder."""
    return platformdirs.user_config_path(APP) / FILE


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its effective value; ``origin`` names where each one came from that is no default.

    from_folder: the settings whose values stand in ``qa.toml`` of the working folder, which somebody else may
    have made.
    Timeouts are seconds, ``cache_bytes`` bytes, ``budget_usd`` US dollars (None: no limit).
    """

    index: Path = _key("path", "folder of the index", make=default_index)
    model: str = _key("text", "auto, local:NAME, or a name the model's service knows", "auto")
    base_url: str | None = _key("url", "address of an OpenAI-compatible service", env=("OPENAI_BASE_URL",))
    api_key: str | None = _key("text", "key for that service", secret=True, env=("OPENAI_API_KEY",))
    embedding: str = _key(
        "text", "local:NAME, or a name the embedding service knows", "local:minilm-l6-v2-int8"
    )
    embedding_base_url: str | None = _key("url", "address of the embedding service, when it is another one")
    embedding_api_key: str | None = _key("text", "key for the embedding service", secret=True)
    embedding_dimensions: int | None = _key("int", "length of that service's vectors", low=8, high=16_384)
    k: int = _key("int", "passages to retrieve for a question", 10, low=1, high=100)
    evidence_tokens: int = _key("int", "tokens of evidence shown to the model", 200, low=50, high=20_000)
    max_tokens: int = _key("int", "tokens the model may write", 300, low=16, high=32_000)
    timeout_connect: float = _key("float", "seconds to reach the service", 10.0, low=0.1, high=600)
    timeout_first_token: float = _key("float", "seconds until the first word", 60.0, low=0.1, high=3600)
    timeout_total: float = _key("float", "seconds for a whole reply", 180.0, low=0.1, high=7200)
    retries: int = _key("int", "further attempts when a retry may help", 3, low=0, high=10)
    cache: bool = _key("bool", "keep the model's replies and reuse them", True)
    cache_bytes: int = _key("int", "size limit of the kept replies", 200_000_000, low=1_000_000, high=10**12)
    jobs: int = _key("int", "questions of a batch asked at the same time", 1, low=1, high=64)
    verify: str = _key("choice", "what checks a claim", "rules", choices=("rules", "model"))
    models_dir: Path = _key("path", "folder of the local models", make=default_models, env=("QA_MODELS",))
    budget_usd: float | None = _key("float", "US dollars a run may cost", low=0, high=1_000_000)
    color: str = _key("choice", "colours in the terminal", "auto", choices=("auto", "always", "never"))
    origin: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    from_folder: frozenset[str] = field(default=frozenset(), repr=False, compare=False)

    def where(self, name: str) -> str:
        """Where the value of ``name`` came from, in words."""
        return self.origin.get(name, "default")


def _known_keys() -> dict[str, Key]:
    keys: dict[str, Key] = {}
    for item in fields(Settings):
        if item.name in ("origin", "from_folder"):
            continue
        known = dict(item.metadata)
        extra = known.pop("env", ())
        # QA_MODELS stands in for QA_MODELS_DIR; every other setting has its own QA_ variable first.
        variables = extra if item.name == "models_dir" else (f"QA_{item.name.upper()}", *extra)
        keys[item.name] = Key(name=item.name, variables=variables, **known)
    return keys


KEYS: Mapping[str, Key] = MappingProxyType(_known_keys())


def load(
    flags: Mapping[str, Any] | None = None,
    *,
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
    user: Path | None = None,
) -> Settings:
    """The effective settings.

    flags: values given on the command line by setting name; None means not given.
    file: a configuration file to read instead of ``qa.toml`` in the working folder and the user's one.
    environ, folder, user: stand in for the environment, the working folder and the user's file.

    Raises ConfigError for an unknown key or variable and for a value of the wrong type or out of range,
    Missing when ``file`` is not there.
    """
    here, own = folder or Path.cwd(), user or user_file()
    layers: list[_Layer] = []
    theirs: _Layer = {}
    if file is not None:
        if not file.is_file():
            raise Missing(f"no configuration file at {file}; check the path given with --config")
        layers.append(_from_file(file))
    else:
        mine = _from_file(own) if own.is_file() else {}
        found = here / FILE
        if found.is_file() and found.resolve() != own.resolve():
            theirs = _from_file(found)
        layers += [mine, theirs]
        # What the user says too is the user's.
        theirs = {name: known for name, known in theirs.items() if mine.get(name, ("",))[0] != known[0]}
    layers.append(_from_environment(os.environ if environ is None else environ, here))
    layers.append(_from_flags(flags or {}, here))
    merged: _Layer = {}
    for layer in layers:
        merged.update(layer)
    return Settings(
        **{name: value for name, (value, _) in merged.items()},
        origin=MappingProxyType({name: origin for name, (_, origin) in merged.items()}),
        from_folder=frozenset(name for name, known in theirs.items() if merged[name] is known),
    )


def shown(settings: Settings, name: str) -> str | int | float | bool | None:
    """The value of a setting as it may be printed: paths as text, keys and passwords in addresses masked."""
    value = getattr(settings, name)
    if value is None or isinstance(value, bool | int | float):
        return value
    if KEYS[name].secret:
        return mask(value)
    if KEYS[name].kind == "url":
        return hide_login(value)
    return str(value)


def hide_login(url: str) -> str:
    """An address for printing: a name and password in it are masked."""
    return re.sub(r"//[^/@]*@", "//***@", url)


def mask(secret: str) -> str:
    """A key for printing: its last four characters when it is long enough to give nothing away by them."""
    return f"***{secret[-4:]}" if len(secret) >= 20 else "***"


def _from_flags(flags: Mapping[str, Any], here: Path) -> _Layer:
    given = {name: value for name, value in flags.items() if value is not None}
    return {
        name: (_convert(KEYS[name], value, here, f"--{name.replace('_', '-')}"), "command line")
        for name, value in given.items()
    }


def _from_environment(environ: Mapping[str, str], here: Path) -> _Layer:
    owner = {variable: key for key in KEYS.values() for variable in key.variables}
    for variable in environ:
        if variable.startswith("QA_") and variable not in owner:
            raise ConfigError(f"unknown environment variable {variable}{_nearest(variable, owner)}; unset it")
    found: _Layer = {}
    for key in KEYS.values():
        for variable in key.variables:
            if environ.get(variable):
                found[key.name] = (
                    _convert(key, environ[variable], here, variable),
                    f"environment {variable}",
                )
                break
    return found


def _from_file(path: Path) -> _Layer:
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}") from None
    found: _Layer = {}
    for name, value in table.items():
        place = f"{path}{_line(text, name)}"
        if name not in KEYS:
            raise ConfigError(f"{place}: unknown setting '{name}'{_nearest(name, KEYS)}; see 'qa config'")
        found[name] = (_convert(KEYS[name], value, path.parent, f"{place}: {name}"), str(path))
    return found


def _line(text: str, name: str) -> str:
    quoted = re.escape(name)
    match = re.search(rf"""^[ \t]*\[*[ \t]*["']?{quoted}["']?[ \t]*[].=]""", text, re.MULTILINE)
    return f":{text.count(chr(10), 0, match.start()) + 1}" if match else ""


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
    return f", the nearest known one is '{near[0]}'" if near else ""


_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def _convert(key: Key, value: Any, base: Path, place: str) -> Any:
    """``value`` as the type of ``key``, or ConfigError. Relative paths start at ``base``."""
    if key.kind == "bool":
        word = str(value).lower()
        if word not in _TRUE + _FALSE:
            raise ConfigError(f"{place} must be true or false, not {_repr(key, value)}")
        return word in _TRUE
    if key.kind in ("int", "float"):
        return _number(key, value, place)
    if not isinstance(value, str | Path) or not str(value).strip():
        raise ConfigError(f"{place} must be a non-empty text, not {_repr(key, value)}")
    if key.kind == "path":
        path = Path(value).expanduser()
        return path if path.is_absolute() else base / path
    text = str(value).strip()
    if key.kind == "choice" and text not in key.choices:
        raise ConfigError(f"{place} must be one of {', '.join(key.choices)}, not {_repr(key, value)}")
    if key.kind == "url":
        return _url(text, place)
    return text


def _url(text: str, place: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(f"{place} must be an address that starts with http:// or https://")
    return text.rstrip("/")


def _number(key: Key, value: Any, place: str) -> float | int:
    kind = "a whole number" if key.kind == "int" else "a number"
    wrong = ConfigError(f"{place} must be {kind} from {key.low:,} to {key.high:,}, not {_repr(key, value)}")
    if isinstance(value, bool):
        raise wrong
    try:
        number: float | int = float(value) if key.kind == "float" else _whole(value)
    except (TypeError, ValueError):
        raise wrong from None
    # Written so that NaN, which compares false with everything, is refused too.
    if not (key.low is not None and key.high is not None and key.low <= number <= key.high):
        raise wrong
    return number


def _whole(value: Any) -> int:
    if isinstance(value, float):
        raise ValueError
    return int(value)


def _repr(key: Key, value: Any) -> str:
    return "this" if key.secret else repr(value)
