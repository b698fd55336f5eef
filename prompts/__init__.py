"""Prompts as versioned files, and the one way to fill them in.

A prompt is ``NAME.md``: a front matter with ``version``, then one section for each message, headed
``## system`` or ``## user``. ``{variables}`` in it are filled in by ``Prompt.messages``; one that is missing
or unknown is an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

_FILE = re.compile(r"\A---\nversion: (?P<version>\d+)\n---\n(?P<body>.+)\Z", re.DOTALL)
_SECTION = re.compile(r"^## (system|user|assistant)\n", re.MULTILINE)
_VARIABLE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt's name, version and messages (role and template)."""

    name: str
    version: int
    templates: tuple[tuple[str, str], ...]

    @property
    def id(self) -> str:
        """Name and version, as answers and caches record it."""
        return f"{self.name}@{self.version}"

    @property
    def variables(self) -> frozenset[str]:
        """The names that must be given."""
        return frozenset(name for _, template in self.templates for name in _VARIABLE.findall(template))

    def messages(self, **values: str) -> tuple[tuple[str, str], ...]:
        """Role and content of each message. Raises KeyError for a missing or an unknown variable."""
        if wrong := self.variables ^ values.keys():
            raise KeyError(f"prompt {self.name}: missing or unknown variables: {', '.join(sorted(wrong))}")
        # In one pass: a value that happens to contain a variable's name is left as it is.
        return tuple(
            (role, _VARIABLE.sub(lambda match: values[match[1]], template))
            for role, template in self.templates
        )


@lru_cache(maxsize=32)
def load(name: str) -> Prompt:
    """The prompt called ``name``. Raises FileNotFoundError, and ValueError where the file is malformed."""
    match = _FILE.match(files("prompts").joinpath(f"{name}.md").read_text(encoding="utf-8"))
    if not match:
        raise ValueError(f"prompt {name}: no front matter with a version")
    pieces = _SECTION.split(match["body"])
    if pieces[0].strip() or len(pieces) < 3:
        raise ValueError(f"prompt {name}: text outside of a '## system' or '## user' section")
    templates = tuple((role, text.strip()) for role, text in zip(pieces[1::2], pieces[2::2], strict=True))
    return Prompt(name, int(match["version"]), templates)
