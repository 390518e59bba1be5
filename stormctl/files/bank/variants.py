"""One wording as people write it, made a variant: a name, the keys beside the text, the text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, Field, PlainValidator, WithJsonSchema

from stormctl.domain.bank.message import LatePolicy, Media, MediaKind, Variant
from stormctl.domain.base.phrase import Phrase
from stormctl.files.bank.synonyms import MEDIA_WORDS, MESSAGE_WORDS, NOT_OFFERED
from stormctl.files.media.media import MAX_ALT, MAX_IMAGES, MediaShelf
from stormctl.files.media.problems import BadMediaError
from stormctl.files.validation import STRICT, Notes, tell
from stormctl.files.values import (
    BadValueError,
    ZonedInstant,
    parse_day,
    parse_hashtags,
    parse_instant,
    parse_late,
    parse_link,
    parse_slug,
    parse_text,
    parse_whole_number,
    parse_yes_no,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stormctl.domain.base.finding import Place
    from stormctl.files.bank.frontmatter import FrontMatter
    from stormctl.files.bank.names import WordingName


def _parse_media(value: Any) -> Any:
    items = value if isinstance(value, list) else [value]
    return tuple({"file": item} if isinstance(item, str) else item for item in items)


def _parse_silence(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(reason, str) for reason in value.values()):
        raise BadValueError(
            Phrase("must be rules with reasons"), Phrase("write it like {{fancy-letters: as on the poster}}")
        )
    return value


class MediaItem(BaseModel, **STRICT):
    """One entry of `media`: a file with its description."""

    other_words: ClassVar = MEDIA_WORDS

    file: str = Field(description="the file, from the bank's folder", examples=["images/boat.png"])
    alt: str = Field(
        "", description="what people who can't see it are told", examples=["A paper boat on a map."]
    )
    captions: str | None = Field(
        None,
        description="the captions file of a video, with its language in its name",
        examples=["images/boat.en.srt"],
    )


_Name = tell("migrant-rights", type=["string", "number"])
_YES_NO = WithJsonSchema({"enum": ["yes", "no", True, False]})
_Moment = Annotated[
    ZonedInstant | None, PlainValidator(parse_instant), tell("2026-12-18 20:00 America/New_York")
]
_LATE = WithJsonSchema({"enum": [policy.value for policy in LatePolicy]})
_Media = Annotated[list[str | MediaItem], Field(max_length=MAX_IMAGES)]


class Wording(BaseModel, **STRICT):
    """What a message file may say beside its text; every key is optional."""

    other_words: ClassVar = MESSAGE_WORDS
    not_offered: ClassVar = NOT_OFFERED

    hashtags: Annotated[
        tuple[str, ...], PlainValidator(parse_hashtags, json_schema_input_type=str | list[str])
    ] = Field((), description="tags for this message, with or without #", examples=[["MigrantsDay"]])
    link: Annotated[str | None, PlainValidator(parse_link), tell("https://example.org/act")] = Field(
        None, description="one address, from a host that the schedule trusts"
    )
    media: Annotated[
        tuple[MediaItem, ...], BeforeValidator(_parse_media, json_schema_input_type=str | MediaItem | _Media)
    ] = Field((), description="one to four pictures, each with its description, or one GIF, or one video")
    expires: _Moment = Field(None, description="not after this time")
    not_before: _Moment = Field(
        None, description="not before this time; only if the schedule trusts the bank with it"
    )
    late: Annotated[LatePolicy | None, PlainValidator(parse_late), _LATE] = Field(
        None, description="what to do if its slot has passed; only if the schedule trusts the bank with it"
    )
    topic: Annotated[str | None, PlainValidator(parse_slug), _Name] = Field(
        None, description="a word in small letters that groups messages"
    )
    partner: Annotated[str | None, PlainValidator(parse_slug), _Name] = Field(
        None, description="the organisation whose channels carry it"
    )
    priority: Annotated[int, PlainValidator(parse_whole_number), WithJsonSchema({"type": "integer"})] = Field(
        0, description="a whole number, more goes first; only if the schedule trusts the bank with it"
    )
    consent: Annotated[bool | None, PlainValidator(parse_yes_no), _YES_NO] = Field(
        None, description="whether the people in the picture agreed"
    )
    credit: Annotated[
        str | None, PlainValidator(parse_text), tell("Photo: our volunteers", type=["string", "number"])
    ] = Field(None, description="who made the picture")
    as_of: Annotated[date | None, PlainValidator(parse_day), tell("2018-12-01")] = Field(
        None, description="the date of the figures in the text"
    )
    reply_settings: Literal["following", "mentionedUsers", "subscribers", "verified"] | None = Field(
        None, description="who may answer on X; only if the schedule trusts the bank with it"
    )
    silence: Annotated[
        dict[str, str], PlainValidator(_parse_silence, json_schema_input_type=dict[str, str])
    ] = Field(
        default_factory=dict,  # a {} would be copied for every wording
        description="rules of `stormctl check` that are not to speak here, each with its reason",
        examples=[{"fancy-letters": "as on the poster"}],
    )
    made_with_ai: Annotated[bool, PlainValidator(parse_yes_no), _YES_NO] = Field(
        False, description="whether a machine made the picture or video"
    )
    paid_partnership: Annotated[bool, PlainValidator(parse_yes_no), _YES_NO] = Field(
        False, description="whether someone paid for it"
    )


NOTHING = "none"
"""What a labelled wording writes for a key that it does not want from the plain one."""

_OF_PICTURE = frozenset({"consent", "credit", "made_with_ai"})
_FIELDS = {"expires": ("expires_at", "expires_zone")}


def inherit(variant: Variant, plain: Variant) -> Variant:
    """Give a labelled wording what it does not say itself and the plain one of its language does.

    What is said of a picture goes only with that picture: nobody agreed to another one.
    """
    said = {key for key, _ in variant.lines}
    if "media" in said:
        said |= _OF_PICTURE
    fields = [field for key in Wording.model_fields if key not in said for field in _FIELDS.get(key, (key,))]
    heir = replace(variant, **{field: getattr(plain, field) for field in fields})
    return replace(heir, media=tuple(_mark_made(media, by_machine=heir.made_with_ai) for media in heir.media))


def _mark_made(media: Media, *, by_machine: bool) -> Media:
    return replace(media, made_with_ai=by_machine and media.kind is MediaKind.VIDEO)


def build_variant(
    name: WordingName,
    parts: tuple[str, ...],
    *,
    place: Place,
    starts: tuple[tuple[int, int], ...],
    front: FrontMatter,
    notes: Notes,
    shelf: MediaShelf,
) -> Variant:
    """Type what was written and make a variant of it.

    A key that can't be understood and a picture that can't be posted are left out, so that the rest is
    still checked; their findings stop a launch all the same.
    """
    said = {key: value for key, value in front.values.items() if value != NOTHING}
    wording = notes.read_rest(Wording, said)
    media = _collect_media(wording, notes, shelf)
    return Variant(
        message_id=name.message_id,
        lang=name.lang,
        label=name.label,
        parts=parts,
        place=place,
        starts=starts,
        lines=tuple((str(path[0]), line) for path, line in front.lines.items() if len(path) == 1),
        spots=tuple(_find_spots(front, wording, tuple(media))),
        silence=tuple(wording.silence.items()),
        hashtags=wording.hashtags,
        link=wording.link,
        media=tuple(media.values()),
        expires_at=wording.expires.at if wording.expires else None,
        expires_zone=wording.expires.zone if wording.expires else None,
        not_before=wording.not_before.at if wording.not_before else None,
        late=wording.late,
        topic=wording.topic,
        partner=wording.partner,
        priority=wording.priority,
        consent=wording.consent,
        credit=wording.credit,
        as_of=wording.as_of,
        reply_settings=wording.reply_settings,
        made_with_ai=wording.made_with_ai,
        paid_partnership=wording.paid_partnership,
    )


def _find_spots(
    front: FrontMatter, wording: Wording, shown: tuple[int, ...]
) -> Iterator[tuple[str, int, int]]:
    """Find where values of front matter stand: texts by their key, tags, files and descriptions by number.

    Args:
        shown: which entries of `media` go out.
    """
    spots = front.spots
    for path, at_once in spots.items():
        if len(path) == 1:
            yield str(path[0]), *at_once
    is_list = isinstance(front.values.get("media"), list)
    for number, index in enumerate(shown):
        entry = ("media", index) if is_list else ("media",)
        if spot := spots.get((*entry, "file"), spots.get(entry)):
            yield f"media.{number}", *spot
        if spot := spots.get((*entry, "alt")):
            yield f"alt.{number}", *spot
    written = front.values.get("hashtags", "")
    items = written if isinstance(written, list) else [written]
    for number, tag in enumerate(wording.hashtags):
        for index, item in enumerate(items):
            at = str(item).casefold().find(tag.casefold())
            spot = spots.get(("hashtags", index) if items is written else ("hashtags",))
            if at >= 0 and spot:
                yield f"hashtags.{number}", spot[0], spot[1] + at
                break


def _collect_media(wording: Wording, notes: Notes, shelf: MediaShelf) -> dict[int, Media]:
    """Return what can be attached, by its number in `media`."""
    found: dict[int, Media] = {}
    for index, item in enumerate(wording.media):
        if len(item.alt) > MAX_ALT:
            message = Phrase(
                "the alt text of “{file}” has {length} characters; X takes {max_alt}",
                file=item.file,
                length=len(item.alt),
                max_alt=MAX_ALT,
            )
            notes.error(
                "alt-too-long", ("media", index, "alt"), message, Phrase("say what matters in the picture")
            )
        try:
            media = shelf.get(item.file, item.alt, item.captions)
            for remark in shelf.remarks(item.file, item.captions):
                notes.warn(remark.code, ("media", index, "file"), remark.message, remark.hint)
            found[index] = _mark_made(media, by_machine=wording.made_with_ai)
        except BadMediaError as problem:
            for line, message, hint in problem.lines:
                notes.error_in(
                    f"{notes.path.rpartition('/')[0]}/{item.captions}", line, problem.code, message, hint
                )
            if problem.lines:
                continue
            key = "captions" if problem.code == "bad-captions" else "file"
            notes.error(problem.code, ("media", index, key), problem.message, problem.hint)
    kinds = {media.kind for media in found.values()}
    if len(found) > MAX_IMAGES or (len(found) > 1 and kinds != {MediaKind.IMAGE}):
        message = Phrase(
            "{length} files: a post takes {max_images} images, or one GIF, or one video",
            length=len(found),
            max_images=MAX_IMAGES,
        )
        notes.error("too-many-media", ("media",), message, Phrase("leave some out, or make it a thread"))
    return found
