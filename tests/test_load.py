"""Articles in, from every format and from every kind of bad input, on files written for these tests."""

from __future__ import annotations

import hashlib
import io
import json
import os
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import IndexFailure
from index.load import LoadOptions, load, parse_date
from index.types import Article, Skipped

BODY = (
    "The old bridge at Norr opened on Monday after two years of repairs.\n\nIt cost £3m, the council said.\n"
)
PLAIN = f"Bridge opens after repairs\n\n{BODY}"


def take(
    *paths: object, stdin: bytes | None = None, options: LoadOptions | None = None
) -> list[Article | Skipped]:
    stream = None if stdin is None else io.BytesIO(stdin)
    return list(load([str(path) for path in paths], options or LoadOptions(), stream))


def article(*paths: object, stdin: bytes | None = None, options: LoadOptions | None = None) -> Article:
    (found,) = take(*paths, stdin=stdin, options=options)
    assert isinstance(found, Article), found
    return found


def skipped(*paths: object, stdin: bytes | None = None, options: LoadOptions | None = None) -> Skipped:
    (found,) = take(*paths, stdin=stdin, options=options)
    assert isinstance(found, Skipped), found
    return found


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


class TestPlainText:
    def test_the_first_line_is_the_headline_and_not_in_the_text(self, tmp_path: Path) -> None:
        found = article(write(tmp_path / "bridge.txt", PLAIN))
        assert found.title == "Bridge opens after repairs"
        assert found.text == BODY.strip()
        assert found.original == PLAIN
        assert (found.path, found.location) == ("bridge.txt", str(tmp_path / "bridge.txt"))
        key = "\0".join((found.path, found.title, found.text))
        assert found.id == hashlib.sha256(key.encode()).hexdigest()[:16]

    @pytest.mark.parametrize(
        ("text", "title"),
        [
            (f"Shares in Norr Tramways Inc.\n\n{BODY}", "Shares in Norr Tramways Inc."),
            (f"Who opened the bridge?\n\n{BODY}", "Who opened the bridge?"),
            (f"Bridge opens\n{BODY}", "Bridge opens"),
            (f"\n\n  Bridge opens  \r\n\r\n{BODY}", "Bridge opens"),
        ],
    )
    def test_headlines(self, tmp_path: Path, text: str, title: str) -> None:
        found = article(write(tmp_path / "a.txt", text))
        assert (found.title, found.text) == (title, BODY.strip())

    @pytest.mark.parametrize(
        "text",
        [
            BODY,
            "One line without a full stop",
            "The mayor of Norr opened the old bridge on Monday,\nwhich had been shut for two years.\n",
            f"{'A headline is not as long as this. ' * 8}indeed\n\n{BODY}",
        ],
    )
    def test_without_a_headline_nothing_is_taken_from_the_text(self, tmp_path: Path, text: str) -> None:
        found = article(write(tmp_path / "a.txt", text))
        assert found.text.split() == text.split()
        assert found.title
        assert len(found.title) <= 80
        assert found.text.startswith(found.title.rstrip("…"))

    def test_html_stays_plain_text(self, tmp_path: Path) -> None:
        text = f"Bridge opens\n\n<b>It</b> opened. <i onclick=x()>{BODY}"
        found = article(write(tmp_path / "a.txt", text))
        assert found.text.startswith("<b>It</b> opened. <i onclick=x()>The old")


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
    def test_western_text(self, tmp_path: Path, encoding: str) -> None:
        assert article(write(tmp_path / "a.txt", PLAIN.encode(encoding))).text == BODY.strip()

    @pytest.mark.parametrize(
        ("text", "encoding"),
        [
            ("Министр сообщил, что правительство представит новый закон на следующей неделе. " * 4, "cp1251"),
            (
                "Minister powiedział, że rząd podejmie działania w sprawie zmian w służbie zdrowia. " * 4,
                "cp1250",
            ),
            ("首相は水曜日、新しい法律について記者団に語った。来週国会に提出される予定だ。" * 4, "shift_jis"),
            (
                "Le ministre a déclaré à l’été que les élèves étaient très âgés, où qu’ils soient. " * 4,
                "cp1252",
            ),
        ],
    )
    def test_others_are_detected(self, tmp_path: Path, text: str, encoding: str) -> None:
        assert article(write(tmp_path / "a.txt", text.encode(encoding))).text == text.strip()

    def test_one_foreign_byte_in_utf8_spoils_nothing_else(self, tmp_path: Path) -> None:
        data = "It cost €5, “said” the mayor – and ".encode() + b"\xa33 more."
        assert article(write(tmp_path / "a.txt", data)).text == "It cost €5, “said” the mayor – and £3 more."


class TestMarkdown:
    def test_front_matter_and_plain_words(self, tmp_path: Path) -> None:
        text = """---
title: "Budget: a vote"
date: 2031-03-04
author: [Anna Reed, Tom Hale]
source: Norr Gazette
url: https://gazette.example/budget
tags: [money, council]
language: en-GB
---

# Budget: a vote

The *council* voted **yes** on [the budget](https://x.example "a title"). ![a picture](a.png)
It `passed`.

<!-- a remark -->
<p style="display:none">Unseen words.</p>

## What it costs

- one road
- two ferries

> “Enough,” he said. <span hidden>Unseen too.</span>
"""
        found = article(write(tmp_path / "a.md", text))
        assert found.title == "Budget: a vote"
        assert found.text.split("\n\n") == [
            "The council voted yes on the budget. It passed.",
            "What it costs",
            "one road",
            "two ferries",
            "“Enough,” he said.",
        ]
        assert (found.author, found.source, found.language) == ("Anna Reed, Tom Hale", "Norr Gazette", "en")
        assert (found.published, found.url) == (date(2031, 3, 4), "https://gazette.example/budget")
        assert found.tags == ("money", "council")

    def test_front_matter_that_is_no_yaml_is_still_read(self, tmp_path: Path) -> None:
        text = f"---\ntitle: Budget: a vote\ndate: 4 March 2031\ntags: money, council\n---\n{BODY}"
        found = article(write(tmp_path / "a.md", text))
        assert (found.title, found.published) == ("Budget: a vote", date(2031, 3, 4))
        assert found.tags == ("money", "council")

    def test_prose_between_two_rules_is_no_front_matter(self, tmp_path: Path) -> None:
        found = article(write(tmp_path / "a.md", f"---\n\nHe said: enough.\n\n---\n\n{BODY}"))
        assert found.text.startswith("He said: enough.")

    def test_the_first_heading_is_the_title(self, tmp_path: Path) -> None:
        found = article(write(tmp_path / "a.markdown", f"# Bridge *opens*\n\n{BODY}"))
        assert (found.title, found.text) == ("Bridge opens", BODY.strip())

    def test_aliases_that_would_fill_the_memory(self, tmp_path: Path) -> None:
        bomb = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'x'}]" for n in range(40))
        found = article(write(tmp_path / "a.md", f"---\n{bomb}\ntitle: T\ntags: *a39\n---\n{BODY}"))
        assert found.title == "T"


PAGE = """<!doctype html><html lang="en-GB"><head><title>Bridge opens | Norr Gazette</title>
<meta property="og:title" content="Bridge opens after repairs">
<meta property="og:site_name" content="Norr Gazette">
<meta name="author" content="Anna Reed">
<meta property="article:published_time" content="2031-03-04T10:00:00Z">
<link rel="canonical" href="https://gazette.example/bridge">
<style>.x{display:none} #y , p.z{visibility:hidden}</style><script>var a = "Unseen script.";</script></head>
<body><nav>Home News Sport</nav><article><h1>Bridge opens after repairs</h1><!-- Unseen remark. -->
<p class="x">Unseen class.</p><p style="color:red; display : none">Unseen style.</p>
<p hidden>Unseen attribute.</p>
<div aria-hidden="true">Unseen aria.</div><img alt="Unseen alt." src="a.jpg">
<template>Unseen template.</template>
<p>The old bridge at Norr opened on Monday after
 two years of repairs, &amp; the mayor cut a ribbon before a crowd of four hundred.</p>
<p id="y">Unseen id.</p><p class="z">Unseen selector.</p>
<p>It cost £3m. <span style="font-size:0">Unseen size. </span>Officials said
<b>it was</b> worth the money.</p>
<ul><li>One lane is for trams</li></ul><p>Ferries will stop on Friday, the harbour office said.</p></article>
<footer>Imprint</footer></body></html>"""


class TestHtml:
    def test_the_article_of_a_page(self, tmp_path: Path) -> None:
        found = article(write(tmp_path / "a.html", PAGE))
        assert found.text.split("\n\n") == [
            "The old bridge at Norr opened on Monday after two years of repairs, & the mayor cut a ribbon "
            "before a crowd of four hundred.",
            "It cost £3m. Officials said it was worth the money.",
            "One lane is for trams",
            "Ferries will stop on Friday, the harbour office said.",
        ]
        assert (found.title, found.author, found.source) == (
            "Bridge opens after repairs",
            "Anna Reed",
            "Norr Gazette",
        )
        assert (found.published, found.url) == (date(2031, 3, 4), "https://gazette.example/bridge")
        assert (found.language, found.original) == ("en", PAGE)

    def test_what_a_reader_does_not_see_is_nowhere(self, tmp_path: Path) -> None:
        found = article(write(tmp_path / "a.htm", PAGE))
        assert "Unseen" not in f"{found.title} {found.text} {found.author} {found.source} {found.tags}"

    @pytest.mark.parametrize(
        ("stated", "day"),
        [
            ('<meta name="date" content="03/04/2031">', None),
            ('<meta name="date" content="2031-04-03">', date(2031, 4, 3)),
            ('<p class="date">Published 22 September 2021</p>', date(2021, 9, 22)),
            ("<p>He was born on 3 May 1975 in Norr.</p>", None),
            ("<footer>Copyright 2019</footer>", None),
        ],
    )
    def test_dates(self, tmp_path: Path, stated: str, day: date | None) -> None:
        page = f"<html><body><article><h1>Bridge opens</h1>{stated}<p>{BODY}</p></article></body></html>"
        assert article(write(tmp_path / "a.html", page)).published == day

    def test_a_short_page_keeps_its_paragraphs(self, tmp_path: Path) -> None:
        page = "<article><h1>Bridge opens</h1><time>3 May</time><p>It opened.</p><p>It rained.</p></article>"
        assert article(write(tmp_path / "a.html", page)).text == "3 May\n\nIt opened.\n\nIt rained."

    def test_the_encoding_that_the_page_names(self, tmp_path: Path) -> None:
        page = '<meta charset="windows-1251"><p>Министр сообщил о законе.</p>'.encode("cp1251")
        assert article(write(tmp_path / "a.html", page)).text == "Министр сообщил о законе."

    @pytest.mark.parametrize(
        "page",
        [
            "<html><body>",
            "<<<>>><",
            "<script>alert('words')</script>",
            "<p hidden>words</p>",
            "<img alt='words'>",
        ],
    )
    def test_a_page_without_text(self, tmp_path: Path, page: str) -> None:
        assert skipped(write(tmp_path / "a.html", page)).reason == "has no text"

    def test_a_page_of_very_many_elements_keeps_text_and_metadata(self, tmp_path: Path) -> None:
        page = PAGE.replace("<ul>", "<p>It rained again.</p>" * 25_000 + "<ul>")
        found = article(write(tmp_path / "a.html", page))
        assert found.text.count("It rained again.") == 25_000
        assert (found.published, found.source) == (date(2031, 3, 4), "Norr Gazette")

    def test_a_page_nested_beyond_reason(self, tmp_path: Path) -> None:
        page = "<div>" * 20_000 + "words" + "</div>" * 20_000
        assert len(take(write(tmp_path / "a.html", page))) == 1


def lines(*records: object) -> str:
    return "".join((record if isinstance(record, str) else json.dumps(record)) + "\n" for record in records)


class TestJsonLines:
    def test_the_names_that_data_sets_use(self, tmp_path: Path) -> None:
        file = write(
            tmp_path / "a.jsonl",
            lines(
                {
                    "text": BODY,
                    "title": "One",
                    "published": "2031-03-04",
                    "source": "Gazette",
                    "id": 17,
                    "tags": "a; b",
                },
                {
                    "maintext": BODY,
                    "headline": "Two",
                    "date_publish": "2031-03-04 10:00:00",
                    "source_domain": "g.example",
                },
                {
                    "content": BODY,
                    "title": "Three",
                    "publishedAt": "2031-03-04T10:00:00Z",
                    "source": {"name": "Gazette"},
                },
                {
                    "body": ["One.", "Two."],
                    "authors": ["Anna Reed", "Tom Hale"],
                    "pubDate": "Tue, 4 Mar 2031 10:00 GMT",
                },
            ),
        )
        one, two, three, four = take(file)
        assert isinstance(one, Article)
        assert (one.path, one.location) == ("a.jsonl#17", f"{file}#17")
        assert (one.title, one.text, one.source, one.tags) == ("One", BODY.strip(), "Gazette", ("a", "b"))
        assert isinstance(two, Article)
        assert (two.path, two.title, two.source) == ("a.jsonl#2", "Two", "g.example")
        assert isinstance(three, Article)
        assert three.source == "Gazette"
        assert isinstance(four, Article)
        assert (four.text, four.author) == ("One.\n\nTwo.", "Anna Reed, Tom Hale")
        assert {found.published for found in (one, two, three, four) if isinstance(found, Article)} == {
            date(2031, 3, 4)
        }

    def test_fields_can_be_mapped(self, tmp_path: Path) -> None:
        file = write(tmp_path / "a.jsonl", lines({"text": "wrong", "doc": {"words": BODY}, "h.1": "Title"}))
        options = LoadOptions(fields={"text": "doc.words", "title": "h.1"})
        found = article(file, options=options)
        assert (found.text, found.title) == (BODY.strip(), "Title")
        with pytest.raises(IndexFailure, match="no field 'txt'"):
            load([str(file)], LoadOptions(fields={"txt": "doc"}))

    def test_each_bad_line_is_named_and_the_rest_goes_on(self, tmp_path: Path) -> None:
        file = write(
            tmp_path / "a.jsonl",
            lines(
                {"id": "x", "text": BODY},
                '{"text": ',
                "",
                "[1, 2]",
                {"title": "no text"},
                {"id": "x", "text": BODY},
            )
            + lines({"text": 5}, "[" * 100_000, '{"text": ' + "9" * 5000 + "}", {"text": "\ud800 half"}),
        )
        found = take(file)
        articles = [item for item in found if isinstance(item, Article)]
        wrong = {item.location: item.reason for item in found if isinstance(item, Skipped)}
        assert [item.path for item in articles] == ["a.jsonl#x", "a.jsonl#10"]
        assert articles[1].text == "half"
        assert list(wrong) == [f"{file}:{number}" for number in (2, 4, 5, 6, 7, 8, 9)]
        assert wrong[f"{file}:2"].startswith("is not valid JSON")
        assert "not an object" in wrong[f"{file}:4"]
        assert "has no text" in wrong[f"{file}:5"]
        assert "id 'x' of an earlier line" in wrong[f"{file}:6"]

    def test_an_oversized_line_is_passed_over(self, tmp_path: Path) -> None:
        file = write(tmp_path / "a.jsonl", lines({"text": "x" * 5000}, {"text": BODY}))
        long, good = take(file, options=LoadOptions(max_bytes=1000))
        assert isinstance(long, Skipped)
        assert long.location == f"{file}:1"
        assert isinstance(good, Article)
        assert good.path == "a.jsonl#2"

    def test_a_line_number_that_is_another_lines_id(self, tmp_path: Path) -> None:
        file = write(tmp_path / "a.jsonl", lines({"id": "2", "text": BODY}, {"text": "Other words."}))
        assert [found.path for found in take(file) if isinstance(found, Article)] == [
            "a.jsonl#2",
            "a.jsonl#2@2",
        ]


class TestMetadata:
    def test_what_the_user_says_goes_first_and_tags_add_up(self, tmp_path: Path) -> None:
        file = write(
            tmp_path / "a.jsonl",
            lines({"text": BODY, "source": "Gazette", "date": "2031-03-04", "tags": ["a"]}),
        )
        options = LoadOptions(source="Herald", published=date(2030, 1, 2), tags=("b", "a"))
        found = article(file, options=options)
        assert (found.source, found.published, found.tags) == ("Herald", date(2030, 1, 2), ("b", "a"))

    def test_no_control_reaches_any_of_it(self, tmp_path: Path) -> None:
        bad = "A\x1b[31mB\n\u202eC\x07 \u200bD"
        record = {"text": f"{bad}\n\n{BODY}"} | dict.fromkeys(("title", "source", "author", "url", "id"), bad)
        found = article(write(tmp_path / "a.jsonl", lines(record | {"tags": [bad]})))
        for value in (found.title, found.source, found.author, found.url, *found.tags):
            assert value == "AB C D"
        assert found.path == "a.jsonl#AB C D"
        assert found.text.startswith("AB\n\nC D\n\n")

    @pytest.mark.parametrize(
        ("stated", "day"),
        [
            ("2021-09-22", date(2021, 9, 22)),
            ("2021-09-22T23:30:00-08:00", date(2021, 9, 22)),
            ("2021/03/04", date(2021, 3, 4)),
            ("20210922", date(2021, 9, 22)),
            ("22 September 2021", date(2021, 9, 22)),
            ("Wed, 22 Sep 2021 10:05:00 GMT", date(2021, 9, 22)),
            ("Published: Sept. 22, 2021 at 5:30 PM IST", date(2021, 9, 22)),
            ("22/09/2021", date(2021, 9, 22)),
            ("04/04/2021", date(2021, 4, 4)),
            (1632300000, date(2021, 9, 22)),
            ("1632300000000", date(2021, 9, 22)),
            (datetime(2021, 9, 22, 5), date(2021, 9, 22)),
            ("03/04/2021", None),
            ("2021-13-45", None),
            ("2021-02-29", None),
            ("September 2021", None),
            ("22 September", None),
            ("2021", None),
            ("Wednesday", None),
            ("10:30", None),
            ("22/09/21", None),
            ("yesterday", None),
            ("", None),
            (None, None),
            (True, None),
            (10**30, None),
            (float("nan"), None),
            (["2021-09-22"], None),
            ("2021 " * 400, None),
        ],
    )
    def test_dates_are_read_strictly(self, stated: object, day: date | None) -> None:
        assert parse_date(stated) == day

    @given(
        st.one_of(st.text(max_size=60), st.floats(), st.integers(), st.text("0123456789/-.: TZ", max_size=25))
    )
    def test_no_date_raises(self, stated: object) -> None:
        assert parse_date(stated) is None or isinstance(parse_date(stated), date)


class TestFolders:
    def test_order_paths_and_what_is_left_out(self, tmp_path: Path) -> None:
        for name in (
            "b/2.txt",
            "b/10.txt",
            "a.txt",
            "c/d/e.md",
            ".hidden.txt",
            ".git/x.txt",
            "README.txt",
            "LICENSE",
        ):
            write(tmp_path / name, PLAIN)
        write(tmp_path / "picture.png", b"\x89PNG\r\n")
        found = take(tmp_path)
        assert [item.path for item in found if isinstance(item, Article)] == [
            "a.txt",
            "b/10.txt",
            "b/2.txt",
            "c/d/e.md",
        ]
        others = [item for item in found if isinstance(item, Skipped)]
        assert [Path(item.location).name for item in others] == ["LICENSE", "README.txt", "picture.png"]
        assert not any(item.failure for item in others)

    def test_a_pattern_narrows_a_folder(self, tmp_path: Path) -> None:
        for name in ("a/x.txt", "b/x.txt", "b/y.md"):
            write(tmp_path / name, PLAIN)

        def paths(pattern: str) -> list[str]:
            return [
                item.path
                for item in take(tmp_path, options=LoadOptions(glob=pattern))
                if isinstance(item, Article)
            ]

        assert paths("*.txt") == ["a/x.txt", "b/x.txt"]
        assert paths("b/*") == ["b/x.txt", "b/y.md"]
        assert paths("**/x.*") == ["a/x.txt", "b/x.txt"]

    def test_a_glob_keeps_the_path_below_its_fixed_part(self, tmp_path: Path) -> None:
        for name in ("news/2030/x.txt", "news/2031/x.txt", "news/2031/y.md"):
            write(tmp_path / name, PLAIN)
        assert [
            item.path for item in take(tmp_path / "news" / "*" / "*.txt") if isinstance(item, Article)
        ] == [
            "2030/x.txt",
            "2031/x.txt",
        ]
        assert [item.path for item in take(tmp_path / "news" / "*1") if isinstance(item, Article)] == [
            "2031/x.txt",
            "2031/y.md",
        ]

    def test_links_in_a_circle(self, tmp_path: Path) -> None:
        write(tmp_path / "in" / "a.txt", PLAIN)
        (tmp_path / "in" / "again").symlink_to(tmp_path / "in")
        (tmp_path / "in" / "up").symlink_to(tmp_path)
        (tmp_path / "in" / "self").symlink_to(tmp_path / "in" / "self")
        found = take(tmp_path / "in")
        assert [item.path for item in found if isinstance(item, Article)] == ["a.txt"]
        assert [Path(item.location).name for item in found if isinstance(item, Skipped)] == [
            "again",
            "self",
            "up",
        ]

    def test_links_out_of_the_folder_are_followed_once_round(self, tmp_path: Path) -> None:
        write(tmp_path / "in" / "a.txt", PLAIN)
        write(tmp_path / "out" / "b.txt", PLAIN)
        (tmp_path / "in" / "beyond").symlink_to(tmp_path / "out")
        (tmp_path / "out" / "back").symlink_to(tmp_path / "in")
        (tmp_path / "out" / "round").symlink_to(tmp_path / "out")
        found = take(tmp_path / "in")
        assert [item.path for item in found if isinstance(item, Article)] == ["a.txt", "beyond/b.txt"]
        assert len([item for item in found if isinstance(item, Skipped)]) == 2

    def test_a_file_is_taken_once(self, tmp_path: Path) -> None:
        file = write(tmp_path / "a.txt", PLAIN)
        first, second = take(tmp_path, file)
        assert isinstance(first, Article)
        assert isinstance(second, Skipped)
        assert not second.failure

    def test_a_name_that_is_no_unicode_or_holds_controls(self, tmp_path: Path) -> None:
        name = os.fsencode(tmp_path) + b"/a\xff\x1b[31m.txt"
        try:
            Path(os.fsdecode(name)).write_bytes(PLAIN.encode())
        except OSError:
            pytest.skip("this file system takes Unicode names only")
        found = article(tmp_path)
        assert found.path == "a\ufffd\ufffd[31m.txt"
        found.location.encode()


class TestBadInput:
    @pytest.mark.parametrize(
        ("name", "content", "reason"),
        [
            ("a.txt", b"", "is empty"),
            ("a.txt", b"\xef\xbb\xbf \n\t\n", "is empty"),
            ("a.txt", "\u200b\u00ad".encode(), "has no text"),
            ("a.txt", b"words\x00words", "binary"),
            ("a.txt", bytes(range(1, 32)) * 9, "binary"),
            ("a.txt", b"%PDF-1.7 words", "PDF"),
            ("a.txt", b"Leave a Reply\n\nShare", "no text but notices"),
            ("a.md", b"---\ntitle: T\n---\n", "has no text"),
            ("a.html", b"\x00\x01", "binary"),
            ("a.jsonl", b"\x00\x01", "binary"),
            ("a.jsonl", b"", "is empty"),
            ("a.docx", b"PK\x03\x04", "not an article format"),
            ("a.txt", b"words " * 200, "limit"),
        ],
    )
    def test_one_sentence_says_what_is_wrong(
        self, tmp_path: Path, name: str, content: bytes, reason: str
    ) -> None:
        found = skipped(write(tmp_path / name, content), options=LoadOptions(max_bytes=1000))
        assert reason in found.reason
        assert found.failure
        assert found.location == str(tmp_path / name)
        assert "\n" not in found.reason

    def test_the_rest_goes_on(self, tmp_path: Path) -> None:
        write(tmp_path / "a.txt", b"\x00")
        write(tmp_path / "b.txt", PLAIN)
        bad, missing, good = (*take(tmp_path / "a.txt", tmp_path / "nowhere"), *take(tmp_path / "b.txt"))
        assert isinstance(bad, Skipped)
        assert isinstance(missing, Skipped)
        assert missing.failure
        assert "no such file" in missing.reason
        assert isinstance(good, Article)

    def test_a_pattern_that_nothing_matches(self, tmp_path: Path) -> None:
        assert "no file matches" in skipped(tmp_path / "*.txt").reason

    def test_a_link_to_nothing_and_a_path_that_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").symlink_to(tmp_path / "gone.txt")
        assert "link to a file that is not there" in skipped(tmp_path / "a.txt").reason
        assert "cannot be read" in skipped(tmp_path).reason
        assert "NUL" in skipped("a\0b").reason

    def test_what_may_not_be_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = write(tmp_path / "a.txt", PLAIN)

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
        assert skipped(file).reason == "cannot be read: permission denied"
        monkeypatch.setattr(os, "scandir", refuse)
        assert skipped(tmp_path).reason == "cannot be read: permission denied"

    def test_what_would_never_end(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.txt")
        assert skipped(tmp_path / "a.txt").reason == "is not a regular file"
        assert not skipped(tmp_path).failure

    @given(st.binary(max_size=300), st.sampled_from([".txt", ".md", ".html", ".jsonl"]))
    def test_no_content_raises(
        self, tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
    ) -> None:
        file = write(tmp_path_factory.getbasetemp() / f"any{suffix}", content)
        for found in take(file):
            if isinstance(found, Article):
                f"{found.title}{found.text}{found.path}".encode()
                assert found.text.strip()


class TestStandardInput:
    def test_a_text(self) -> None:
        found = article("-", stdin=PLAIN.encode())
        assert (found.title, found.text, found.location) == ("Bridge opens after repairs", BODY.strip(), "-")
        assert found.path.startswith("stdin-")
        assert article("-", stdin=PLAIN.encode()).id == found.id
        assert article("-", stdin=b"Other words.").path != found.path

    def test_json_lines_a_page_and_markdown_are_recognised(self) -> None:
        one, two = take("-", stdin=lines({"text": BODY}, {"text": "Other words.", "id": "x"}).encode())
        assert isinstance(one, Article)
        assert isinstance(two, Article)
        assert (one.text, two.path) == (BODY.strip(), "stdin.jsonl#x")
        assert article("-", stdin=PAGE.encode()).source == "Norr Gazette"
        assert article("-", stdin=f"---\ntitle: T\n---\n{BODY}".encode()).title == "T"

    @pytest.mark.parametrize(
        ("stdin", "reason"), [(b"", "is empty"), (b"a\0", "binary"), (b"x" * 2000, "limit")]
    )
    def test_bad_input(self, stdin: bytes, reason: str) -> None:
        assert reason in skipped("-", stdin=stdin, options=LoadOptions(max_bytes=1000)).reason

    def test_none(self) -> None:
        assert "no standard input" in skipped("-").reason


def test_two_thousand_news_articles_keep_headline_and_body(shared: Path) -> None:
    root = shared / "corpora" / "bbc"
    found = take(root)
    articles = [item for item in found if isinstance(item, Article)]
    assert len(articles) == 2225
    assert not any(item.failure for item in found if isinstance(item, Skipped))
    assert len({item.id for item in articles}) == 2225
    for item in articles:
        data = (root / item.path).read_bytes()
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = data.decode("cp1252")
        headline, _, body = text.partition("\n")
        assert item.title.split() == headline.split()
        assert item.text.split() == body.split()
        assert "\ufffd" not in item.text
