"""The wording of the notices that news pages carry: data for ``index.boilerplate``.

Each form is the whole of a paragraph, line or sentence, in any case, closing marks aside. It may not span a
quotation mark or, without need, a full stop: what somebody says is reporting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of notice, the most words it has, and its wording."""

    kind: str
    words: int
    wording: re.Pattern[str]

    def fits(self, unit: str) -> bool:
        """Whether the whole unit is such a notice."""
        return self.wording.fullmatch(unit) is not None


_SOCIAL = r"""(?:facebook|twitter|x\s\(twitter\)|linked\s?in|whats\s?app|instagram|pinterest|reddit|telegram
        |tumblr|
    flipboard|messenger|youtube|tik\s?tok|threads|bluesky|mastodon|google\snews|koo|snapchat|viber)"""
_BUTTON = rf"(?:{_SOCIAL}|e-?mail|x|google\+?|sms|pocket|print|copy\slink|link|more)"
_PIECE = r"(?:article|story|page|post|video|report|news|content|piece|item)"
_MAIL = r"e-?mail(?:\saddress)?"
_LETTER = r"(?:news\s?letters?|newspaper|e-?paper|mailing\slist|alerts?|briefings?|digest|bulletins?)"
_REST = r'(?:[^"“”.!?]|\.(?=\S))*'  # to the end of the sentence; 'example.com' does not end it
_SHORT = r'[^"“”.!?]{2,60}'
_NAMES = r"(?-i:[A-Z@][\w.'’-]*(?:[\s/,&|]+(?:(?:and|for|of|the|via|in)\s)?[A-Z@][\w.'’-]*){0,10})"
_LINK = r"(?:\s?[:|»>–—]\s?[^\n]*|\s-\s[^\n]*)?"  # 'Read more: the title of another story'
_AGENCY = r"(?:(?-i:[A-Z]{2,6})|Reuters|Bloomberg|(?:news\s|wire\s)?agenc(?:y|ies))"


def _forms(*rows: tuple[str, int, str]) -> tuple[Form, ...]:
    flags = re.IGNORECASE | re.VERBOSE
    return tuple(
        Form(kind, words, re.compile(rf"(?:{wording})[\s.!:…»>*|)\]]*", flags))
        for kind, words, wording in rows
    )


CERTAIN = _forms(
    (
        "agency",
        45,
        rf"""[(\[]?\s?(?:disclaimer\W+)?(?:this|the\sabove)\s(?:{_PIECE}|copy|text)\s(?:has|was|is)\b
        (?=.*\b(?:feed|syndicat\w+|wire|agency|agencies)\b)
        (?=.*(?:without\s(?:any\s)?(?:\w+\s)?(?:modif|edit|chang|alter)|not\s(?:been\s)?edited|unedited|
            auto-?\s?(?:matically\s)?generated|automated|from\s(?:an?|the)\s(?:[\w-]+\s){{0,4}}feed))
        {_REST}""",
    ),
    (
        "agency",
        18,
        rf"""(?:only\s)?the\sheadline(?:\s(?:and|or)\s[\w\s]{{3,30}})?\s(?:has|have|may\shave)\sbeen\s
        (?:changed|re-?worked|edited|modified){_REST}
        |[(\[]?\s?(?:with|based\son)\s(?:additional\s)?(?:inputs?|reporting)\sfrom\s
        {_AGENCY}(?:(?:,\s?|\sand\s|\s){_AGENCY}){{0,5}}
        |[(\[]with\s(?-i:[A-Z]{{2,5}})\sinputs""",
    ),
    (
        "newsletter",
        30,
        rf"""(?:please\s)?(?:subscribe|sign\s?-?up|register|opt\sin)\s(?:(?:now|here|today|free)\s)?(?:to
        |for)\s
        (?:[^"“”.!?]{{0,80}}\s)?(?:{_LETTER}|inbox)\b{_REST}
        |(?:get|receive|have)\s(?:the\s|our\s|all\sthe\s)[^"“”.!?]{{0,90}}\s(?:to|in|into)\s
        your\s(?:inbox|mailbox|{_MAIL})\b{_REST}
        |(?:get|join)\sour\s(?:[\w-]+\s){{0,3}}{_LETTER}
        |by\s(?:signing\sup|subscribing|submitting|entering\syour\s{_MAIL}|registering)\b
        (?=.*\b(?:agree|terms|privacy|consent)\b){_REST}""",
    ),
    (
        "newsletter",
        16,
        rf"""(?:thanks|thank\syou)\sfor\s(?:subscribing|signing\sup|registering)\b{_REST}
        |(?:\*\s)?(?:please\s)?(?:enter|type|provide|fill\sin)\s(?:an?\s
        |your\s)(?:valid\s)?(?:\w+\s)?{_MAIL}\b{_REST}
        |you(?:\shave|\sare|[’']ve)\s(?:been\s|now\s|successfully\s){{0,3}}(?:subscribed
        |signed\sup)(?:\s(?:to|for)\s{_REST})?
        |(?:e-?mail\s)?newsletter(?:s|\ssign-?\s?up)?|(?:our|free|daily|weekly)\s{_LETTER}
        |subscribe(?:\snow|\shere|\stoday|\sus)?|sign\sup(?:\snow|\shere|\stoday|\sfree)?|your\s{_MAIL}""",
    ),
    (
        "subscription",
        25,
        rf"""already\s(?:a\s(?:subscriber|member)|have\san\saccount|registered|subscribed)\?
        (?:\s(?:please\s)?(?:log|sign)[\s-]?in\b{_REST})?
        |(?:please\s)?(?:subscribe|log\sin|sign\sin|register)(?:\sor\s\w+(?:\s(?:in|up))?)?(?:\snow)?\s
        to\s(?:continue|keep|read|unlock|access|view)\b{_REST}
        |this\s{_PIECE}\sis\s(?:only\s|exclusively\s)?(?:available\s)?(?:for|to)\s(?:(?:paid|our
        |registered)\s){{0,3}}
        (?:subscribers|members)(?:\sonly)?
        |to\s(?:continue|keep)\sreading\b(?=.*\b(?:subscribe|register|log\sin|sign\s?(?:up|in))\b){_REST}""",
    ),
    (
        "share",
        16,
        rf"""(?:click\sto\s)?(?:share|tweet|e-?mail|print|pin|save)(?:\s(?:this|the))?(?:\s{_PIECE})?
        (?:\s(?:on|via|with|to|by)\s(?:{_BUTTON}|friends|a\sfriend)(?:[\s,/|·•]+(?:(?:and
        |or)\s)?{_BUTTON}){{0,12}})?
        (?:\s\(opens\sin\s(?:a\s)?new\swindow\))?
        |[\d.,]+k?\s(?:shares?|likes?|views|retweets)|copy\s(?:the\s)?link|link\scopied(?:\sto\sclipboard)?
        |(?:share\W+)?{_BUTTON}(?:[\s,/|·•:]+{_BUTTON}){{1,14}}""",
    ),
    (
        "comments",
        12,
        rf"""(?:leave|post|add|write|submit)\s(?:a|your|the\sfirst)\s(?:reply|comment)(?:\scancel\sreply)?
        |cancel\sreply
        |(?:(?:\d+|no|view|view\sall|show|hide|load\smore|read\sall)\s)(?:\d+\s)?comments?
        |comments?(?:\s?\(\d+\))?
        |comments\s(?:are|is)\s(?:now\s)?(?:closed|off|disabled)(?:\s(?:for|on)\sthis\s{_PIECE})?
        |join\sthe\s(?:conversation|discussion)|be\sthe\sfirst\sto\s(?:comment|reply)
        |(?:let\sus\sknow|tell\sus|have\syour\ssay)\sin\sthe\scomments(?:\s(?:below|section(?:\sbelow)?))?
        |(?:log|sign)\sin\sto\s(?:leave\sa\s|post\sa\s)?(?:comment|reply)""",
    ),
    (
        "comments",
        30,
        rf"""your\s{_MAIL}\swill\snot\sbe\spublished|required\sfields\sare\smarked\b{_REST}
        |save\smy\sname,?\s{_MAIL}\b{_REST}|notify\sme\sof\s(?:new|follow-?up)\s(?:comments|posts)\b{_REST}
        |you\smust\sbe\slogged\sin\sto\s(?:post\sa\s)?(?:comment|reply){_REST}""",
    ),
    (
        "related",
        30,
        rf"""(?:read|see|watch|listen)\salso{_LINK}|(?:read|see|learn|view)\smore(?:\s(?:here|on\sthis
        |stories|news|articles))?{_LINK}
        |also[\s-](?:read|watch|see){_LINK}|(?:must|further)[\s-](?:reads?|reading|watch)|(?:tags
        |filed\sunder)\s?:\s{_SHORT}
        |catch\sall\sthe\s(?=.*\b(?:news|updates)\b)[^"“”.!?]*\son\s{_NAMES}
        |(?:related|recommended)(?:\s(?:articles?|stor(?:y|ies)|news|topics?|links?|posts?|coverage|reading
        |content|videos?))?{_LINK}
        |you\s(?:may|might)(?:\salso)?\s(?:like|be\sinterested\sin){_LINK}|more\son\sthis(?:\s{_PIECE}
        |\stopic)?{_LINK}
        |recommended\sfor\syou""",
    ),
    (
        "related",
        14,
        rf"""(?:more|similar|top|latest|trending|popular|other)\s(?:articles|stories|news|posts
        |videos)(?:\sfor\syou)?
        |most\s(?:popular|read|viewed|shared)|trending\snow|more\sfrom\s{_NAMES}
        |continue\sreading|keep\sreading|read\s(?:the\s)?(?:full|whole|original
        |complete)\s{_PIECE}(?:\s(?:here|below|on\s{_SHORT}))?
        |click\shere(?:\s(?:to|for)\s{_REST})?
        |back\sto\stop|skip\sto\s(?:main\s)?content|(?:previous|next)\s(?:article|story|post)|load\smore
        |show\smore""",
    ),
    (
        "app",
        25,
        rf"""(?:download|get|install|try)\s(?:the|our)\s(?:[^"“”.!?]{{0,40}}\s)?app\b{_REST}|our\sapp\snow
        |(?:now\s)?available\son\s(?:the\s)?(?:app\sstore|google\splay)\b{_REST}""",
    ),
    (
        "cookies",
        60,
        rf"""(?:we|this\s(?:web)?\s?site
        |our\s(?:web)?\s?site)\s(?:and\sour\spartners\s)?uses?\s(?:\w+\s)?cookies(?:\s(?:to|and|for|on|in
        |that|so)\b{_REST})?
        |by\scontinuing\s(?=.*\b(?:cookies?|terms\sof\s(?:use|service)|privacy\spolicy)\b){_REST}
        |(?:accept|reject|allow|manage|decline)\s(?:all\s)?(?:cookies|preferences|consent)|(?:accept
        |reject)\sall
        |cookie\s(?:policy|settings|notice|preferences)|privacy\spolicy|terms\s(?:of\s(?:use|service)|(?:and
        |&)\sconditions)""",
    ),
    (
        "copyright",
        60,
        rf"""(?:copyright\s?)?(?:©|&copy;|\(c\)\s?(?:copyright\s)?(?=\d{{4}}))[^"“”]*
        |copyright,?\s(?:\d{{4}}|by\s(?-i:[A-Z])|[–-])[^"“”]*
        |[^"“”.]{{0,60}}\ball\srights\sreserved(?:\sby\s{_REST})?""",
    ),
    (
        "follow",
        30,
        rf"""(?:follow|like|join|find|connect\swith|add)\s(?:us|our\s[^"“”.!?]{{0,30}}?|@\w+)\s(?:on|at|in)\s
        (?:[^"“”.!?]{{0,40}}\s)?{_SOCIAL}\b{_REST}
        |(?:follow|join)\s(?:[^"“”.!?]{{2,40}}\s)on\s(?:{_SOCIAL}|x)(?:[\s,]+(?:(?:and|or
        |at)\s)?(?:{_SOCIAL}|@\w+)){{0,8}}
        |(?:join|follow|subscribe\sto)\sour\s(?:official\s)?{_SOCIAL}\s(?:channel|group|page|handle
        |community){_REST}
        |follow\s@\w+{_REST}|follow\sus(?:\son)?""",
    ),
    (
        "advertisement",
        14,
        rf"""(?:-\s)?(?:skip\s)?advertisements?(?:\s?[-–—]\s?(?:scroll|story|article
        |continue){_REST})?(?:\s-)?|advertising
        |sponsored(?:\s(?:content|by\s{_SHORT}|post|links?))?
        |(?:story|article)\scontinues\s(?:below|after)(?:\s(?:the|this))?(?:\s(?:ad|advert|advertisement))?
        |promoted\s(?:content|stories)|paid\s(?:content|partnership)""",
    ),
    (
        "credit",
        20,
        rf"""[(\[]?\s?(?:(?:cover\s|lead\s|file\s|representative\s)?(?:images?|photos?|photographs?
        |pictures?|pics?|illustration|
        graphic|video)(?:\s(?:source|credits?|copyright|courtesy))?)(?:\sby\s|\scourtesy(?:\sof)?:?\s
        |\s?[:©,]\s?){_NAMES}
        |\(?(?:additional\s)?reporting\sby\s{_NAMES};\s(?:additional\s)?(?:writing|editing|reporting
        |compiled)\s[^"“”!?]*
        |(?:image|photo|picture)\scaption\s?[:,]\s?[^"“”\n]*
        |[(\[]?\s?(?:(?:file|representative|representational)\s(?:photo|image|picture|pic)|getty\simages
        |(?-i:AP|AFP|Reuters|REUTERS|EPA|PTI)\s(?:photos?|file|images?|pictures?)(?:/{_NAMES})?
        |(?:{_NAMES}\s?/\s?)(?:getty(?:\simages)?|(?-i:Reuters|REUTERS|AFP|AP|EPA|PTI)|shutterstock|alamy
        |bloomberg)(?:/{_NAMES})?)""",
    ),
)

# Told from reporting only by their company: they count next to something certain, in a block of such lines.
COMPANIONS = _forms(
    (
        "newsletter",
        25,
        rf"""(?:don[’']?t|never)\smiss\s(?:an?\s(?:story|update|thing|beat)|out)\b{_REST}|stay\s(?:connected
        |informed|tuned|
        updated|up\sto\sdate|ahead)\b{_REST}|\*\s?{_SHORT}|unsubscribe\b{_REST}|(?:first\s|last\s
        |full\s)?name\s?\*?
        |submit|thank\syou|{_MAIL}\s?\*?|your\s{_MAIL}""",
    ),
    ("comments", 6, r"""(?:website|comment|reply|message|post\scomment|url|Δ)\s?\*?|\(?required\)?"""),
    ("subscription", 12, r"""(?:log|sign)\sin|register|my\saccount|become\sa\s(?:member|subscriber)"""),
    ("share", 12, rf"""{_BUTTON}|like|follow"""),
    ("related", 4, r"home|contact\sus|about\sus|topics"),
    ("app", 12, rf"(?:our|the)\sapps?\b{_REST}|google\splay|app\sstore"),
)

MOST_WORDS = max(form.words for form in CERTAIN + COMPANIONS)

# Words that never are a sentence but are left over where one was cut: helping verbs, past tenses that want a
# subject, prepositions, articles, conjunctions. 'Yes.', 'Never.' and 'Nonsense.' are sentences.
STRAY_WORDS = frozenset(
    """
    an and are as at be been began being brought but by came caught chose comes could did does drew
    drove fell felt flew for from gave gets gives goes got grew had has have held his if in into is its
    kept knew laid led lay made makes meant must of onto or our rose said sang sat saw says sent shall
    shook should since sought spent spoke stood swore takes taught than that the their them then threw
    through to told took until upon was went were when where which while whose with within wore would
    wrote became
    """.split()  # noqa: SIM905 - read as a list of words
)
