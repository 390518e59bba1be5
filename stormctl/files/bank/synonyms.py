"""What people call the keys of a message in English, Spanish and French, and what to say about it."""

from __future__ import annotations

from stormctl.domain.base.phrase import Phrase
from stormctl.files.nearest import fold

_OF_MESSAGE = {
    "hashtags": "hashtag tag tags keywords etiqueta etiquetas palabras_clave mots_cles mot_diese mots_diese",
    "link": "url urls links href website web site enlace enlaces vinculo sitio lien liens",
    "media": "image images picture pictures photo photos img video videos attachment imagen imagenes foto"
    " fotos fichero archivo fichier",
    "expires": "deadline until expiry expire expiration expires_at expires_on ends valid_until fecha_limite"
    " limite hasta vence vencimiento caduca plazo date_limite echeance delai jusqu_a",
    "not_before": "start starts from after publish publish_at publish_on post_at send_at schedule scheduled"
    " embargo desde inicio a_partir_de publicar debut des publier",
    "topic": "subject theme category tema asunto categoria sujet theme categorie",
    "partner": "organisation organization org partners socio organizacion partenaire",
    "credit": "author photographer by copyright autor autora fotografo creditos auteur photographe",
    "consent": "permission consentimiento permiso consentement accord",
    "made_with_ai": "ai ia ai_generated generated_by_ai hecho_con_ia genere_par_ia",
    "paid_partnership": "paid ad sponsored sponsor pagado patrocinado publicidad sponsorise publicite",
    "priority": "prio prioridad priorite",
    "late": "late_policy if_late tarde retraso retard en_retard",
    "reply_settings": "reply replies respuestas reponses",
}
_OF_MEDIA = {
    "file": "src path url name image picture photo video archivo fichero imagen foto fichier",
    "alt": "alt_text alttext description descripcion texto texto_alternativo texte_alternatif",
    "captions": "subtitles subs srt vtt subtitulos sous_titres",
}
_WHEN = Phrase(
    "write what it is: expires (not after it), not_before (not before it), "
    "or as_of (the date of the figures in the text)"
)
_NAME = Phrase(
    "the file's name says it: ID.LANG.md, and ID.LANG.x.md or ID.LANG.facebook.md for one platform alone"
)
_BODY = Phrase("the text stands below the second line of ---, without a key")
_NO_DRAFT = Phrase("every message in the bank is published: move the file out of it, or remove the line")
_ASKED = {
    "date time when day hour at fecha hora dia cuando heure jour quand": _WHEN,
    "id lang language platform platforms channel channels network label variant idioma plataforma canal red"
    " langue plateforme reseau": _NAME,
    "text body message content post tweet title titulo texto mensaje titre texte": _BODY,
    "draft status published borrador estado brouillon statut": _NO_DRAFT,
    "alt alt_text alttext description descripcion texto_alternativo texte_alternatif captions subtitles"
    " subtitulos sous_titres": Phrase("it belongs to a picture or video: write it below its file, in media"),
    "caption leyenda legende": Phrase(
        "words for all go into the text; a picture's description is alt, in media"
    ),
}

_LINK_TO_IT = Phrase("link to the post, and say what you think of it")
_REFUSED = {
    "poll polls poll_options poll_duration poll_duration_minutes options survey encuesta encuestas opciones"
    " votacion sondeo sondage sondages": (
        Phrase("stormctl posts no polls"),
        Phrase("ask the question in the text"),
    ),
    "retweet retweets retweet_of repost reposts share retuit retuitear republicar compartir repartager"
    " partager": (Phrase("stormctl reposts nothing"), _LINK_TO_IT),
    "quote quotes quoted quote_tweet quote_tweet_id quote_post quote_of citar cita citer citation": (
        Phrase("X takes quotes of other people's posts from its enterprise customers alone"),
        _LINK_TO_IT,
    ),
}


def _by_word(known: dict[str, str], asked: dict[str, Phrase]) -> dict[str, Phrase]:
    hints = {fold(word): hint for words, hint in asked.items() for word in words.split()}
    return hints | {
        fold(word): Phrase("did you mean “{nearest}”?", nearest=key)
        for key, words in known.items()
        for word in words.split()
    }


MESSAGE_WORDS = _by_word(_OF_MESSAGE, _ASKED)
"""What to say about a key that a message does not have, by the folded word."""

NOT_OFFERED = {fold(word): said for words, said in _REFUSED.items() for word in words.split()}
"""Why there is no such key of a message, and what to do instead, by the folded word.

Source: docs.x.com changelog, 2026-04-16: quotes are removed from all self-serve tiers.
"""

MEDIA_WORDS = _by_word(
    _OF_MEDIA, {"caption leyenda legende": Phrase("write alt, which describes it, or captions")}
)
"""The same within `media`."""
