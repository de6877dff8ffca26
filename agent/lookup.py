"""When a question is looked up at once, without asking the model first, and what is searched for.

Small models are poor judges of what they do not know. A question of fact is therefore searched
for before the model thinks, so that its answer can be checked; it costs no model call. Chit-chat,
tasks, sums, and what is about the conversation or the user is left to the model, which may still
search. The rules know English, Spanish, German, French, Portuguese and Italian.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from tools.passages import sentences
from tools.ranking import words as content

PERSONAL_WORDS = 16
"""Words that a question about the user has at most."""
MOST_WORDS = 60
"""Words of a message from which on it brings along what it is about."""

_ASKING = {
    "en": "who whom whose what which when where why how is are was were did does do has have had "
    "can could will would",
    "es": "quién quien quiénes qué cuándo dónde cuál cuáles cómo cuánto cuánta cuántos cuántas",
    "de": "wer wen wem wessen was wann wo wohin woher welche welcher welches welchen warum wieso "
    "wie wieviel wieviele",
    "fr": "qui quand où quel quelle quels quelles comment combien pourquoi quoi",
    "pt": "quem quando onde qual quais quanto quantos quanta quantas como",
    "it": "chi dove quale quali quanto quanti quanta quante perché cosa come",
}
_TELLING = {
    "es": "el la los las una del está fue es por para con en qué cuál quién",
    "de": "der die das ein eine ist war und nicht für mit von im wer wann ich du wir soll kann "
    "wird hat wurde",
    "fr": "le la les une des est était du dans pour avec qui quel quelle sur",
    "pt": "o a os as uma um do da dos das é foi não em para com quem qual",
    "it": "il lo gli una di della del è stato fu per con nel chi quale che",
}
_POLITE = re.compile(
    r"^(?:(?:hi|hello|hey|ok|okay|so|well|please|thanks|hola|hallo|bonjour|olá|ciao)\b[\s,!.]*|"
    r"(?:(?:can|could|would|will) you )?(?:please )?(?:tell|show) me(?! an? \w+$)[\s,:]*|"
    r"(?:do|would) you (?:happen to )?know[\s,:]*|"
    r"i(?:'d| would)? (?:like|want|need) to know[\s,:]*|i wonder[\s,:]*|"
    r"(?:can|could) you (?:please )?(?=search|look|find|google)|"
    r"(?:puedes|podrías) decirme[\s,:]*|dime[\s,:]*|sag mir[\s,:]*|dis-moi[\s,:]*|"
    r"weißt du[\s,:]*|sabes[\s,:]*|dimmi[\s,:]*|diga-me[\s,:]*|me diga[\s,:]*|você sabe[\s,:]*)+",
    re.IGNORECASE,
)
_SEARCH = re.compile(
    r"^(?:search(?: (?:the )?(?:web|internet|online))?(?: for)?|look up|"
    r"google(?! (?:is|was|has|had|are|were|did|does|will|owns?)\b)|"
    r"find (?:out|information|info|news)(?: (?:on|about|for))?|(?:tell me )?about|"
    r"busca(?:r)?(?: en (?:la web|internet))?|"
    r"such(?:e)?(?: im (?:netz|internet))?(?: nach)?|cherche(?:z)?(?: sur (?:le web|internet))?|"
    r"pesquise|procura|cerca)\b[\s:,]*(?=\w)",
    re.IGNORECASE,
)
_NEWS = re.compile(
    r"\b(?:news|headlines?|noticias|notícias|nachrichten|schlagzeilen|actualités|notizie)\b",
    re.IGNORECASE,
)
_NAMED_NEWS = re.compile(
    r"\b(?!(?:Any|Latest|Recent|Breaking|Today|The|Local|World)\b)[A-Z]\w+ News\b"
)
_PERSONAL = {
    "en": re.compile(
        r"\b(?:i|i'm|i've|i'd|i'll|me|my|mine|myself|we|our|ours)\b|"
        r"(?<!where )\b(?:are|were|can|could|would|will|did|have) you\b|\byourself\b|"
        r"\bdo you (?:like|think|know|feel|remember|have|speak|want|prefer|believe|mean|run|live|"
        r"come|sleep|dream|enjoy|hate|love|recommend|suggest|exist)\b|"
        r"\byour (?:name|opinion|favou?rite|model|creator|instructions|tools?|memory|age|day|"
        r"purpose|birthday|limits?|knowledge)\b|"
        r"(?:made|created|trained|built) you\b|\babout you\b",
        re.IGNORECASE,
    ),
    **{
        name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE)
        for name, words in {
            "es": "yo|me|mí|mi|mis|tú|tu|tus|te|usted|nosotros|eres|estás|puedes",
            "de": r"ich|mir|mich|mein\w*|du|dir|dich|dein\w*|wir|uns",
            "fr": "je|moi|mon|ma|mes|tu|toi|ton|ta|tes|vous|votre|nous",
            "pt": "eu|me|meu|minha|você|tu|nosso",
            "it": "io|mi|mio|mia|tu|tuo|tua|sei|stai|puoi",
        }.items()
    },
}
_CONVERSATION = re.compile(
    r"\b(?:above|(?:said|asked|mentioned|told|wrote) earlier|previously|just said|"
    r"this (?:conversation|chat|text|file|page|code|list|document|sentence|word)|"
    r"last (?:answer|question|message)|first question|the file|"
    r"workspace|attached|following|the document)\b|```|`[^`]+`|https?://|"
    r"[{}]|==|=>|\b(?:def|while|for) [\w ]+[(:]|(?-i:\w\((?!e?s\))[a-z_]*\))",
    re.IGNORECASE,
)
_CHAT = re.compile(
    r"^(?:what'?s up|how(?:'s| is) it going|how are things|how do you do|what'?s new|really|why|"
    r"what|how|who|good (?:morning|evening|night)|how come|qué tal|wie geht'?s?|"
    r"(?:comment )?ça va(?: aujourd'hui)?|tudo bem|"
    r"come va|is that so|are you sure)[\s?!.]*$",
    re.IGNORECASE,
)
_SUM = re.compile(
    r"\d\s*[+*/^×÷=]\s*\d|\d\s+[-–]\s+\d|\d\s*%\s*(?:of|de|von|di)\b|\bpercent of\b|"
    r"\bsquare root\b|\d.*\b(?:to the power of|factorial)\b|"
    r"\b(?:plus|minus|times|divided by|multiplied by)\b.*\d|"
    r"\d.*\b(?:plus|minus|times|divided by)\b|"
    r"^how (?:many|much) [\w ]{1,20}\b(?:is|are|in|make|equal)\b.{0,12}\d|"
    r"\d+\s?(?:km|kg|cm|mm|lb|lbs|oz|ml|°[CF]|miles?|pounds?|inch(?:es)?|feet|foot|gallons?|"
    r"celsius|fahrenheit|kilometers?|kilograms?|meters?|grams?|liters?)\b.{0,15}"
    r"\b(?:in|to|into)\b",
    re.IGNORECASE,
)
_OTHER_TOOLS = re.compile(
    r"\b(?:what (?:time|day|date) is (?:it|today)|time is it|today's date|day is it|"
    r"how many (?:days|weeks|months|hours) (?:\w+ ){0,2}(?:until|till|between)|"
    r"weather (?:in|like|today|tomorrow|this|forecast)|forecast (?:for|in)|"
    r"temperature .{0,30}\b(?:now|today|tomorrow|outside)|"
    r"qué hora|qué tiempo|clima en|clima hoy|wie spät|wetter|quelle heure|météo|quel temps|"
    r"que horas|o tempo (?:em|hoje|amanhã)|che ore|che tempo)\b|the weather[\s?!.]*$|"
    r"what(?:'s| is) the (?:time|date|day)(?: (?:right )?now| today)?[\s?!.]*$|"
    r"^(?:is|will) it (?:going to )?(?:rain(?:ing)?|snow(?:ing)?|be)\b",
    re.IGNORECASE,
)
_KEPT_ELSEWHERE = re.compile(
    r"\b(?:files?|folders?|notes?|documents?|calendar|mails?|e-?mails?|inbox|contacts?|lists?|"
    r"search|today|tomorrow|tonight|now)\b",
    re.IGNORECASE,
)
_POINTING = {
    "en": r"he|she|it|they|him|her|his|hers|its|them|their|theirs|that|those|these|this|"
    r"(?<!is )(?<!are )(?<!was )(?<!were )there|(?:the|this|that|which|other) ones?|the same",
    "es": "él|ella|ellos|ellas|su|sus|suyo|eso|esa|ese|esto|allí|ahí",
    "de": r"er|sie|ihn|ihm|ihr|ihre[mnrs]?|sein\w*|dort|dessen|deren",
    "fr": "il|elle|ils|elles|lui|leur|leurs|son|sa|ses|cela|ça",
    "pt": "ele|ela|eles|elas|dele|dela|deles|delas|seu|sua|isso",
    "it": "egli|lui|lei|loro|suo|sua|suoi|sue",
}
_LEANING = {
    name: re.compile(
        r"^[¿\s]*(?:and|but|or|so|then|also|what about|how about|y|und|et|e|ed)\b|"
        rf"\b(?:{words})\b",
        re.IGNORECASE,
    )
    for name, words in _POINTING.items()
}
_AND = re.compile(
    r"^[¿\s]*(?:and|y|und|et|e|what about|how about)\s+"
    r"(?!(?:you|me|tu|tú|ti|usted|du|toi|te|lei|now|then|why|so|what|how)\b)[^\W\d_][^?]*\?$",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"(?:please )?(?:answer|reply|respond|keep it|be (?:brief|short|concise|precise)|"
    r"give (?:only|just|me (?:only|just)|the (?:exact|short)|a (?:short|brief|one))|"
    r"(?:only|just) (?:the|give|answer|name|say)|use (?:only|at most|one|two|bullet)|"
    r"cite |in (?:one|a few|two|three|at most) (?:words?|sentences?|lines?)|no explanation|"
    r"responde|contesta|antworte|réponds|répondez|responda|rispondi|sé breve|kurz bitte)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_QUOTED = re.compile(r"[\"“«][^\"”»]*[\"”»]")


@dataclass(frozen=True, slots=True)
class Lookup:
    """A question that is looked up at once.

    Args:
        question: The question, without what is said around it.
        language: Its language in two letters.
        leaning: Whether it can only be understood with what was said before.
        news: Whether it asks for news.
        how: What the message says of the form of the answer, such as "Answer in one word."
    """

    question: str
    language: str = "en"
    leaning: bool = False
    news: bool = False
    how: str = ""


def looked_up(text: str, *, first: bool) -> Lookup | None:
    """Return what a message asks to be looked up, or None where the model decides.

    Args:
        text: The message.
        first: Whether nothing was said before it.
    """
    said, how = _parted(text)
    asked = _POLITE.sub("", " ".join(said.split())).strip()
    if not asked or len(asked.split()) > MOST_WORDS or "\n\n" in said.strip():
        return None
    wanted = _SEARCH.sub("", asked)
    outside = _QUOTED.sub(" ", wanted)
    language = language_of(asked)
    if _CONVERSATION.search(outside) or _PERSONAL[language].search(outside):
        return None
    news = bool(_NEWS.search(_NAMED_NEWS.sub(" ", outside)))
    follows = not first and bool(_AND.match(wanted))
    plain = wanted != asked or news or follows or _asks(wanted, language)
    if not plain or _CHAT.match(asked) or _SUM.search(outside) or _OTHER_TOOLS.search(outside):
        return None
    leaning = bool(_LEANING[language].search(outside)) and not first
    return Lookup(wanted, language, leaning, news, how)


def personal(text: str) -> bool:
    """Tell whether a message is a question about the user himself, and no more than that.

    What asks for the weather, the time or a sum is none, wherever the user lives.
    """
    said, _ = _parted(text)
    asked = _POLITE.sub("", " ".join(said.split())).strip()
    if not asked or len(asked.split()) > PERSONAL_WORDS or _CONVERSATION.search(asked):
        return False
    if _SUM.search(asked) or _OTHER_TOOLS.search(asked) or _KEPT_ELSEWHERE.search(asked):
        return False
    language = language_of(asked)
    first = _WORD.search(asked)
    known = (*_ASKING["en"].split(), *_ASKING.get(language, "").split())
    asks = asked.endswith("?") or (first is not None and first[0].lower() in known)
    return asks and bool(_PERSONAL[language].search(asked))


def _parted(text: str) -> tuple[str, str]:
    """Part what is asked from what is said of the form of the answer."""
    spans = [text[start:end] for start, end in sentences(text)]
    how = [one for one in spans if _FORM.match(one)]
    if not how or len(how) == len(spans):
        return text, ""
    rest = text
    for one in how:
        rest = rest.replace(one, "", 1)
    return rest.strip(), " ".join(how)


def _asks(text: str, language: str) -> bool:
    """Tell whether a text is a question of fact, by how it begins and ends."""
    words = [word.lower() for word in _WORD.findall(text)]
    about = _LEANING[language].sub(" ", text)
    if len(words) < 3 or not any(word not in _EMPTY for word in content(about)):
        return False
    known = (*_ASKING["en"].split(), *_ASKING.get(language, "").split())
    if words[0].partition("'")[0] in known or text.rstrip().endswith("?"):
        return True
    # A question may begin with a preposition: "In what year …".
    return words[0] in _LEADING and any(word in known[:9] for word in words[1:4])


def language_of(text: str) -> str:
    """Guess a language by its little words, in two letters; English where nothing tells."""
    words = [word.lower() for word in _WORD.findall(text)]
    if not words:
        return "en"
    # "Was" begins a question in German, too.
    if words[0] != "was" and words[0].partition("'")[0] in _ASKING["en"].split():
        return "en"
    for name, asking in _ASKING.items():
        if name != "en" and words[0] in asking.split() and words[0] != "was":
            votes = {name: 2}
            break
    else:
        votes = {}
    for name, telling in _TELLING.items():
        votes[name] = votes.get(name, 0) + sum(word in telling.split() for word in words)
    english = sum(word in _ENGLISH for word in words[words[0] == "was" :])
    best = max(votes, key=lambda name: votes[name])
    return best if votes[best] > english and votes[best] > 0 else "en"


_EMPTY = frozenset(
    (
        "can",
        "could",
        "would",
        "will",
        "have",
        "had",
        "been",
        "were",
        "about",
        "mean",
        "happen",
        "go",
    )
)
_LEADING = frozenset(("in", "on", "at", "of", "from", "by", "for", "to", "with", "under"))
_ENGLISH = frozenset(
    ("the", "of", "and", "is", "in", "to", "for", "on", "was", "by", "with", "from", "at", "that")
)


def dated(text: str, today: date) -> str:
    """Put the date into a query that speaks of it: engines do not know what "today" is."""
    lower = text.lower()
    before = _day(today - timedelta(days=1))
    for words, said in (
        (("yesterday", "ayer", "gestern", "hier soir", "ontem", "ieri"), before),
        (("today", "tonight", "hoy", "heute", "aujourd'hui", "hoje", "oggi"), _day(today)),
        (("this month",), f"{today:%B %Y}"),
        (("last year", "año pasado", "letztes jahr"), str(today.year - 1)),
        (("this year", "este año", "dieses jahr", "cette année", "current", "latest"),
         str(today.year)),
    ):  # fmt: skip
        if any(re.search(rf"\b{re.escape(word)}\b", lower) for word in words):
            return text if str(today.year) in text else f"{text.rstrip(' ?.!')} {said}"
    return text


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
