"""The few sentences that the assistant says by itself, in the user's language."""

from __future__ import annotations

from tools.search.freshness import DAY, HOUR

NOT_IN_SOURCES = {
    "en": "The answer is not in the sources that were found.",
    "es": "La respuesta no está en las fuentes encontradas.",
    "de": "Die Antwort steht nicht in den gefundenen Quellen.",
    "fr": "La réponse ne se trouve pas dans les sources trouvées.",
    "pt": "A resposta não está nas fontes encontradas.",
    "it": "La risposta non è nelle fonti trovate.",
}
NOT_LOOKED_UP = {
    "en": "I could not look this up: no search engine answers at the moment. "
    "From my own knowledge, which may be out of date: ",
    "es": "No he podido buscarlo: ningún buscador responde en este momento. "
    "Según lo que sé, que puede estar desactualizado: ",
    "de": "Ich konnte das nicht nachschlagen: Keine Suchmaschine antwortet gerade. "
    "Nach meinem eigenen Wissen, das veraltet sein kann: ",
    "fr": "Je n'ai pas pu le rechercher : aucun moteur de recherche ne répond en ce moment. "
    "D'après mes propres connaissances, peut-être dépassées : ",
    "pt": "Não consegui pesquisar: nenhum motor de busca responde neste momento. "
    "Pelo que sei, e pode estar desatualizado: ",
    "it": "Non ho potuto cercarlo: nessun motore di ricerca risponde in questo momento. "
    "Da quello che so, forse non aggiornato: ",
}
STALE = {
    "en": "No search engine answers at the moment; this rests on a copy from {age} ago. ",
    "es": "Ningún buscador responde en este momento; esto se basa en una copia de hace {age}. ",
    "de": "Keine Suchmaschine antwortet gerade; dies beruht auf einer Kopie (vor {age}). ",
    "fr": "Aucun moteur de recherche ne répond ; ceci repose sur une copie d'il y a {age}. ",
    "pt": "Nenhum motor de busca responde; isto baseia-se numa cópia de há {age}. ",
    "it": "Nessun motore di ricerca risponde; questo si basa su una copia di {age} fa. ",
}
NOTHING_FOUND = {
    "en": "Nothing was found for this on the web. From my own knowledge, which may be wrong: ",
    "es": "No se encontró nada sobre esto en la web. Según lo que sé, y puedo equivocarme: ",
    "de": "Dazu wurde im Netz nichts gefunden. Nach meinem Wissen, das falsch sein kann: ",
    "fr": "Rien n'a été trouvé à ce sujet sur le web. D'après ce que je sais, sans garantie : ",
    "pt": "Nada foi encontrado sobre isto na web. Pelo que sei, e posso estar errado: ",
    "it": "Non è stato trovato nulla sul web. Da quello che so, e posso sbagliarmi: ",
}
REMEMBERED = {
    "en": "I will remember: “{text}”",
    "es": "Lo recordaré: «{text}»",
    "de": "Das merke ich mir: „{text}“",
    "fr": "Je m'en souviendrai : « {text} »",
    "pt": "Vou lembrar: “{text}”",
    "it": "Lo ricorderò: «{text}»",
}
KNOWN = {
    "en": "I know that already: “{text}”",
    "es": "Eso ya lo sé: «{text}»",
    "de": "Das weiß ich schon: „{text}“",
    "fr": "Je le sais déjà : « {text} »",
    "pt": "Isso eu já sei: “{text}”",
    "it": "Lo so già: «{text}»",
}
NOT_KEPT = {
    "en": "I do not keep that: {reason}",
    "es": "Eso no lo guardo: {reason}",
    "de": "Das bewahre ich nicht auf: {reason}",
    "fr": "Je ne garde pas cela : {reason}",
    "pt": "Isso eu não guardo: {reason}",
    "it": "Questo non lo conservo: {reason}",
}
FORGOTTEN = {
    "en": "Forgotten for good: {number} of what I remembered.",
    "es": "Olvidado para siempre: {number} de mis recuerdos.",
    "de": "Endgültig vergessen: {number} meiner Erinnerungen.",
    "fr": "Oublié pour toujours : {number} de mes souvenirs.",
    "pt": "Esquecido para sempre: {number} das minhas lembranças.",
    "it": "Dimenticato per sempre: {number} dei miei ricordi.",
}
NOTHING_TO_FORGET = {
    "en": "I remember nothing like that.",
    "es": "No recuerdo nada parecido.",
    "de": "An so etwas erinnere ich mich nicht.",
    "fr": "Je ne me souviens de rien de tel.",
    "pt": "Não me lembro de nada assim.",
    "it": "Non ricordo nulla del genere.",
}
FORGET_ALL = {
    "en": "This deletes for good everything that I remember of you ({number}). Do you want that?",
    "es": "Esto borra para siempre todo lo que recuerdo de ti ({number}). ¿Lo quieres?",
    "de": "Das löscht endgültig alles, was ich von dir weiß ({number}). Willst du das?",
    "fr": "Cela efface pour toujours tout ce que je sais de toi ({number}). Le veux-tu ?",
    "pt": "Isto apaga para sempre tudo o que lembro de você ({number}). É o que deseja?",
    "it": "Questo cancella per sempre tutto ciò che ricordo di te ({number}). Lo vuoi?",
}
YES_NO = {
    "en": ("yes", "no"),
    "es": ("sí", "no"),
    "de": ("ja", "nein"),
    "fr": ("oui", "non"),
    "pt": ("sim", "não"),
    "it": ("sì", "no"),
}
KEPT_ALL = {
    "en": "Nothing was forgotten.",
    "es": "No se olvidó nada.",
    "de": "Nichts wurde vergessen.",
    "fr": "Rien n'a été oublié.",
    "pt": "Nada foi esquecido.",
    "it": "Non è stato dimenticato nulla.",
}
MEMORY_OFF = {
    "en": "Remembering is switched off.",
    "es": "La memoria está desactivada.",
    "de": "Das Gedächtnis ist ausgeschaltet.",
    "fr": "La mémoire est désactivée.",
    "pt": "A memória está desligada.",
    "it": "La memoria è disattivata.",
}
_SPANS = {
    "en": ("day", "days", "hour", "hours", "minute", "minutes"),
    "es": ("día", "días", "hora", "horas", "minuto", "minutos"),
    "de": ("Tag", "Tage", "Stunde", "Stunden", "Minute", "Minuten"),
    "fr": ("jour", "jours", "heure", "heures", "minute", "minutes"),
    "pt": ("dia", "dias", "hora", "horas", "minuto", "minutos"),
    "it": ("giorno", "giorni", "ora", "ore", "minuto", "minuti"),
}


def span(seconds: float, language: str) -> str:
    """Say a length of time in words, such as `3 hours`; at least a minute."""
    names = _SPANS[language]
    for at, size in ((0, DAY), (2, HOUR), (4, 60.0)):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {names[at + (number != 1)]}"
    return f"1 {names[4]}"
