"""Where a text holds what finds a person: a telephone, a mail address, the number of a case, a house."""

from __future__ import annotations

import re
from functools import cache

Span = tuple[int, int]

_SAYS_AT = r"(?:@|\s?[(\[{](?i:at|arroba|arobase)[)\]}]\s?)"
_MAIL = (
    rf"(?<!//)(?<![\w.@+-])[\w.+-]{{1,64}}{_SAYS_AT}(?:[\w-]{{1,63}}\.){{1,8}}"
    r"(?!(?:png|jpe?g|gif|webp|svg)\b)[^\W\d_]{2,24}\b"
)
_MAYBE_MAIL = re.compile(r"@|[(\[{]ar?(?:t|roba|obase)[)\]}]", re.IGNORECASE)

_A_DIGITS = r"\d{2,3}[\s.-]?\d{3}[\s.-]?\d{3}\b"
_A_WORDS = (
    r"(?i:\ba-?\s?number|\ba#|\balien\s(?:registration\s)?(?:number|no\.?)"
    r"|\bn[uú]mero\s(?:de\sextranjer[oa]|a))"
)
_COUNTED = r"(?!\s?(?:[$€%]|(?:d['’]|(?:de|people|persons|personas|personnes|dollars?|euros?|pesos|of)\b)))"
_CASES = (
    # A-numbers; after a space only where it is no count ("A 281 000 000 de personas")
    rf"\b(?i:A)(?:[#.-]{{1,2}}\s?|(?=\d)){_A_DIGITS}",
    rf"\bA\s(?!\d+[\s.-]?\d{{3}}[\s.-]?000\b){_A_DIGITS}{_COUNTED}",
    rf"{_A_WORDS}(?:\s(?:is|es|est))?\s?[:#]?\s?(?=(?:A[\s#-]?)?(?P<value>{_A_DIGITS}))",
    # receipts of the immigration service of the United States, such as IOE0912345678
    r"\b(?:IOE|EAC|WAC|LIN|SRC|MSC|NBC|YSC|NSC|TSC|VSC|CSC)[\s.-]?\d{2}[\s.-]?\d{3}[\s.-]?\d{5}\b",
    r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])",  # social security, United States
    r"\b[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z\d]\d\b",  # CURP, Mexico
    r"\b[XYZ]-?\d{7}-?[A-Z]\b",  # NIE, Spain
)

_WAYS = (
    "street|st|avenue|ave|road|rd|boulevard|blvd|drive|dr|lane|ln|court|ct|place|pl|way|terrace|highway|hwy"
)
_TITLED = "|".join(word.title() for word in _WAYS.split("|"))
_CALLE = r"[CcAaPp](?:alle|venida|v\.|vda\.|arrera|alzada|aseo|/)"
_RUES = "rue|avenue|boulevard|bd|place|chemin|impasse|allée|allee|quai|passage"
_RUE = f"(?:{_RUES}|{_RUES.title()})"
_NAME = r"[A-ZÀ-ÖØ-Þ][\w.'’-]{0,30}"
_ARTICLES = r"(?:(?:de|du|des|del|la|las|le|les|los|el)\s|[dl]['’]){0,3}"
_HOUSE = r"(?<![\d.,:/h-])(?<!h\s)\d{1,5}"
_NO = r"(?:(?:[Nn][o.º°]{1,2}|[Nn][uú]m\.|#)\s?)"
_STREETS = (
    rf"{_HOUSE}[A-Z]?\s(?:{_NAME}\s|\d{{1,3}}(?:st|nd|rd|th)\s){{1,4}}(?:{_TITLED})\b\.?",
    # in small letters only at the end of what is said
    rf"(?<=\b(?:[Aa]t|[Ee]n)\s){_HOUSE}\s(?:[a-z]{{2,20}}\s){{1,2}}(?:street|st|ave(?:nue)?|road|rd|blvd)\b(?!\s\w)",
)
_GOES_TO_DOOR = r"(?:piso|int|interior|dep\w*|ap\w*|col\w*|esquina|en|y|con|cerca|frente)\b"
_VIAS = (
    # Spanish: the number ends what is said, or the way to the door goes on
    (
        rf"(?<!\w){_CALLE}\s{_ARTICLES}{_NAME}(?:\s{_NAME}){{0,3}},?\s{_NO}?\d{{1,5}}\b"
        rf"(?![:.,]\d|\s?[%°ºª]|[/-]\d|\s(?!{_GOES_TO_DOOR})[\w#])"
    ),
    rf"(?<!\w){_CALLE}\s\d{{1,3}}[A-Z]?\s?{_NO}\d{{1,3}}[A-Z]?\s?[-–]\s?\d{{1,3}}\b",
    rf"{_HOUSE}(?:\s(?:bis|ter))?,?\s{_RUE}\s{_ARTICLES}{_NAME}",
)
_MAYBE_HOUSE = re.compile(rf"\d[A-Z]?,?\s(?:\S{{1,32}}\s){{0,4}}?(?:{_TITLED}|{_WAYS}|{_RUE})\b")
_MAYBE_CALLE = re.compile(rf"{_CALLE}\s")
_YEAR = re.compile(r"(?:19|20)\d\d")
_STREETLESS_LIST = """
on the of and or in to for before after from down up right long only new safe best own years year hour hours
day days week weeks month months minutes people black food blood toy fund reasons steps family supreme
immigration district federal appeals circuit high criminal juvenile county superior million thousand hundred
first second third last
"""
_STREETLESS = frozenset(_STREETLESS_LIST.split())
"""Words that stand in no street's name, but between a count and what looks like a street."""

_WORD = re.compile(r"[^\W\d_]+")
_DATED_LIST = """
jan january feb february mar march apr april may jun june jul july aug august sep sept september oct
october nov november dec december monday tuesday wednesday thursday friday saturday sunday enero
febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre janvier février
mars avril mai juin juillet août septembre octobre novembre décembre lundi mardi mercredi jeudi
vendredi samedi dimanche
"""
_DATED = frozenset(_DATED_LIST.split())
"""A number after one of these is a day."""

_SEP = r"[ \u00a0\u202f.\-\u2010-\u2015]"
_RUN = re.compile(
    r"(?:(?<=\d{4}/)|(?<![\w,.@/=&#$€£+-])(?<![$€£]\s))"  # begins a number, but of a list of years
    rf"(?:\(?\+?(?:\d{{1,3}}\)?{_SEP}?)?\(\d{{1,4}}\){_SEP}?|\+)?\d(?:\)?{_SEP}?\d)*"
)
_LINKED = re.compile(r"(?:\bwa\.me/|[?&]phone=)\+?(?P<value>\d{7,15})\b")
_GOES_ON = re.compile(r"\w|[.,:]\d|/\d{1,2}(?!\d)|\s?[$€£%]")
"""What follows a number that is no telephone's: a unit, or more of a date, a time or a sum."""

_MANY = re.compile(r"\d(?:[^\w\n]{0,3}\d){5}")
"""What a telephone number and the number of a case hold: looked for first, since that is faster."""

_SUM = re.compile(r"\d{1,3}([ .\u00a0\u202f]\d{3})*(\D000){2}")
_AMERICAN = re.compile(r"(?<!\d)(?<!\d[.\-])[2-9]\d\d([.\-])[2-9]\d\d\1\d{4}(?![.\-]?\d)")
"""A telephone number wherever it stands, as it is mostly written in North America."""

_FEWEST, _MOST = 7, 15
"""Digits of a telephone number: in a town, and anywhere (ITU-T E.164)."""

_GROUPS = frozenset(("3 3 4", "1 3 3 4", "3 7", "10", "11", "2 4 4", "2 5 4", "2 8"))
"""How many digits stand together in a telephone number that says neither + nor 0."""

_TRUNK = frozenset(
    ("2 2 2 2 2", "10", "4 2 2 2", "1 3 2 2 2", "4 3 3", "3 5", "3 6", "3 7", "3 8", "4 7", "4 8")
)
"""The same where they start with a 0 (France, Germany)."""

_DATE = re.compile(r"\d{1,2}([ .\-])\d{1,2}\1(?:19|20)\d\d(?!\d)|(?:19|20)\d\d([.\-])\d{1,2}\2\d{1,2}(?!\d)")
_CUE = re.compile(
    r"(?:\b(?:tel|tél|phone|telephone|call|hotline|ring|whatsapp|llam\w{1,6}|tel[eé]fono|cel(?:ular)?|m[oó]vil"
    r"|l[ií]nea|appel\w{1,4}|téléphone|ligue|rele|rufe?n?)\b|[☎📞📱📲])\ufe0f?[\s:.]{0,3}(?:\w{1,12}[\s:.]{1,2}){0,2}$",
    re.IGNORECASE,
)
_LOCAL = re.compile(r"[2-9]\d\d[.\-]\d{4}")
_REGIONS = {
    "en": ("US", "GB"),
    "es": ("MX", "ES", "GT", "HN", "SV", "CO", "AR"),
    "fr": ("FR", "BE", "CH"),
    "pt": ("BR", "PT"),
    "de": ("DE", "AT", "CH"),
    "it": ("IT",),
    "ht": ("HT",),
}
"""Where numbers without + are looked for, by language; all of them only after a word such as “call”."""

_MOST_LOOKED_UP = 500
"""Looking up takes some 30 µs: a text of nothing but numbers is bad enough after so many."""

_LOOSE_NAMES = r"(?:[^\W\d][\w.'’-]{0,30},?\s)"
_ANY_DATE = r"\b(?:\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{4})(?:[ T]\d{1,2}[.:]\d\d)?(?!\d)"
LOOSE = (
    rf"(?<!//)(?<![\w.@+-])[\w.+-]{{1,64}}{_SAYS_AT}[\w-]{{1,63}}(?:\.[\w-]{{1,63}})+",
    r"\b(?i:A)[#\s.-]{0,3}\d{2,3}(?:[\s.-]?\d{3}){2}\b",
    r"\b[A-Z]{3}[\s.-]?\d{2}[\s.-]?\d{3}[\s.-]?\d{5}\b",
    *_CASES[-2:],
    # telephone, and any other number as long
    rf"(?P<kept>{_ANY_DATE})|(?<![\w.])[+(]{{0,2}}\d(?:[\s().\-/\u2010-\u2015]{{0,3}}\d){{8,14}}(?!\w)",
    r"(?<![\w.])\d{3}[\s.-]\d{4}(?!\w)",  # telephone without its area
    rf"\b\d{{1,6}}[A-Za-z]?\s(?:{_LOOSE_NAMES}|\d{{1,3}}[a-z]{{2}}\s){{1,4}}(?i:{_WAYS})\b",
    (
        r"(?i:\b(?:calle|avenida|av(?:da)?\.|carrera|calzada|paseo|plaza|rue)|\bc/)"
        rf"\s(?:{_LOOSE_NAMES}{{1,5}}|\d{{1,3}}\s?)(?:n[o.º°]{{0,2}}\s?|#\s?)?\d{{1,6}}(?:\s?[-–]\s?\d{{1,3}})?\b"
    ),
    rf"\b\d{{1,6}}(?:\s(?:bis|ter))?,?\s{_RUE}\s{_LOOSE_NAMES}{{0,4}}[^\W\d][\w'’-]{{0,30}}",
)
"""What looks like one of these at all, for where too much is no harm; `kept` is a date, and none."""


def find_mail(text: str) -> list[Span]:
    """Return where a text holds mail addresses."""
    return _find("mail", text) if _MAYBE_MAIL.search(text) else []


def find_cases(text: str) -> list[Span]:
    """Return where a text holds A-numbers, and the numbers of cases and of people's papers."""
    return _find("cases", text) if _MANY.search(text) else []


def find_streets(text: str) -> list[Span]:
    """Return where a text holds a street with the number of a house, in English, Spanish or French."""
    if not _MAYBE_HOUSE.search(text) and not _MAYBE_CALLE.search(text):
        return []
    houses = [span for span in _find("streets", text) if not _is_count(text, *span)]
    return sorted(span for span in (*houses, *_find("vias", text)) if not _is_day(text, *span))


def find_linked_phones(text: str) -> list[Span]:
    """Return where the numbers stand in links that call somebody (`wa.me/…` and `phone=…`)."""
    if "wa.me/" not in text and "phone=" not in text:
        return []
    return [match.span("value") for match in _LINKED.finditer(text)]


def find_phones(text: str, lang: str) -> list[Span]:
    """Return where a text holds telephone numbers; what is found within links may be anything.

    Args:
        lang: its language, which says where a number without + may be from.
    """
    if not _MANY.search(text):
        return []
    found: list[Span] = []
    left = _MOST_LOOKED_UP
    for run in _RUN.finditer(text):
        for start, end in _split_dates(text, *run.span()):
            if _FEWEST <= sum(map(str.isdigit, text[start:end])) <= _MOST and left:
                left -= 1
                if _is_phone(text, start, end, lang):
                    found.append((start, end))
                    continue
            found += (shape.span() for shape in _AMERICAN.finditer(text, start, end))
    return found


def _split_dates(text: str, start: int, end: int) -> list[Span]:
    """Return what is left of a run of digits beside the dates in it."""
    rest: list[Span] = []
    for date in _DATE.finditer(text, start, end):
        rest.append((start, date.start()))
        start = date.end()
    return [span for span in (*rest, (start, end)) if span[0] < span[1]]


def _is_phone(text: str, start: int, end: int, lang: str) -> bool:
    """Whether digits are a telephone number: one that exists, in groups as such are written."""
    number = text[start:end]
    if _GOES_ON.match(text, end) or _SUM.fullmatch(number):
        return False
    groups = " ".join(str(len(group)) for group in re.findall(r"\d+", number))
    regions = _REGIONS.get(lang.partition("-")[0], ())
    if "+" in number[:2] or number.startswith("00"):
        return _exists(re.sub(r"^\D*(?:00)?", "+", number), None)
    if _CUE.search(text, max(0, start - 40), start):
        return bool(_LOCAL.fullmatch(number)) or any(_exists(number, region) for region in (*regions, "US"))
    if number[0] == "0":
        return (
            groups in _TRUNK and lang[:2] != "en" and any(_exists(number, region) for region in regions[:1])
        )
    if groups not in _GROUPS or (groups in {"1 3 3 4", "11"} and number[0] != "1" and lang[:2] != "pt"):
        return False
    return any(_exists(number, region) for region in (*regions[:1], "US"))


def _exists(number: str, region: str | None) -> bool:
    import phonenumbers  # only texts with many digits need it

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def _is_count(text: str, start: int, end: int) -> bool:
    """Whether it is a count of something, such as “24 Hour Drive”."""
    named = {word.strip(".,") for word in text[start:end].lower().split()}
    return bool(named & (_STREETLESS | _DATED))


def _is_day(text: str, start: int, end: int) -> bool:
    """Whether its number is a year, or a day after the name of a month or of a day."""
    before = set(_WORD.findall(text[max(0, start - 15) : start].lower())[-1:])
    number = re.findall(r"\d+", text[start:end])[0 if text[start].isdigit() else -1]
    return (_YEAR.fullmatch(number) is not None and before != {"at"}) or (
        text[start].isdigit() and bool(before & (_DATED | {"le", "no"}))
    )


def _find(kind: str, text: str) -> list[Span]:
    found: list[Span] = []
    spans = (
        match.span("value" if match.re.groupindex else 0)
        for shape in _compile()[kind]
        for match in shape.finditer(text)
    )
    for start, end in sorted(spans):
        if not found or start >= found[-1][1]:
            found.append((start, end))
    return found


@cache
def _compile() -> dict[str, tuple[re.Pattern[str], ...]]:
    kinds = {"mail": (_MAIL,), "cases": _CASES, "streets": _STREETS, "vias": _VIAS}
    return {kind: tuple(map(re.compile, shapes)) for kind, shapes in kinds.items()}
