"""Where a text seems to name a person beside detention, status or papers, in English, Spanish or French."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = r"(?P<name>[A-ZÀ-ÖØ-Þ][\w'’-]{1,30})"
_FULL = rf"\b{_NAME}\s[A-ZÀ-ÖØ-Þ][\w'’-]{{1,30}}"
_INTRODUCED = (
    r"\b(?i:soy|me llamo|se llama|llamad[oa]|(?:mi|su) nombre es|i am|i['’]m|(?:my|her|his|their) name is"
    r"|named|je suis|je m['’]appelle|(?:elle|il) s['’]appelle|(?:mon|son) nom est|nommée?)"
    rf"\s{_NAME}"
)
_RELATED = (
    r"\b(?i:mi|nuestr[oa]|su|my|our|his|her|mon|ma|notre|son|sa)\s(?i:"
    r"herman[oa]|espos[oa]|marido|mujer|novi[oa]|pareja|hij[oa]|padre|madre|pap[aá]|mam[aá]|prim[oa]|t[ií][oa]"
    r"|sobrin[oa]|abuel[oa]|niet[oa]|cuñad[oa]|suegr[oa]|vecin[oa]|amig[oa]|compañer[oa]|colega|alumn[oa]"
    r"|brother|sister|husband|wife|partner|boyfriend|girlfriend|son|daughter|father|mother|dad|mom|cousin|uncle"
    r"|aunt|nephew|niece|grand(?:mother|father|ma|pa)|neighbou?r|friend|co-?worker|colleague|classmate|roommate"
    r"|student|frère|sœur|soeur|mari|femme|copain|copine|compagnon|compagne|conjointe?|fils|fille|père|mère"
    r"|cousine?|oncle|tante|neveu|nièce|grand-(?:mère|père)|voisine?|amie?|camarade|collègue|élève)"
    rf",?\s{_NAME}"
)
_AGED = _FULL + r"(?=,\s(?:de\s)?\d{1,2}(?:\s(?:años|ans|years old))?,)"
_STRUCK = (
    rf"\b{_NAME}(?:\s[A-ZÀ-ÖØ-Þ][\w'’-]{{1,30}}){{0,3}}"
    r"(?=,?\s(?:(?:who|que|quien|qui)\s)?(?:was|is|has been|got|fue|est[aá]|ha sido|es|est|a été)\s"
    r"(?:\w{1,12}\s){0,2}"
    r"(?:detained|arrested|deported|undocumented|detenid[oa]|arrestad[oa]|deportad[oa]|indocumentad[oa]"
    r"|détenue?|arrêtée?|expulsée?|sans[- ]papiers|sin papeles)\b)"
)
_ASKED_FOR = (
    r"\b(?i:free|release|met|visited|bring (?:back|home)|libertad (?:a|para)"
    r"|(?:liberen|liberad|liberemos|conocí|visité|conocimos|visitamos) a"
    r"|libérez|libérons|liberté pour|rencontré|visité)"
    rf"\s{_NAME}"
)
_TAKEN = (
    r"\b(?:(?i:(?:ice|la migra|police|policía|police officers|agents?|officers?|they)\s(?:has |have |had )?"
    r"(?:detained|arrested|deported|took|picked up)|(?:detuv|arrest|deport)(?:o|ó|aron|ieron) a"
    r"|(?:a|ont) (?:arrêté|expulsé|interpellé))"
    rf")\s{_NAME}"
)
_OTHERS = (
    r"people|persons|youth|folks|migrants|immigrants|workers|families|children|students|parents|americans"
    r"|communit\w+|neighbou?rs|thousands|hundreds|millions"
)
_STATUS = re.compile(
    rf"\b(?:(?:detained|arrested|deported|undocumented)(?!\s(?:and\s\w+\s)?(?:{_OTHERS})\b)"
    r"|(?:faces?|facing|fears?|risks?|awaits?|awaiting|his|her|my|their) deportation"
    r"|in detention|detention cent\w+|ice detention|custody|ice (?:has )?(?:took|picked up)"
    r"|(?:picked up|taken) by"
    r"|(?:without|no|lost \w+) (?:papers|status)|visa (?:has )?expired|overstayed"
    r"|detenid[oa]|arrestad[oa]|deportad[oa]|indocumentad[oa]|centro de detenci[oó]n|la migra"
    r"|(?<!personas )(?<!gente )(?<!los )(?<!las )sin (?:papeles|documentos|estatus)"
    r"|no (?:tiene|tengo) (?:papeles|documentos|estatus)"
    r"|détenue?|arrêtée?|expulsée?|d['’]expulsion|en rétention|centres? de rétention|titre de séjour"
    r"|(?<!les )(?<!des )(?<!aux )sans[- ]papiers)\b",
    re.IGNORECASE,
)
"""What is said of one person; in the plural it is about many."""

_STEMS_LIST = """
deten detain custody arrest arrêt deport document picked taken papers status visa overstay papeles
estatus papiers détenu détention expuls rétention séjour
"""
_STEMS = ("la migra", *_STEMS_LIST.split())
"""What each of them holds: looked for first, since that is faster."""

_BEFORE, _AFTER = 60, 120
"""How many characters before and after the name such a word counts."""

_NO_NAMES_LIST = """
a an the not of in on at so and or was is are has had will here one all no y el la un una de del fue está ha
en con que le les une est et du des

human black brown white latino latina latinx muslim christian jewish indigenous african asian arab european
american mexican honduran guatemalan salvadoran nicaraguan haitian cuban dominican venezuelan colombian
ecuadorian peruvian brazilian syrian afghan ukrainian sudanese somali nigerian eritrean ethiopian iranian
indian pakistani filipino filipina chinese korean vietnamese palestinian kurdish rohingya undocumented
unafraid migrant immigrant refugee dreamer worker daca mexicano mexicana hondureño hondureña guatemalteco
guatemalteca salvadoreño salvadoreña venezolano venezolana colombiano colombiana cubano cubana haitiano
haitiana dominicano dominicana migrante inmigrante trabajador trabajadora humano humana ser indocumentado
indocumentada tierra señora español española français française humain humaine sans-papiers étranger
étrangère réfugié réfugiée algérien algérienne marocain marocaine tunisien tunisienne malien malienne
sénégalais sénégalaise parisien parisienne charlie dame libertad justicia solidaridad fraternité liberté
dignité justice freedom congress god jesus

he she it they who someone somebody nobody everyone everybody anyone anybody each every this that neither
today yesterday tomorrow family families mom mum mommy mama dad daddy papa mother father brother sister
grandma grandpa child them our us future migration palestine texas america mexico
él ella quien quién alguien nadie cada ayer hoy familia mamá papá
elle il on qui quelqu chacun chacune personne hier maman famille
"""
_NO_NAMES = frozenset(_NO_NAMES_LIST.split())
"""Words in capitals that are nobody's name: small ones of headlines, and what people call themselves."""

_GROUPS_LIST = """
human amnesty united doctors médecins women workers migrants immigrants families children people national
international supreme american federal new los las the madres mujeres estados unidos casa my our his her mi
su nuestro nuestra mon ma notre son sa
"""
_GROUPS = frozenset(_GROUPS_LIST.split())
"""First words of what has two capitals and is an organisation, or many, or nobody in particular."""

_HISTORY = re.compile(r"\b1(?:[0-8]\d|9[0-8])\d\b")
"""A year before 1990: who has a full name beside one is in the books."""

_SHAPES = tuple(re.compile(shape) for shape in (_INTRODUCED, _RELATED, _AGED, _STRUCK, _ASKED_FOR, _TAKEN))


def find_person_at_risk(text: str) -> int | None:
    """Return where a text seems to name a person beside such a word; None if it does not."""
    low = text.lower()
    if not any(stem in low for stem in _STEMS) or not _STATUS.search(text):
        return None
    return min((start for shape in _SHAPES for start in _find_named(text, shape)), default=None)


def _find_named(text: str, shape: re.Pattern[str]) -> Iterator[int]:
    is_said = shape.pattern in {_INTRODUCED, _RELATED}  # that somebody is meant
    if not is_said and _HISTORY.search(text):
        return
    for named in shape.finditer(text):
        name = named["name"]
        if name.isupper() or name.lower() in _NO_NAMES or (not is_said and name.lower() in _GROUPS):
            continue
        if _STATUS.search(text, max(0, named.start() - _BEFORE), named.end() + _AFTER):
            yield named.start()
            return
