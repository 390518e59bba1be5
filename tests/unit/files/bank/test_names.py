"""Names of files: what they say, and hints that give what the writer meant when they are followed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stormctl.files.bank.bank import load_bank
from stormctl.files.bank.names import WordingName, parse_wording_name
from stormctl.files.values import BadValueError

if TYPE_CHECKING:
    from tests.campaigns import CampaignFolder


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("noon.en", WordingName("noon", "en", None)),
        ("sign-on_2.pt-br.last-call", WordingName("sign-on_2", "pt-BR", "last-call")),
        ("noon.ES.facebook", WordingName("noon", "es", "facebook")),
    ],
)
def test_a_name_holds_id_language_and_label(stem: str, expected: WordingName) -> None:
    """A file's name says which wording of which message it is; languages are written in one way."""
    assert parse_wording_name(stem) == expected


@pytest.mark.parametrize(
    "stem", ["", "noon", "noon.", ".en", "noon.en.", "noon.en.x.y", "Noon.en", "a b.en", "é.en"]
)
def test_other_names_are_refused(stem: str) -> None:
    """A name with too little, too much or other characters is no message's."""
    with pytest.raises(BadValueError, match="file name: "):
        parse_wording_name(stem)


_STEP = st.one_of(
    st.sampled_from(["en", "es", "fr", "sign-on", "x", "facebook", "twitter", "fb", "instagram", "español"]),
    st.sampled_from(["Last Call", "pt_BR", "late-fb", "en - Copy", "act", "no", "ß", "日"]),
    st.text(alphabet="abe -_É9(1)", max_size=6),
)


@given(st.lists(_STEP, min_size=1, max_size=4))
def test_who_follows_hints_ends_at_a_message_or_a_question(steps: list[str]) -> None:
    """No name is refused without a word on what to do, and no hint leads in a circle."""
    stem = ".".join(steps)
    hints: list[str] = []

    while (hint := _refusal(stem)) is not None and len(hints) < 8:
        hints.append(hint)
        plain = re.fullmatch(r"name it (\S+)\.md", hint)
        if plain is None:
            break
        stem = plain[1]

    assert all(hints)
    assert len(hints) < 8


def _refusal(stem: str) -> str | None:
    try:
        parse_wording_name(stem)
    except BadValueError as problem:
        return problem.hint
    return None


def _hint_for(campaign: CampaignFolder, name: str) -> str:
    campaign.write(name, "Words.")
    [finding] = load_bank(campaign.root, "imd")[1]
    assert finding.is_error
    return finding.hint


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("sign-on.espanol.md", "sign-on.es.md"),
        ("sign-on.Español.facebook.md", "sign-on.es.facebook.md"),
        ("sign-on.inglés.md", "sign-on.en.md"),
        ("sign-on.français.md", "sign-on.fr.md"),
        ("sign-on.pt_BR.md", "sign-on.pt-BR.md"),
        ("en.sign-on.md", "sign-on.en.md"),
        ("en.act.facebook.md", "act.en.facebook.md"),
        ("sign-on.facebook.en.md", "sign-on.en.facebook.md"),
        ("sign-on.twitter.es.md", "sign-on.es.x.md"),
        ("sign-on.en.twitter.md", "sign-on.en.x.md"),
        ("sign-on.en.tweet.md", "sign-on.en.x.md"),
        ("sign-on.en.fb.md", "sign-on.en.facebook.md"),
        ("sign-on.en.facebok.md", "sign-on.en.facebook.md"),
        ("Sign On.en.md", "sign-on.en.md"),
        ("sign-on.en.Last Call.md", "sign-on.en.last-call.md"),
        ("sign-on.en.txt", "sign-on.en.md"),
        ("sign-on.en.md.txt", "sign-on.en.md"),
        ("sign-on.en.facebook.markdown", "sign-on.en.facebook.md"),
        ("sign-on.en", "sign-on.en.md"),
        ("sign-on.es.json", "sign-on.es.md"),
    ],
)
def test_a_hint_that_is_followed_gives_what_was_meant(
    campaign: CampaignFolder, name: str, better: str
) -> None:
    """The name in the hint is the one that was meant, and nothing is wrong with it."""
    hint = _hint_for(campaign, name)
    (campaign.bank / name).rename(campaign.bank / hint.removeprefix("name it ").split(": ")[-1])

    bank, findings = load_bank(campaign.root, "imd")

    assert [f"{variant.name}.md" for variant in bank.variants] == [better]
    assert findings == []


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("sign-on.md", "name it sign-on.en.md, if it is in English"),
        ("sign-on-es.md", "name it sign-on.es.md, if “es” is its language"),
        ("sign-on.fb.md", "the language comes first: sign-on.en.facebook.md, if it is in English"),
        ("sign-on.last-call.md", "the language comes first: sign-on.en.last-call.md, if it is in English"),
        ("sign-on.en - Copy.md", "remove it, or name it ID.LANG.LABEL.md if it is another wording"),
        ("sign-on.en (1).md", "remove it, or name it ID.LANG.LABEL.md if it is another wording"),
        ("Copia de sign-on.en.md", "remove it, or name it ID.LANG.LABEL.md if it is another wording"),
        ("sign-on.en.x.late.md", "choose one: sign-on.en.x.md or sign-on.en.late.md"),
        (
            "sign-on.en.facebook-late.md",
            "name it sign-on.en.facebook.md, for Facebook alone, or sign-on.en.late.md, for every platform",
        ),
        ("sign-on.en.instagram.md", "remove it, or give it a label that names no platform"),
        ("sign-on.en.docx", "open it, save it as plain text (UTF-8), and name that sign-on.en.md"),
        ("sign-on.en.rtf", "open it, save it as plain text (UTF-8), and name that sign-on.en.md"),
        ("drafts/a.en.md", "move it into messages/imd/ itself"),
        ("drafts/a.en.txt", "move it into messages/imd/ itself; name it a.en.md"),
        ("日.en.md", "write it without accents, like open-door"),
    ],
)
def test_a_hint_asks_where_several_things_may_be_meant(
    campaign: CampaignFolder, name: str, question: str
) -> None:
    """Language, copy or platform: where the name does not tell, nothing is guessed."""
    assert _hint_for(campaign, name) == question


@pytest.mark.parametrize(
    "name",
    [
        "~$gn-on.en.md",
        "sign-on.en.md~",
        "sign-on.en.md.bak",
        ".sign-on.en.md.swp",
        "sign-on.en.md.swp",
        "Thumbs.db",
        "desktop.ini",
        "README.md",
        "README.es.md",
        "README-first.md",
        "readme.txt",
        "drafts/~$gn-on.en.docx",
    ],
)
def test_locks_backups_and_system_files_are_quiet(campaign: CampaignFolder, name: str) -> None:
    """What editors and systems leave in a folder is no message, and nobody's mistake."""
    campaign.write("open-door.en.md", "Words.")
    campaign.write(name, "Words.")

    bank, findings = load_bank(campaign.root, "imd")

    assert ([variant.name for variant in bank.variants], findings) == (["open-door.en"], [])


def test_a_bank_without_messages_is_an_error(campaign: CampaignFolder) -> None:
    """Nothing would be published, and nobody would know why; a bank whose one file is wrong says that."""
    campaign.write("README.md", "How we write.")

    empty = load_bank(campaign.root, "imd")[1]
    campaign.write("open-door.en.txt", "Words.")
    wrong = load_bank(campaign.root, "imd")[1]

    assert [(str(f.place), f.code, f.is_error) for f in empty] == [("messages/imd", "bank-empty", True)]
    assert [finding.code for finding in wrong] == ["file-not-read"]
