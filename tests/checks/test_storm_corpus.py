"""Wordings of a day in the shapes that people write, in three languages: no rule cries wolf.

All of them are ours. What begins with `bad-` has something to find; anything else that is found is wrong.
"""

from __future__ import annotations

from pathlib import Path

from stormctl.engine.base.campaign import load_bank_alone, load_campaign

CORPUS = Path(__file__).parent / "corpus"
BANK = "messages/b"
EXPECTED = [
    ("bad-date.en.md", 1, "date-passed"),
    ("bad-date.es.md", 1, "date-passed"),
    ("bad-date.fr.md", 1, "date-passed"),
    ("bad-figure.en.md", 1, "figures-without-date"),
    ("bad-figure.es.md", 1, "figures-without-date"),
    ("bad-figure.es.md", 1, "translation-differs"),
    ("bad-figure.fr.md", 1, "figures-without-date"),
    ("bad-link.en.md", 1, "link-lookalike"),
    ("bad-name.en.md", 1, "mention-on-facebook"),
    ("bad-price.en.md", 1, "figures-without-date"),
    ("bad-price.es.md", 1, "figures-without-date"),
    ("bad-price.fr.md", 1, "figures-without-date"),
    ("bad-tag.en.md", 1, "tag-spelling"),
    ("bad-tag.es.md", 1, "hashtag-not-trusted"),
    ("bad-tag.es.md", 1, "tag-spelling"),
    ("bad-tag.fr.md", 1, "tag-spelling"),
    ("bad-tags.en.md", 1, "many-tags"),
    ("bad-twin.en.md", 1, "near-duplicate"),
]
NEED_A_SCHEDULE = {"date-passed", "hashtag-not-trusted", "link-lookalike", "mention-on-facebook"}


def test_the_corpus_is_large() -> None:
    """More than two hundred wordings, some seventy in each language."""
    names = [path.name for path in (CORPUS / BANK).iterdir()]

    assert len(names) >= 200
    assert all(sum(f".{lang}." in name for name in names) >= 70 for lang in ("en", "es", "fr"))


def test_nothing_else_is_found_in_a_storm() -> None:
    """The whole check finds what is wrong, and nothing in what is right."""
    campaign = load_campaign(CORPUS, CORPUS / "schedules" / "s.toml")

    found = [(Path(one.place.path).name, one.place.line, one.code) for one in campaign.findings]

    assert sorted(found) == EXPECTED


def test_nothing_else_is_found_in_the_bank_alone() -> None:
    """Without a schedule there is less to hold it against, and no more to find."""
    campaign = load_bank_alone(CORPUS, BANK)

    found = {(Path(one.place.path).name, one.code) for one in campaign.findings}

    expected = {(name, code) for name, _, code in EXPECTED if code not in NEED_A_SCHEDULE}
    assert found == expected - {("bad-tag.en.md", "tag-spelling"), ("bad-tag.fr.md", "tag-spelling")}
