"""Which key may go to which address.

A folder that somebody else made may hold a ``qa.toml``. It may name a service, but the user's own key is not
sent there unless the user has named that address too: otherwise whoever wrote the file could collect keys.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from qa.config import KEYS, Settings, hide_login
from qa.errors import ConfigError

_ADDRESSES = ("base_url", "embedding_base_url")


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine."""
    if host.lower() in ("localhost", "localhost.localdomain") or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check(settings: Settings, key: str, url: str) -> None:
    """Whether the key in the setting ``key`` may be sent to ``url``, by where the two come from.

    Raises ConfigError when the key is the user's own, the address is only named by ``qa.toml`` in the working
    folder, and it is neither this machine nor OpenAI.
    """
    named = [name for name in _ADDRESSES if getattr(settings, name) == url]
    if not getattr(settings, key) or key in settings.from_folder or not set(named) <= settings.from_folder:
        return
    parts = urlsplit(url)
    openai = parts.scheme == "https" and parts.hostname == "api.openai.com"
    if not named or openai or is_loopback(parts.hostname or ""):
        return
    variable = KEYS[named[0]].variables[0]
    raise ConfigError(
        f"the key from {settings.where(key)} is not sent to {hide_login(url)}, for only "
        f"{settings.where(named[0])} names that address: if you trust it, set {variable} to it "
        f"or name that file with --config, else take {named[0]} out of the file"
    )
