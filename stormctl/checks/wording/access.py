"""Rules that keep posts open to everyone."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from stormctl.checks.case import CheckHit, place_of
from stormctl.checks.registry import rule
from stormctl.domain.bank.message import MediaKind
from stormctl.domain.base.finding import Severity
from stormctl.domain.base.phrase import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.checks.case import CheckContext

_FILE_NAME = re.compile(
    r"\S+\.(?:png|jpe?g|gif|webp|heic|mp4|mov)|(?:img|image|photo|picture|dsc|screenshot|untitled)[\W_]*\d*",
    re.IGNORECASE,
)


@rule(
    "missing-alt",
    Severity.ERROR,
    Phrase("Every picture and video is described."),
    why=Phrase(
        "People who cannot see it hear the description instead; without one the post tells them nothing."
    ),
    fix=Phrase('Add alt to it: media: [{{file: images/boat.png, alt: "A paper boat held in two hands"}}].'),
    bad="---\nmedia: [boat.png]\n---\nEvery crossing begins with hope.",
    good='---\nmedia: [{file: boat.png, alt: "A paper boat held in two hands"}]\n---\nEvery crossing begins'
    " with hope.",
)
def find_missing_alts(case: CheckContext) -> Iterator[CheckHit]:
    """Find pictures and videos without a description."""
    for variant in case.bank.variants:
        for number, media in enumerate(variant.media):
            if not media.alt.strip():
                source = case.source_of(variant, "media")
                yield CheckHit(
                    place_of(source, f"media.{number}", "media"),
                    Phrase("{file} has no description", file=media.file),
                    Phrase("describe in alt what it shows"),
                    variant=source,
                )


@rule(
    "missing-captions",
    Severity.ERROR,
    Phrase("Every video has captions."),
    why=Phrase(
        "People who cannot hear it, or watch without sound, read them; most people watch without sound."
    ),
    fix=Phrase(
        "Put SubRip or WebVTT beside it, named with its language, and write captions: videos/boat.en.srt."
    ),
    bad='---\nmedia: [{file: door.mp4, alt: "A door opens"}]\n---\nSomebody opened a door.',
    good='---\nmedia: [{file: door.mp4, alt: "A door opens", captions: door.en.srt}]\n---\nSomebody opened a'
    " door.",
)
def find_missing_captions(case: CheckContext) -> Iterator[CheckHit]:
    """Find videos without captions."""
    for variant in case.bank.variants:
        for number, media in enumerate(variant.media):
            if media.kind is MediaKind.VIDEO and media.captions is None:
                source = case.source_of(variant, "media")
                yield CheckHit(
                    place_of(source, f"media.{number}", "media"),
                    Phrase("{file} has no captions", file=media.file),
                    Phrase("name them in captions; for a video without speech, describe what can be heard"),
                    variant=source,
                )


@rule(
    "alt-is-file-name",
    Severity.ERROR,
    Phrase("A description says what can be seen."),
    why=Phrase("A file name read aloud says nothing."),
    fix=Phrase("Say in a sentence what the picture shows and why it is there."),
    bad='---\nmedia: [{file: boat.png, alt: "IMG_2041"}]\n---\nEvery crossing begins with hope.',
    good='---\nmedia: [{file: boat.png, alt: "A paper boat held in two hands"}]\n---\nEvery crossing begins'
    " with hope.",
)
def find_file_names_as_alt(case: CheckContext) -> Iterator[CheckHit]:
    """Find descriptions that are only the file's name."""
    for variant in case.bank.variants:
        for number, media in enumerate(variant.media):
            alt, path = media.alt.strip(), PurePosixPath(media.file)
            if alt and (alt.casefold() == path.stem.casefold() or _FILE_NAME.fullmatch(alt)):
                source = case.source_of(variant, "media")
                yield CheckHit(
                    place_of(source, f"alt.{number}", "media"),
                    Phrase("“{alt}” is a file name, not a description of {file}", alt=alt, file=media.file),
                    Phrase("say in a sentence what it shows"),
                    variant=source,
                )
