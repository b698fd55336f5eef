"""Briefs as one self-contained HTML page, readable without script or network.

Whatever comes from articles and models is escaped by Jinja, and passes ``qa.terminal.safe`` first. Citations
are links to the quotation in its paragraph, which opens over the page by ``:target``; its place is under its
source, where it is printed.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from itertools import zip_longest
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from qa.brief.render import day, when
from qa.brief.types import Brief, Context
from qa.terminal import safe

if TYPE_CHECKING:
    from jinja2 import Template

    from qa.types import Citation

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def page(brief: Brief) -> str:
    """The document, with one element ``c<id>`` for each citation; sections without content are left out."""
    template, style = _template()
    return template.render(
        brief=brief,
        style=style,
        span=_span(brief),
        cited={one.id: one for one in brief.citations},
        sources=_sources(brief),
    )


@lru_cache(maxsize=1)
def _template() -> tuple[Template, str]:
    """The template, and the source expression by which the content policy allows its style sheet alone."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"plain": _plain, "day": day, "when": when, "address": _address}
    text = files("qa.brief").joinpath("page.html.jinja").read_text(encoding="utf-8").replace("\r\n", "\n")
    (style,) = _STYLE.findall(text)
    digest = b64encode(sha256(style.encode("utf-8")).digest()).decode("ascii")
    return environment.from_string(text), f"'sha256-{digest}'"


def _plain(value: object) -> str:
    # Control and direction-changing characters could make a page read otherwise than it is.
    return safe(str(value))


def _address(url: str) -> str:
    """The address if a browser may follow it, else nothing: no ``javascript:``, ``data:`` or ``file:``."""
    clean = safe(url).strip()
    try:
        parts = urlsplit(clean)
    except ValueError:
        return ""
    return clean if parts.scheme in ("http", "https") and parts.hostname else ""


def _span(brief: Brief) -> str:
    """The days of the first and of the last article, where any is known."""
    days = sorted(one.published for one in brief.sources if one.published)
    return " – ".join(day(one) for one in dict.fromkeys((days[0], days[-1]))) if days else ""


def _sources(brief: Brief) -> list[dict[str, Any]]:
    """Each source with its citations and the paragraphs round them, blank where those are not known."""
    blank = Context("", "")
    pairs = list(zip_longest(brief.citations, brief.contexts[: len(brief.citations)]))

    def of(article_id: str) -> list[tuple[Citation, Context]]:
        return [(one, around or blank) for one, around in pairs if one.article_id == article_id]

    return [{"source": one, "citations": of(one.article_id)} for one in brief.sources]
