"""The words with which people ask for something: what is done, what is not, and when."""

from __future__ import annotations

import re

_ENDING = re.compile(r"(?<=\w{3})(?:'s|ies|es|s|ied|ed|d|ing|er|ly|y|e)$")
_NAMED = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def words_of(name: str) -> list[str]:
    """Return the words of a name such as `send_money` or `sendMoney`."""
    return [word.lower() for word in _NAMED.findall(name.replace("_", " "))]


def stem(word: str) -> str:
    """Return a word without its ending."""
    word = _ENDING.sub("", word)
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


_DENIES = "not don't dont never without no nicht nie ohne kein nunca sin ne pas sans"
_REFERRING = (
    "it them that this these those both all everything every same again also too him her there one "
    "each es sie das alle alles dies eso esto todo todos lo le la les ça tout tous"
)
_FILLING = (
    "a about after all also am an and any are as at be because been before but by can could dear "
    "did do does for from had has have he hello her here hey hi him his how i i'd i'll i'm i've "
    "if in into is it it's its just kind let like me more my no not of off on or our out over "
    "please regards she so some soon than thank thanks that that's the their them then there "
    "these they this those to too until up very was we we'll we're were what when where which "
    "who will with would yes you you're your yours best re fwd"
)
_READING = (
    "read show summarize summarise summary check look find search list get give fetch open view "
    "compare explain describe review analyze analyse translate count lies zeig lee muestra lis "
    "montre what which who when where why how is are was does did"
)
_UP_TO_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
# On each line, words that ask for the same deed.
_SAME = """
send tell message mail email write text notify inform ask forward share post reply respond answer
 say greet dm sms submit draft drop schick schicke sende schreib schreibe sag sage envía envia manda
 escribe dile envoie écris dis
pay transfer send wire reimburse refund return tip donate give spend charge settle withdraw invest
 zahle bezahle überweise paga transfiere paie vire
create add make set schedule book plan put arrange note save store remember insert append register
 open log record write install start mkdir touch upload erstelle lege speichere notiere crea añade
 guarda apunta crée ajoute enregistre
delete remove cancel drop erase clear trash wipe unsubscribe discard kick rm uninstall close archive
 lösche entferne borra elimina quita cancela supprime efface annule
update change edit modify rename move set reschedule adjust correct fix replace switch turn shift
 postpone patch mv write reset toggle ändere verschiebe cambia mueve modifie déplace
buy order purchase book reserve subscribe rent bid kaufe bestelle compra pide achète commande
invite add ask call lade invita
run execute exec eval evaluate start launch compute calculate plot shell
post publish upload tweet share announce put
enable turn activate start unlock open set switch
disable turn deactivate stop lock close set switch kill block ban
approve accept confirm merge commit apply
copy duplicate clone
sell
assign give set
restore undo recover
"""

DENIES = frozenset(_DENIES.split())
"""Words that turn the deed behind them into its opposite."""
REFERS = frozenset(_REFERRING.split())
"""Words that stand for something that was named elsewhere."""
SMALL = frozenset(_FILLING.split())
"""Words that anybody's text is full of."""
READS = frozenset(map(stem, _READING.split()))
"""Stems of the words that ask for nothing but information."""
DEEDS = tuple(
    frozenset(map(stem, line.split())) for line in _SAME.replace("\n ", " ").strip().splitlines()
)
"""Sets of stems that ask for the same deed."""
DOES = frozenset(word for deed in DEEDS for word in deed)
"""Stems of all words that ask for a deed."""
MONTHS = tuple(_MONTHS.split())
"""How the months' names begin."""
COUNTS: dict[str, float] = {
    **{word: float(number) for number, word in enumerate(_UP_TO_TWENTY.split())},
    **{"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100},
    **{"thousand": 1000, "million": 1e6, "dozen": 12, "half": 0.5, "once": 1, "twice": 2},
}
"""Numbers in words."""
