"""Web pages: trafilatura finds the article; what a reader of the page would not see is taken out before."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from index.clean import settle_line
from index.decode import decode
from index.record import Record, parse_date

_DECLARED = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_HIDING = re.compile(
    r"""display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0*(?:\.0+)?(?=\s*(?:[;!}]|$))
    |font-size\s*:\s*0*(?:\.0+)?(?:px|em|rem|pt|%)?(?=\s*(?:[;!}]|$))|text-indent\s*:\s*-\d{3,}
    |(?:left|top|right)\s*:\s*-\d{4,}|clip\s*:\s*rect\(\s*0|clip-path\s*:\s*inset\(\s*(?:50|100)%""",
    re.IGNORECASE | re.VERBOSE,
)
_COLOURS = re.compile(r"(?<![\w-])(color|background(?:-color)?)\s*:\s*(#[0-9a-f]{3,8}|[a-z]+)", re.IGNORECASE)
_CSS_RULE = re.compile(r"([^{}]{1,500})\{([^{}]{0,2000})\}")
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SIMPLE_SELECTOR = re.compile(r"(?P<tag>[a-z][a-z0-9]*)?(?:(?P<mark>[.#])(?P<name>[\w-]+))?$", re.IGNORECASE)
_UNSEEN_CLASSES = frozenset(
    (
        "sr-only",
        "visually-hidden",
        "visuallyhidden",
        "screen-reader-text",
        "screen-reader-only",
        "hidden",
        "d-none",
    )
)
_UNSEEN_TAGS = frozenset(
    """script style template noscript head title meta link object embed applet iframe frame canvas svg math
    audio video map select option textarea button input datalist""".split()  # noqa: SIM905 - read as a list
)
_BLOCKS = frozenset(
    """address article aside blockquote body br caption center dd details dialog div dl dt fieldset figcaption
    figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tfoot
    tr ul""".split()  # noqa: SIM905
)
_CELLS = frozenset(("td", "th"))
_FURNITURE = frozenset(("nav", "footer", "aside", "form"))
_BULLET = re.compile(r"^- ", re.MULTILINE)  # trafilatura's mark of a list item, not in the page
_LAST_DAY = "2199-12-31"  # a date after today is odd, but it is what the page says
_MOST_ELEMENTS = 20_000  # of a page; far more than an article has, and the extraction takes minutes
_LITTLE = 0.5  # of the words in the page's own <article>: below it the extraction lost the text


def read_html(data: bytes) -> Record:
    """The article of a page: text, title, author, date, site, address, language."""
    declared = _DECLARED.search(data[:4096])
    original = decode(data, declared[1].decode("ascii") if declared else "")
    tree = _seen_tree(original)
    if tree is None:
        return Record(text="", original=original)
    language = (tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or "")[:30]
    own = visible_text(_main_part(tree))
    found = _extracted(tree)
    if found is None:
        return Record(text=own, original=original, title=_heading(tree), language=language)
    text = str(found.text or "")
    lost = len(text.split()) < _LITTLE * len(own.split())
    # On short pages it may run the paragraphs together.
    text = own if lost or text.split() == own.split() else _BULLET.sub("", text).replace("\n", "\n\n")
    title = settle_line(str(found.title or "")) or _heading(tree)
    return Record(
        text=text,
        original=original,
        title=title,
        source=str(found.sitename or ""),
        author=str(found.author or "").replace("; ", ", "),
        published=_beyond_doubt(parse_date(found.date), original),
        url=str(found.url or ""),
        language=language or str(found.language or ""),
        tags=tuple(str(tag) for tag in found.tags or ()),
    )


def _beyond_doubt(day: date | None, page: str) -> date | None:
    """Nothing where the page writes the day only as '03/04/2021', which is two days."""
    if day is None or day.day == day.month or day.day > 12:
        return day
    year, month, number = str(day.year), f"0?{day.month}", f"0?{day.day}"
    either = rf"\b(?:{month}([./-]){number}|{number}([./-]){month})[./-]{year}\b"
    iso = rf"\b{year}[./-]?{month}[./-]?{number}"
    ordinal, name = rf"\b{number}(?:st|nd|rd|th)?\.?", r"[^\W\d]{3,9}\.?"
    named = rf"{ordinal} (?:of )?{name},? {year}|{name} {ordinal},? {year}"
    doubtful = re.search(either, page) and not re.search(f"{iso}|{named}", page)
    return None if doubtful else day


def text_of(html: str) -> str:
    """The visible text of a piece of HTML, one paragraph per block."""
    tree = _seen_tree(f"<div>{html}</div>")
    return "" if tree is None else visible_text(tree)


def _seen_tree(html: str) -> Any:
    """The parsed page without comments and hidden elements; None where there is nothing to parse."""
    from lxml import etree
    from lxml import html as lxml_html

    parser = lxml_html.HTMLParser(remove_comments=True, remove_pis=True, encoding="utf-8")
    page = _XML_DECLARATION.sub("", html).replace("\0", "").encode("utf-8", errors="replace")
    if not page.strip():
        return None
    try:
        tree = lxml_html.document_fromstring(page, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    hidden = _hiding_rules(tree)
    for element in list(tree.iter()):
        seen = not isinstance(element.tag, str) or element is tree or not _is_hidden(element, hidden)
        if not seen and element.getparent() is not None:
            element.drop_tree()
    for element in tree.iter("img", "area", "input"):
        for attribute in ("alt", "title", "aria-label"):
            element.attrib.pop(attribute, None)
    return tree


def _hiding_rules(tree: Any) -> frozenset[str]:
    """Simple selectors (``.note``, ``#note``, ``p.note``) that the page's own style sheets hide."""
    found: set[str] = set()
    for style in tree.iter("style"):
        sheet = _CSS_COMMENT.sub("", style.text_content()[:200_000])
        for selectors, body in _CSS_RULE.findall(sheet):
            if _hides(body):
                found.update(selector.strip().lower() for selector in selectors.split(","))
    return frozenset(found)


def _hides(style: str) -> bool:
    """Whether CSS declarations leave nothing to see, text in the colour of its background included."""
    if _HIDING.search(style):
        return True
    colours = {name.lower()[:10]: _colour(value) for name, value in _COLOURS.findall(style)}
    return "color" in colours and colours["color"] == colours.get("background")


def _colour(value: str) -> str:
    """A colour in six hexadecimal digits, where it is given in hexadecimal or is black or white."""
    plain = {"white": "#ffffff", "black": "#000000"}.get(value.lower(), value.lower())
    return "#" + "".join(2 * digit for digit in plain[1:]) if re.fullmatch("#[0-9a-f]{3}", plain) else plain


def _is_hidden(element: Any, rules: frozenset[str]) -> bool:
    if element.tag in ("body", "article", "main"):
        return False
    if element.tag in ("template", "noscript") or "hidden" in element.attrib:
        return True
    if element.get("aria-hidden", "").strip().lower() == "true":
        return True
    if _hides(element.get("style", "")):
        return True
    classes = element.get("class", "").lower().split()
    if not _UNSEEN_CLASSES.isdisjoint(classes):
        return True
    return bool(rules) and _is_ruled_out(element, classes, rules)


def _is_ruled_out(element: Any, classes: list[str], rules: frozenset[str]) -> bool:
    marks = [f".{name}" for name in classes]
    if element.get("id"):
        marks.append("#" + element.get("id").lower())
    return element.tag in rules or any(mark in rules or element.tag + mark in rules for mark in marks)


def _extracted(tree: Any) -> Any:
    """What trafilatura finds, or None. Dates from metadata only: its search of the text guesses."""
    import logging
    from copy import deepcopy

    from trafilatura import bare_extraction
    from trafilatura.metadata import extract_metadata

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
    dates = {"original_date": True, "extensive_search": False, "max_date": _LAST_DAY}
    try:
        if sum(1 for _ in tree.iter()) > _MOST_ELEMENTS:
            return extract_metadata(deepcopy(tree), date_config=dates)
        return bare_extraction(
            deepcopy(tree),
            with_metadata=True,
            include_comments=False,
            include_tables=True,
            include_images=False,
            include_links=False,
            include_formatting=False,
            date_extraction_params=dates,
        )
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError, AssertionError):
        return None  # a page that breaks the library still has visible text


def _main_part(tree: Any) -> Any:
    for path in (".//article", ".//main", ".//body"):
        parts = tree.findall(path)
        if len(parts) == 1:
            return parts[0]
    return tree


def _heading(tree: Any) -> str:
    for path in (".//h1", ".//title"):
        element = tree.find(path)
        if element is not None and (words := settle_line(element.text_content())):
            return words
    return ""


def visible_text(tree: Any) -> str:
    """The text of a tree without furniture (navigation, forms), with empty lines at each block's borders."""
    from lxml import etree

    pieces: list[str] = []
    skipping = 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if not isinstance(element.tag, str):
            continue
        unseen = element is not tree and (element.tag in _UNSEEN_TAGS or element.tag in _FURNITURE)
        if event == "start":
            skipping += unseen
            pieces.append("\n\n" if element.tag in _BLOCKS else " " if element.tag in _CELLS else "")
            if not skipping:
                pieces.append(_spaced(element.text))
        else:
            skipping -= unseen
            pieces.append("\n\n" if element.tag in _BLOCKS else "")
            if not skipping and element is not tree:
                pieces.append(_spaced(element.tail))
    return "".join(pieces)


def _spaced(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")
