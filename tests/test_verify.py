"""Claims held against evidence: each principle on both sides, and what must hold for every sentence."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from index.sentences import sentences
from index.types import Article
from qa.types import Evidence, Fate
from qa.verify import Drafted, check, context_of, verify

ROOT = Path(__file__).parent.parent


def evidence_of(text: str, before: str = "", title: str = "", published: date | None = None) -> Evidence:
    body = f"{before} {text}" if before else text
    article = Article("0" * 16, "a.txt", "a.txt", title, body, published=published)
    return Evidence(1, article, len(body) - len(text), len(body), 1.0)


def verdict(claim: str, text: str, before: str = "") -> tuple[bool, tuple[str, ...]]:
    evidence = evidence_of(text, before)
    result = check(claim, evidence, context_of(evidence))
    return result.ok, result.reasons


FINED = (
    "Harbury coach Owen Pelling has been fined £2,000 and banned for six weeks "
    'for calling a referee "a disgrace".'
)
PROFIT = (
    "Quarterly profits at Tolland Media jumped 76% to $1.13bn for the three months to December, "
    "from $639m a year earlier."
)
FILM = "But its film division saw profits slump 27% to $284m."
SACKED = "Margaret Dunn sacked Peter Vane on Friday."
BEAT = "Lena Kovar beat Maria Stolz 6-3 6-4 in the final in Turin on Sunday."
TOLD = "Colin Marsh told Helen Ward that the bridge was unsafe."
DENIED = "Mr Harcourt denied that the firm had paid bribes."
MIXED = "Sales in Norway rose 5% and sales in Denmark fell 3%."
CROWD = "Police said 3 men and 5 women were arrested after the match."
RANGE = "The bank raised its rate from 5% to 7% in March."
PLAN = "Orlin plans to close its factory in Leeds in 2006."
MAY = "The minister may resign if the vote is lost."
NOT = "The council did not approve the budget in June."
LESS = "Less than 200 people attended the rally."
NEARLY = "Nearly 1.4 billion pounds was spent on the new airport."
QUOTE = '"This is a budget for people who check their change," Mrs Marrander told parliament.'
ONLY = "Only two of the ten ships survived the storm."
BOUGHT = "Calder bought Finch Foods for £40m in 1999, a year after it sold its bakery chain to Marlow."
DIED = "The mayor's brother, Anton Weiss, died in a fire on 21 September 2004."
PASSIVE = "The painting was stolen by two Danish students in August."
RELATIVE = "The firm, which is now one of the biggest growers in Kent, benefited from higher prices."
FIRST = "She was the first woman to win the prize without a sponsor."
BECAUSE = "The match was cancelled because the pitch was frozen."
ALLEGED = "The driver stole the car, prosecutors allege."
AFTER = "The strike ended after the talks began."
REPORTED = "Three people have not been found, the coastguard said."
TIME = "The ferry left Lerrick at 5.30pm on Monday."
LEAD = "Denton lead Rosswick by four points."
UNION = "The union rejected the company's offer of a 3% pay rise."
SHARES = "Shares in Quill fell by 12 per cent to 56 pence on Tuesday."
FORMER = "Former finance minister Karl Brandt joined the board of Osric Bank."
EXPECTED = "Inflation is expected to fall below 2% next year."
CHARGED = "Two teenagers were charged with theft in Cardiff."
HALF = "Half of the customers said the service was poor."

# claim, evidence, sentence before, code of the reason or "" where it stands
CASES: list[tuple[str, str, str, str]] = [
    # the sentence itself and parts of it
    (FINED, FINED, "", ""),
    ("Owen Pelling was fined £2,000.", FINED, "", ""),
    ("Harbury coach Owen Pelling was fined £2,000.", FINED, "", ""),
    ("Owen Pelling has been fined £2,000 and banned for six weeks.", FINED, "", ""),
    ("The firm benefited from higher prices.", RELATIVE, "", ""),
    ("The firm is now one of the biggest growers in Kent.", RELATIVE, "", ""),
    ("Lena Kovar beat Maria Stolz.", BEAT, "", ""),
    ("Lena Kovar beat Maria Stolz in the final in Turin.", BEAT, "", ""),
    ("The match was cancelled.", BECAUSE, "", ""),
    ("Sales in Norway rose 5%.", MIXED, "", ""),
    ("Owen Pelling was fined £2,000 for six weeks.", FINED, "", "*"),
    ("Owen Pelling was a disgrace.", FINED, "", "*"),
    ("The referee was fined £2,000.", FINED, "", "*"),
    ("Harbury was fined £2,000.", FINED, "", "*"),
    ("Profits jumped 76% to $1.13bn.", PROFIT, "", "*"),
    # quantities
    ("Owen Pelling was fined 2,000 pounds.", FINED, "", ""),
    ("Owen Pelling was fined two thousand pounds.", FINED, "", ""),
    ("Owen Pelling was fined £3,000.", FINED, "", "number"),
    ("Owen Pelling was fined $2,000.", FINED, "", "unit"),
    ("Owen Pelling was fined £2,000 and banned for six months.", FINED, "", "unit"),
    ("Owen Pelling was fined £2,000 and banned for 6 weeks.", FINED, "", ""),
    ("Owen Pelling was fined £2m.", FINED, "", "number"),
    ("Quarterly profits at Tolland Media jumped 76 per cent to $1.13 billion.", PROFIT, "", ""),
    ("Quarterly profits at Tolland Media jumped 76 percent to $1,130m.", PROFIT, "", ""),
    ("Quarterly profits at Tolland Media jumped 76% to $1.13m.", PROFIT, "", "number"),
    ("Quarterly profits at Tolland Media jumped 76% to 1.13bn euros.", PROFIT, "", "unit"),
    ("Quarterly profits at Tolland Media jumped 67% to $1.13bn.", PROFIT, "", "number"),
    ("Quarterly profits at Tolland Media jumped to 76%.", PROFIT, "", "*"),
    ("Quarterly profits at Tolland Media jumped 76% to $639m.", PROFIT, "", "*"),
    ("Nearly £1.4bn was spent on the new airport.", NEARLY, "", ""),
    ("Almost £1,400m was spent on the new airport.", NEARLY, "", ""),
    ("£1.4bn was spent on the new airport.", NEARLY, "", "unit"),
    ("More than £1.4bn was spent on the new airport.", NEARLY, "", "unit"),
    ("Fewer than 200 people attended the rally.", LESS, "", ""),
    ("More than 200 people attended the rally.", LESS, "", "unit"),
    ("200 people attended the rally.", LESS, "", "unit"),
    ("At least 200 people attended the rally.", LESS, "", "unit"),
    ("Shares in Quill fell 12% to 56p on Tuesday.", SHARES, "", ""),
    ("Shares in Quill fell 12% to £0.56 on Tuesday.", SHARES, "", ""),
    ("Shares in Quill fell 56% on Tuesday.", SHARES, "", "*"),
    ("Shares in Quill fell to 12% on Tuesday.", SHARES, "", "*"),
    ("Half of the customers said the service was poor.", HALF, "", ""),
    ("A third of the customers said the service was poor.", HALF, "", "number"),
    ("The customers said the service was poor.", HALF, "", "*"),
    ("All of the customers said the service was poor.", HALF, "", "modality"),
    # binding
    ("Police said five women and three men were arrested after the match.", CROWD, "", ""),
    ("Police said 5 men and 3 women were arrested after the match.", CROWD, "", "*"),
    ("The bank raised its rate from 7% to 5% in March.", RANGE, "", "*"),
    ("The bank raised its rate to 7% in March.", RANGE, "", "*"),
    ("In March the bank raised its rate from 5% to 7%.", RANGE, "", ""),
    ("Sales in Norway rose 3%.", MIXED, "", "*"),
    ("Sales in Denmark rose 5%.", MIXED, "", "*"),
    ("Sales in Denmark fell 3%.", MIXED, "", ""),
    ("Sales in Norway fell 3%.", MIXED, "", "*"),
    ("Only two of the ten ships survived.", ONLY, "", "*"),
    ("Only ten of the two ships survived the storm.", ONLY, "", "*"),
    ("Two of the ten ships survived the storm.", ONLY, "", "*"),
    ("Ten ships survived the storm.", ONLY, "", "*"),
    # dates and times
    ("Anton Weiss died in a fire on September 21, 2004.", DIED, "", ""),
    ("Anton Weiss died in a fire on the 21st of September 2004.", DIED, "", ""),
    ("Anton Weiss died in a fire on Sept 21.", DIED, "", ""),
    ("Anton Weiss died in a fire in September 2004.", DIED, "", ""),
    ("Anton Weiss died in a fire on 22 September 2004.", DIED, "", "date"),
    ("Anton Weiss died in a fire on 21 October 2004.", DIED, "", "date"),
    ("Anton Weiss died in a fire on 21 September 2003.", DIED, "", "date"),
    ("Orlin plans to close its factory in Leeds in 2007.", PLAN, "", "*"),
    ("Margaret Dunn sacked Peter Vane on Monday.", SACKED, "", "date"),
    ("On Friday, Margaret Dunn sacked Peter Vane.", SACKED, "", ""),
    ("The ferry left Lerrick at 17:30 on Monday.", TIME, "", ""),
    ("The ferry left Lerrick at 5.30am on Monday.", TIME, "", "time"),
    ("The ferry left Lerrick at 6.30pm on Monday.", TIME, "", "time"),
    ("On Monday the ferry left Lerrick at 5.30pm.", TIME, "", ""),
    ("Calder bought Finch Foods for £40m in 1998.", BOUGHT, "", "*"),
    ("Calder bought Finch Foods for £40m in 1999.", BOUGHT, "", ""),
    # names
    ("Owen Dunn was fined £2,000.", FINED, "", "name"),
    ("Pelling was fined £2,000.", FINED, "", ""),
    ("Mr Pelling was fined £2,000.", FINED, "", ""),
    ("Mrs Pelling was fined £2,000.", FINED, "", "name"),
    ("Mr Pelling was fined £2,000.", "Owen Pelling was fined £2,000.", "Mr Dunn met Owen Pelling.", ""),
    ("Gordon Brown met the unions.", "Mr Brown met the unions.", "Gordon Brown has a plan.", ""),
    ("Alan Brown met the unions.", "Mr Brown met the unions.", "Gordon Brown has a plan.", "name"),
    (
        "Gordon Brown met the unions.",
        "Mr Brown met the unions.",
        "Gordon Brown and Alan Brown have a plan.",
        "name",
    ),
    ("The United Nations sent aid.", "The UN sent aid.", "", ""),
    ("The European Union sent aid.", "The UN sent aid.", "", "name"),
    ("The UK sent aid.", "Britain sent aid.", "", ""),
    ("The painting was stolen by two Swedish students in August.", PASSIVE, "", "name"),
    (
        "The Ports Commission fined Tarn.",
        "The PCA fined Tarn.",
        "The Ports Commission Authority (PCA) met.",
        "name",
    ),
    (
        "The Ports Commission Authority fined Tarn.",
        "The PCA fined Tarn.",
        "The Ports Commission Authority (PCA) met.",
        "",
    ),
    ("General Mark Milner spoke.", "General Mark Millner spoke.", "General Mark Milner arrived.", ""),
    ("General Mark Miller spoke.", "General Mark Millner spoke.", "General Mark Milner arrived.", "name"),
    ("York won the cup.", "New York won the cup.", "", "name"),
    ("England raised the rate.", "The Bank of England raised the rate.", "", "*"),
    # pronouns
    ("Tolland Media's film division saw profits slump 27% to $284m.", FILM, "Tolland Media cut jobs.", ""),
    ("Orlin's film division saw profits slump 27% to $284m.", FILM, "Tolland Media cut jobs.", "name"),
    ("Tolland Media saw profits slump 27%.", FILM, "Tolland Media cut jobs.", "*"),
    ("Gordon Brown will resign.", "He will resign.", "Gordon Brown met the press.", ""),
    ("Tony Hart will resign.", "He will resign.", "Gordon Brown met Tony Hart.", "name"),
    ("Helen Ward will resign.", "He will resign.", "Helen Ward met the press.", "name"),
    ("Orlin will close a factory.", "The company will close a factory.", "Orlin met its bankers.", ""),
    ("Quill will close a factory.", "The company will close a factory.", "Orlin met Quill.", "name"),
    ("He was fined £2,000.", FINED, "", "name"),
    # polarity
    ("The council approved the budget in June.", NOT, "", "*"),
    ("The council didn't approve the budget in June.", NOT, "", ""),
    ("The council did not approve the budget.", NOT, "", "*"),
    ("The council never approved the budget in June.", NOT, "", "polarity"),
    ("Margaret Dunn did not sack Peter Vane on Friday.", SACKED, "", "polarity"),
    ("Margaret Dunn never sacked Peter Vane.", SACKED, "", "polarity"),
    ("The firm had paid bribes.", DENIED, "", "*"),
    ("Mr Harcourt denied the firm had paid bribes.", DENIED, "", ""),
    ("Mr Harcourt said that the firm had paid bribes.", DENIED, "", "*"),
    ("Mr Harcourt confirmed that the firm had paid bribes.", DENIED, "", "*"),
    ("The union accepted the company's offer of a 3% pay rise.", UNION, "", "*"),
    ("The union turned down the company's offer of a 3% pay rise.", UNION, "", ""),
    ("The company's offer of a 3% pay rise was rejected by the union.", UNION, "", ""),
    ("The company rejected the union's offer of a 3% pay rise.", UNION, "", "*"),
    ("No people have been found, the coastguard said.", REPORTED, "", "*"),
    ("Three people have been found, the coastguard said.", REPORTED, "", "*"),
    # modality
    ("The minister may resign.", MAY, "", "*"),
    ("The minister will resign if the vote is lost.", MAY, "", "modality"),
    ("The minister resigned.", MAY, "", "*"),
    ("The minister might resign if the vote is lost.", MAY, "", ""),
    ("If the vote is lost, the minister may resign.", MAY, "", ""),
    ("Orlin closed its factory in Leeds in 2006.", PLAN, "", "*"),
    ("Orlin will close its factory in Leeds in 2006.", PLAN, "", "modality"),
    ("Orlin plans to shut its factory in Leeds in 2006.", PLAN, "", ""),
    ("The driver stole the car.", ALLEGED, "", "*"),
    ("Prosecutors allege the driver stole the car.", ALLEGED, "", ""),
    ("Prosecutors proved the driver stole the car.", ALLEGED, "", "coverage"),
    ("Inflation fell below 2%.", EXPECTED, "", "*"),
    ("Inflation will fall below 2% next year.", EXPECTED, "", "*"),
    ("Inflation is expected to rise below 2% next year.", EXPECTED, "", "coverage"),
    ("Inflation is expected to fall above 2% next year.", EXPECTED, "", "*"),
    # comparison and time order
    ("The strike ended before the talks began.", AFTER, "", "*"),
    ("The talks began after the strike ended.", AFTER, "", "*"),
    ("After the talks began, the strike ended.", AFTER, "", ""),
    ("The strike ended.", AFTER, "", ""),
    ("Rosswick lead Denton by four points.", LEAD, "", "*"),
    ("Denton trail Rosswick by four points.", LEAD, "", "coverage"),
    ("She was the first woman to win the prize.", FIRST, "", "*"),
    ("She was the last woman to win the prize without a sponsor.", FIRST, "", "*"),
    ("She was the first woman to win the prize with a sponsor.", FIRST, "", "*"),
    ("The pitch was frozen because the match was cancelled.", BECAUSE, "", "*"),
    ("Because the pitch was frozen, the match was cancelled.", BECAUSE, "", ""),
    ("The match was cancelled although the pitch was frozen.", BECAUSE, "", "*"),
    # role and order
    ("Peter Vane was sacked by Margaret Dunn on Friday.", SACKED, "", ""),
    ("Peter Vane sacked Margaret Dunn on Friday.", SACKED, "", "role"),
    ("Margaret Dunn was sacked by Peter Vane on Friday.", SACKED, "", "*"),
    ("Margaret Dunn was sacked on Friday.", SACKED, "", "*"),
    ("Maria Stolz was beaten by Lena Kovar.", BEAT, "", ""),
    ("Maria Stolz beat Lena Kovar.", BEAT, "", "role"),
    ("Lena Kovar was beaten by Maria Stolz.", BEAT, "", "*"),
    ("Lena Kovar beat Maria Stolz 6-4 6-3.", BEAT, "", "*"),
    ("Lena Kovar beat Maria Stolz 3-6 6-4.", BEAT, "", "*"),
    ("Two Danish students stole the painting in August.", PASSIVE, "", ""),
    ("In August two Danish students stole the painting.", PASSIVE, "", ""),
    ("The painting stole two Danish students in August.", PASSIVE, "", "*"),
    ("Helen Ward told Colin Marsh that the bridge was unsafe.", TOLD, "", "role"),
    ("Helen Ward was told by Colin Marsh that the bridge was unsafe.", TOLD, "", ""),
    ("Colin Marsh was told by Helen Ward that the bridge was unsafe.", TOLD, "", "*"),
    ("The bridge was unsafe, Colin Marsh told Helen Ward.", TOLD, "", ""),
    ("The bridge was unsafe.", TOLD, "", "*"),
    ("Helen Ward said that the bridge was unsafe.", TOLD, "", "*"),
    ("Finch Foods bought Calder for £40m in 1999.", BOUGHT, "", "*"),
    ("Calder sold Finch Foods for £40m in 1999.", BOUGHT, "", "*"),
    ("Marlow bought Finch Foods for £40m.", BOUGHT, "", "*"),
    ("Finch Foods was acquired by Calder for £40m.", BOUGHT, "", ""),
    ("The mayor died in a fire.", DIED, "", "*"),
    ("The mayor's brother died in a fire on 21 September 2004.", DIED, "", ""),
    ("Anton Weiss, the mayor's brother, died in a fire.", DIED, "", ""),
    ("Finance minister Karl Brandt joined the board of Osric Bank.", FORMER, "", "*"),
    ("Former finance minister Karl Brandt left the board of Osric Bank.", FORMER, "", "coverage"),
    ("Karl Brandt joined the board of Osric Bank.", FORMER, "", ""),
    # attribution and quotations
    ("The coastguard said three people have not been found.", REPORTED, "", ""),
    ("According to the coastguard, three people have not been found.", REPORTED, "", ""),
    ("Three people have not been found, said the coastguard.", REPORTED, "", ""),
    ("Three people have not been found, the navy said.", REPORTED, "", "coverage"),
    (QUOTE, QUOTE, "", ""),
    ('Mrs Marrander told parliament: "This is a budget for people who check their change."', QUOTE, "", ""),
    ("Mrs Marrander told parliament this is a budget for people who check their change.", QUOTE, "", ""),
    ("This is a budget for people who check their change.", QUOTE, "", "*"),
    (
        'Mrs Marrander told parliament: "This is a budget for people who hide their change."',
        QUOTE,
        "",
        "quotation",
    ),
    ('"This is a budget for people who check their change," Mr Doyle told parliament.', QUOTE, "", "name"),
    ('Mr Harcourt denied that "the firm had paid bribes".', DENIED, "", "quotation"),
    # coverage
    ("Margaret Dunn fired Peter Vane on Friday.", SACKED, "", ""),
    ("Margaret Dunn hired Peter Vane on Friday.", SACKED, "", "coverage"),
    ("Margaret Dunn sacked Peter Vane, her deputy, on Friday.", SACKED, "", "*"),
    ("Two teenagers were convicted of theft in Cardiff.", CHARGED, "", "*"),
    ("Two teenagers were arrested in Cardiff.", CHARGED, "", "coverage"),
    ("Paris is the capital of France.", SACKED, "", "*"),
    # phrases
    ("Owen Pelling", FINED, "", ""),
    ("£2,000", FINED, "", ""),
    ("six weeks", FINED, "", ""),
    ("$1.13bn", PROFIT, "", ""),
    ("£3,000", FINED, "", "number"),
    ("Lena Stolz", BEAT, "", "*"),
    ("", FINED, "", "empty"),
    (" ... ", FINED, "", "empty"),
]


@pytest.mark.parametrize(("claim", "text", "before", "reason"), CASES)
def test_each_principle_on_both_sides(claim: str, text: str, before: str, reason: str) -> None:
    ok, reasons = verdict(claim, text, before)
    if not reason:
        assert ok, reasons
    else:
        assert not ok
        assert reason == "*" or reason in reasons


# Lies that keep the words: (evidence, claims that must fail)
TWISTED: list[tuple[str, tuple[str, ...]]] = [
    ("Smith's lawyer denied the charges.", ("Smith denied the charges.",)),
    (
        "Police shot a man who had stabbed Anna Bell.",
        ("Police shot Anna Bell.", "Anna Bell was shot by police.", "A man was stabbed by Anna Bell."),
    ),
    (
        "Oil rose above $50 before falling back to $48.",
        ("Oil rose above $48.", "Oil rose to $48.", "Oil fell above $50."),
    ),
    (
        "It is unlikely that the bank will cut rates.",
        ("The bank will cut rates.", "It is likely that the bank will cut rates.", "The bank cut rates."),
    ),
    ("No one was hurt.", ("One was hurt.", "Someone was hurt.")),
    (
        "Analysts had expected profits of £5m, but the firm made £3m.",
        ("The firm made £5m.", "Analysts had expected profits of £3m."),
    ),
    (
        "Ms Reed, who was born in Leeds, lives in York.",
        ("Ms Reed was born in York.", "Ms Reed lives in Leeds."),
    ),
    ("Turner beat Hale, who had beaten Moss.", ("Turner beat Moss.", "Moss had beaten Hale.")),
    ("Unless the rent is paid, the club will close.", ("The club will close.", "The rent is paid.")),
    ("The vaccine is safe, according to its maker.", ("The vaccine is safe.",)),
    (
        "Exports to France fell while imports from Spain rose 4%.",
        ("Exports rose 4%.", "Exports to Spain fell.", "Imports from France rose 4%."),
    ),
    (
        "Mrs Cole urged ministers to scrap the tax.",
        ("Ministers scrapped the tax.", "Mrs Cole was urged by ministers to scrap the tax."),
    ),
    (
        "The man accused of shooting Bell is Dean Cole.",
        ("Dean Cole shot Bell.", "Bell is accused of shooting Dean Cole.", "The man is Bell."),
    ),
    ("Before joining Rook, she worked for Pawn.", ("She worked for Rook.", "She joined Rook.")),
    ("Brown, not Blair, signed the letter.", ("Blair signed the letter.",)),
    ("Rather than cut jobs, the firm will sell land.", ("The firm will cut jobs.",)),
    ("Hill was replaced by Dale as captain.", ("Hill replaced Dale as captain.",)),
    ("Microsoft rival Apple sued Dell.", ("Microsoft sued Dell.", "Dell sued Apple.")),
    ("Shares closed at 120p, down 3p.", ("Shares closed at 3p.", "Shares closed down 120p.")),
    ("The firm employed 900 people in 1990.", ("The firm employs 900 people.",)),
    ("Mr Dow was chairman of Lux until 1999.", ("Mr Dow is chairman of Lux.",)),
    ("Arden is to sell its mine.", ("Arden sold its mine.", "Arden sells its mine.")),
    ("Arden has to sell its mine.", ("Arden sold its mine.", "Arden has sold its mine.")),
    ("Wells was fined for not wearing a belt.", ("Wells was fined for wearing a belt.",)),
    (
        "The company lost £3m after making £2m in 2003.",
        ("The company lost £3m in 2003.", "The company made £3m.", "The company lost £2m."),
    ),
    (
        "The bid was welcomed by unions but criticised by the CBI.",
        ("Unions criticised the bid.", "The bid was criticised by unions but welcomed by the CBI."),
    ),
    ("Turnout was up 3% on 2001.", ("Turnout was up 3% in 2001.", "Turnout was 3%.")),
    ("If elected, Ms Hale would cut taxes.", ("Ms Hale will cut taxes if elected.", "Ms Hale cut taxes.")),
    (
        "Bell, Cox and Dunn were jailed for six, eight and ten years respectively.",
        ("Bell was jailed for eight years.", "Cox was jailed for six years."),
    ),
    ("The team has won every match except the opener.", ("The team has won every match.",)),
    ("Prices will rise unless output increases.", ("Prices will rise.",)),
    ("A bomb killed Hart's wife and injured Vale.", ("A bomb killed Hart.", "A bomb killed Vale.")),
    ("The former Dunmore and Perth boss has retired.", ("The Dunmore and Perth boss has retired.",)),
    ("Was the vote rigged?", ("The vote was rigged.",)),
    ("Taxes are too high, the city's spending watchdog has said.", ("Taxes are too high.",)),
    ("Hart shouted at Vale after she hit Moss.", ("Vale hit Moss.", "Hart hit Moss.")),
]


@pytest.mark.parametrize(("text", "claim"), [(text, claim) for text, claims in TWISTED for claim in claims])
def test_a_twisted_sentence_falls(text: str, claim: str) -> None:
    ok, _ = verdict(claim, text)
    assert not ok


def test_a_year_may_be_added_only_if_the_day_of_publication_implies_it() -> None:
    text = "Mr Finn resigned on 3 December."
    dated = evidence_of(text, published=date(2005, 1, 20))
    undated = evidence_of(text)
    assert check("Mr Finn resigned on 3 December 2004.", dated, context_of(dated)).ok
    assert not check("Mr Finn resigned on 3 December 2005.", dated, context_of(dated)).ok
    assert not check("Mr Finn resigned on 3 December 2004.", undated, context_of(undated)).ok


# Outcomes

ARTICLE = Article(
    "1" * 16,
    "b.txt",
    "b.txt",
    "Orlin to cut jobs",
    "Orlin will close its mill in Torvik. The company employs 300 people there. "
    'Its chairman, Ada Moen, said: "We had no choice. The mill has lost money for years." '
    "The union Vekst called the plan a betrayal.",
)


def numbered() -> list[Evidence]:
    spans = sentences(ARTICLE.text)
    return [Evidence(n, ARTICLE, span.start, span.end, 1.0) for n, span in enumerate(spans, 1)]


def fates(*claims: Drafted) -> list[Fate]:
    return [one.check.fate for one in verify(claims, numbered())]


def test_a_claim_on_its_own_sentence_is_verified() -> None:
    (done,) = verify([Drafted("Orlin will shut its mill in Torvik.", (1,))], numbered())
    assert done.check.fate is Fate.VERIFIED
    assert done.check.reasons == ()
    assert done.text == done.check.printed == "Orlin will shut its mill in Torvik."
    assert [one.number for one in done.evidence] == [1]
    assert not done.quoted


@pytest.mark.parametrize("cited", [(), (4,), (99,), (4, 99)])
def test_a_claim_with_a_wrong_or_no_number_moves_to_the_sentence_that_carries_it(
    cited: tuple[int, ...],
) -> None:
    (done,) = verify([Drafted("Orlin employs 300 people there.", cited)], numbered())
    assert done.check.fate is Fate.REANCHORED
    assert [one.number for one in done.evidence] == [2]
    assert "citation" in done.check.reasons


def test_a_false_claim_gives_way_to_the_words_of_the_sentence_it_cites() -> None:
    (done,) = verify([Drafted("Orlin employs 400 people there.", (2,))], numbered())
    assert done.check.fate is Fate.QUOTED
    assert "number" in done.check.reasons
    assert done.quoted
    assert done.text == done.evidence[0].text == "The company employs 300 people there."


def test_a_claim_that_no_sentence_resembles_is_dropped() -> None:
    (done,) = verify([Drafted("Paris lies on the Seine.", (1,))], numbered())
    assert done.check.fate is Fate.DROPPED
    assert (done.text, done.evidence, done.check.printed) == ("", (), "")
    assert done.check.reasons


def test_an_empty_claim_is_dropped_as_empty() -> None:
    (done,) = verify([Drafted(" - ", (1,))], numbered())
    assert (done.check.fate, done.check.reasons) == (Fate.DROPPED, ("empty",))


def test_two_complete_clauses_may_stand_on_two_sentences() -> None:
    text = "Orlin will close its mill in Torvik, and the company employs 300 people there."
    (done,) = verify([Drafted(text, (1, 2))], numbered())
    assert done.check.fate is Fate.VERIFIED
    assert [one.number for one in done.evidence] == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "Orlin will close its mill in Torvik and called the plan a betrayal.",
        "Orlin will close 300 people there.",
        "The union Vekst employs 300 people there.",
        "The union Vekst will close its mill in Torvik, and the company employs 300 people there.",
        "The company employs 300 people there because Orlin will close its mill in Torvik.",
    ],
)
def test_halves_of_different_sentences_do_not_stand_together(text: str) -> None:
    (done,) = verify([Drafted(text, (1, 2, 5))], numbered())
    assert done.check.fate in (Fate.QUOTED, Fate.DROPPED)


def test_words_out_of_a_longer_quotation_are_printed_as_a_quotation_only() -> None:
    (done,) = verify([Drafted("The mill has lost money for years.", (4,))], numbered())
    assert done.check.fate is Fate.QUOTED
    assert done.quoted


def test_every_claim_has_its_outcome_in_order() -> None:
    assert fates(
        Drafted("Paris lies on the Seine."),
        Drafted("Orlin will close its mill.", (1,)),
        Drafted("The union Vekst called the plan a success.", (5,)),
    ) == [Fate.DROPPED, Fate.VERIFIED, Fate.QUOTED]


# What holds for every sentence


def articles() -> Iterator[Article]:
    """Articles to try sentences of: the demo's, and a sample of the news corpus where it is."""
    files = sorted((ROOT / "seeds").rglob("*.txt")) + sorted((ROOT / "seeds").rglob("*.md"))
    corpus = sorted((ROOT.parent / "shared" / "corpora" / "bbc").glob("*/*.txt"))
    files += random.Random(3).sample(corpus, 60) if corpus else []
    for file in files:
        title, _, body = file.read_text(encoding="utf-8", errors="replace").strip().partition("\n")
        yield Article("2" * 16, file.name, file.name, title, body.strip())


def sentences_of(article: Article) -> list[Evidence]:
    return [Evidence(1, article, span.start, span.end, 1.0) for span in sentences(article.text)]


def test_every_sentence_stands_on_itself() -> None:
    fallen = [
        one.text
        for article in articles()
        for one in sentences_of(article)
        if not check(one.text, one, context_of(one)).ok
    ]
    assert fallen == []


def test_every_plain_sentence_stands_on_itself_word_by_word() -> None:
    """Without its full stop a sentence is no longer the very same string: the alignment has to carry it."""
    plain = [
        (one, context)
        for article in articles()
        for one in sentences_of(article)
        if one.text.endswith(".") and not (context := context_of(one)).quoted
    ]
    fallen = [one.text for one, context in plain if not check(one.text[:-1], one, context).ok]
    assert len(plain) > 100
    assert len(fallen) <= len(plain) // 200, fallen


def test_no_sentence_stands_on_another() -> None:
    rng = random.Random(4)
    everything = [one for article in articles() for one in sentences_of(article) if len(one.text) > 40]
    assert len(everything) > 50
    for one in rng.sample(everything, min(200, len(everything))):
        other = rng.choice(everything)
        if other.text != one.text:
            assert not check(other.text, one, context_of(one)).ok, (other.text, one.text)
