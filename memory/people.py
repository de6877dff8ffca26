"""Whom a statement or a question is about: the user, a relation of his, or somebody by name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from memory.flat import flat, listed
from memory.records import USER

_SAME = """
mother mum mom mam mama mutter mutti madre mere mae mamma maman
father dad papa daddy vater padre pere pai papi
parents eltern padres genitori pais
sister sis stepsister half-sister schwester hermana soeur sœur sour irma sorella
brother bro stepbrother half-brother bruder hermano frere irmao fratello
son sohn hijo fils filho figlio boy
daughter tochter hija fille filha figlia
child kid kiddo toddler newborn enfant bambino
wife wifey missus frau ehefrau mujer esposa femme moglie mulher
husband hubby hubs mann ehemann marido esposo mari marito
girlfriend freundin novia copine namorada fidanzata ragazza
boyfriend novio copain namorado fidanzato
partner spouse pareja compagne compagnon parceiro parceira compagno
fiance fiancee verlobter verlobte
friend mate buddy bestie freund amigo amiga ami amie amico amica
grandma grandmother gran granny nan nana oma grossmutter abuela mamie avo nonna
grandpa gramps grandfather grandad granddad opa grossvater abuelo papy nonno
uncle onkel tio oncle zio
aunt auntie tante tia zia
cousin cousine cugino cugina
niece nichte sobrina sobrinha
nephew neffe sobrino neveu sobrinho
boss manager supervisor chefin jefe jefa patron capo chefe
colleague coworker co-worker kollege kollegin colega collegue collega companero companera
flatmate roommate housemate mitbewohner mitbewohnerin colocataire coinquilino
neighbour neighbor nachbar nachbarin vecino vecina voisin voisine vizinho vizinha vicino vicina
teacher tutor professor lehrer lehrerin profesor profesora
doctor gp arzt arztin hausarzt medico medica medecin
dentist zahnarzt dentista dentiste
therapist trainer coach landlord landlady nanny babysitter nounou accountant lawyer
sister-in-law schwagerin cunada
brother-in-law schwager cunado
mother-in-law schwiegermutter suegra
father-in-law schwiegervater suegro
in-laws
dog puppy hund perro perra chien chienne cachorro cane beagle labrador """
_SAME += """greyhound whippet terrier poodle retriever husky spaniel collie dachshund corgi pug mutt
cat kitten katze gato gata chatte gatto gatta tomcat
horse pony pferd caballo cheval cavalo cavallo
parrot budgie rabbit hamster tortoise hen hens
baby grandson granddaughter godson goddaughter twin stepson stepdaughter stepdad stepmum
ex ex-wife ex-husband ex-boyfriend ex-girlfriend
"""
RELATIONS: dict[str, str] = {}
for _line in _SAME.strip().splitlines():
    _names = _line.split()
    _apart = _names[0] in ("therapist", "parrot", "baby", "ex")
    for _name in _names:
        RELATIONS.setdefault(_name, _name if _apart else _names[0])
        if not _name.endswith("s"):
            RELATIONS.setdefault(f"{_name}s", _name if _apart else _names[0])
SEVERAL = listed(
    """
    friend sister brother son daughter child cousin niece nephew uncle aunt colleague teacher
    dog cat horse grandson granddaughter parrot rabbit
    """
)
"""Relations that a person has several of: another name is another one, unless it is said
otherwise."""
_REL = "|".join(sorted((re.escape(name) for name in RELATIONS), key=len, reverse=True))
_OWN = (
    r"(?:my|our|mein\w*|unser\w*|mi|mis|nuestr[oa]s?|mon|ma|mes|notre|nos|(?:o |a )?(?:meu|minha)|"
)
_OWN += r"(?:il |la )?(?:mio|mia)|the|own)"
_ADJECTIVES = (
    r"(?:(?:\w+-)?(?:old|older|oldest|elder|eldest|young|younger|youngest|little|big|best|good|"
    r"close|"
    r"new|first|second|third|other|upstairs|downstairs|next-door|late|twin|own|former|current|"
    r"dear|two|three|next|neue\w*|kleine\w*|grosse\w*|beste\w*|mejor|nouvelle|meilleur\w*|pottery|"
    r"family|dance|gym|yoga|piano|math|maths|school) )*"
)
_WITH_OWN = re.compile(rf"\b{_OWN} {_ADJECTIVES}(?P<rel>{_REL})\b(?P<of>'s (?P<rel2>{_REL})\b)?")
_BARE = re.compile(
    rf"^(?:\W|now |and |but |also |since |because [\w ]+ )*{_ADJECTIVES}(?P<rel>{_REL})(?P<of>)\b"
    r"(?! (?:person|fan|food|holidays?|lessons?|stuff)\b)"
)
_NAME = re.compile(
    r",? (?:(?:Mrs?|Ms|Dr|Frau|Herr|Sra?|Mme)\.? )?"
    r"(?P<name>[A-ZÀ-ÖØ-Ý][\w'-]*[^\W\d_](?: (?:[A-ZÀ-ÖØ-Ý][\w'-]+))?)"
)
_APPOSED = re.compile(
    rf"(?P<name>[A-ZÀ-ÖØ-Ý]\w+), (?i:{_OWN}) (?i:{_ADJECTIVES})(?P<rel>(?i:{_REL}))\b"
)
FIRST_PERSON = re.compile(
    r"\b(?:i|i'm|im|i've|ive|i'd|i'll|me|my|mine|we|we're|we've|our|us|ours|ich|wir|mir|mich|uns|"
    r"mein\w*|unser\w*|yo|mi|mis|me|nosotros|nuestr\w+|je|j'\w*|moi|mon|ma|mes|nous|notre|nos|eu|"
    r"meus?|minhas?|nos|nosso|nossa|io|mio|mia|miei|mie|noi|nostr\w+)\b"
)
_NEW = re.compile(rf"^(?!.*\b(?:i|we)\b).*?\bnew (?:[\w-]+ )?(?P<rel>{_REL})\b(?!')")
OWN_VERBS = re.compile(
    r"\b(?:soy|tengo|llevo|vivo|trabajo|odio|mio es|deje|estoy|voy|puedo|quiero|prefiero|estudio|"
    r"como|"
    r"bebo|"
    r"moro|tenho|sou|trabalho|gosto|estou|troquei|comprei|mudei|prefiro|adoro|"
    r"sono|ho|abito|lavoro|studio|preferisco|mangio|bevo|odio|vado|amo|mi sono|mi chiamo|"
    r"suis|ai|habite|travaille|wohne|arbeite|habe|bin|heis+e|mag|esse|trinke|naci|nasci|aprobe|nos "
    r"mudamos|me mude|compre|troquei|ganho|deixei|parei|comecei|smesso)\b"
)
THIRD = re.compile(
    r"^(?:now |and |but |also |because |since )*(?P<it>he|she|her|his|they|their|him|er|sie|seine?|"
    r"ihre?|elle|il|ella|ele|ela|lui|lei)\b"
)
_STARTS = re.compile(
    r"^(?:[^\w]*)(?P<name>[A-ZÀ-ÖØ-Ý][\w'-]*[^\W\d_](?: [A-ZÀ-ÖØ-Ý][\w'-]*[^\W\d_])?)(?=[ ,'’])"
)
_NO_NAMES = listed(
    """
    i in on at the a an my our we it he she they this that these those there here when while
    since because as for to from by with and but so now today yesterday tomorrow still also
    always never no not yes new just only got moved sold broke gave quit started stopped
    joined switched changed finally living working been born lifelong tea coffee dark light
    big small good bad great please use show call give sorry actually correction wrong typo
    oops wait heads turns turned every each monday tuesday wednesday thursday friday saturday
    sunday january february march april may june july august september october november
    december after before until last next three two four shorter hundred most some any all if
    or what how where who which why can could would will is are was were do does did have has
    had long something someone nothing thanks thank hello hi hey ok okay well guess looks
    looking thinking first second english french german spanish desde por el la los las un una
    y pero ahora ya mi me soy tengo vivo dejé deje odio no ich wir der die das ein eine mein
    meine und aber seit jetzt bin habe je j' mon ma mes notre le les il elle depuis maintenant
    petit eu o os as um uma agora meu minha moro tenho troquei io il lo mio mia ho sono da
    oggi adesso lavoro abito perdona scusa desculpa entschuldigung
    """
)


def subject_of(text: str, *, known: Sequence[str] = (), before: str = "") -> str:
    """Name whom a clause or a question is about; empty where it is nobody of the user's life.

    Args:
        text: The clause, in the writer's own capitals.
        known: Subjects that the user has spoken of.
        before: The last one spoken of, which "she" then means.
    """
    plain = flat(text)
    if re.search(r"\breport to\b", plain) and FIRST_PERSON.search(plain):
        return "boss"
    if relation := _relation(text, plain):
        return relation
    if found := _NEW.search(plain):
        return RELATIONS[found["rel"]]
    if name := _known_name(text, known):
        return name
    if THIRD.match(plain) and (before or not FIRST_PERSON.search(plain)):
        return before
    if FIRST_PERSON.search(plain) or OWN_VERBS.search(plain):
        return USER
    return ""


def named(text: str) -> str:
    """Return the name that a clause begins with, in lower case; empty where it does not."""
    found = _STARTS.match(text)
    if not found or flat(found["name"].split()[0]) in _NO_NAMES:
        return ""
    name = re.sub(r"['’]s$", "", found["name"])
    return flat(name)


def alike(one: str, other: str) -> bool:
    """Tell whether two subjects may be the same: `ana`, `sister` and `sister ana` are."""
    first, second = set(one.split()), set(other.split())
    return bool(first and second) and (first <= second or second <= first)


def joined(subject: str, known: Sequence[str]) -> str:
    """Return the fullest known form of a subject, if there is just one: `sister ana` for `ana`."""
    fuller = {one for one in known if one != subject and set(subject.split()) < set(one.split())}
    return fuller.pop() if len(fuller) == 1 else subject


def _relation(text: str, plain: str) -> str:
    """Read "my sister Ana", "cousin Bao" or "Ana, my sister" where the clause is about them."""
    if found := _APPOSED.match(text.lstrip(" ,")):
        return f"{RELATIONS[flat(found['rel'])]} {flat(found['name'])}"
    first = re.search(r"\b(?:i|i'm|i've|we|we've|we're|ich|je|j'|yo|eu|io)\b", plain)
    first = first or OWN_VERBS.match(plain)
    if first and _SUBORDINATE.match(plain):
        return ""
    for pattern in (_BARE, _WITH_OWN):
        found = pattern.search(plain)
        if found and (not first or found.start() < first.start()):
            if re.match(r"\s+(?:and|und|y|et|e) (?:i|me|ich|yo|moi|eu|io)\b", plain[found.end() :]):
                return ""
            return _with_name(text, found)
    return ""


_SUBORDINATE = re.compile(
    r"^(?:since|because|after|when|while|now that|once|depuis|seit|desde|como|puisque|weil|thanks "
    r"to|"
    r"for|with|at|in|on)\b"
)


def _with_name(text: str, found: re.Match[str]) -> str:
    relation = RELATIONS[found["rel"]]
    if found["of"]:
        return f"{relation}'s-{RELATIONS[found['rel2']]}"
    name = _NAME.match(text[found.end() :])
    if name and flat(name["name"].split()[0]) not in _NO_NAMES:
        called = re.sub(r"['’]s$", "", name["name"])
        return f"{relation} {flat(called).split()[0]}"
    return relation


def _known_name(text: str, known: Sequence[str]) -> str:
    """Find a known subject by its name, where the clause is about it."""
    lead = flat(text)
    names = {word: one for one in known for word in one.split() if one != USER}
    for found in re.finditer(r"[\w-]+", lead):
        if found[0] in ("i", "we", "my", "our", "ich", "je", "yo", "eu"):
            return ""
        one = names.get(re.sub(r"'s$", "", found[0]))
        if one and (text[found.start()].isupper() or found[0] in RELATIONS):
            return one
    return ""
