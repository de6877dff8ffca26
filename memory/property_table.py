"""The properties that are known by name, and how six languages tell and ask them."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a person.

    Args:
        name: Its name.
        tells: Patterns of statements that tell it, with the value as a group.
        asks: The pattern of questions that ask it.
        single: Whether a person has one value of it at a time.
        kind: The kind of record.
        importance: How much it matters, 0 to 1.
    """

    name: str
    tells: tuple[re.Pattern[str], ...]
    asks: re.Pattern[str]
    single: bool = True
    kind: str = "fact"
    importance: float = 0.5


PAST = re.compile(
    r"\b(?:used to|previous(?:ly)?|formerly|former|in the past|at first|originally|"
    r"(?:did|was|were|had) (?:i|my|our|we|he|she|they)\b.*(?:\bbefore\b|\bfirst\b|\bstart\b|\bold\b|"
    r"\bback\b|until|\?)|what was|who was|where was|where did|how did|my old|our old|'s old|"
    r"have i (?:\w+ )?\w+ed|in (?:my|his|her) old|did .* (?:before|use to)|"
    r"before (?:that|this|i|the|we|he|she)\b|"
    r"fruher|vorher|damals|fruhere\w*|ehemalige\w*|antes|anterior\w*|solia|antiguo|antigua|avant|"
    r"auparavant|ancien\w*|prima|precedente|em tempos|costumava|antig[ao])\b"
)


def _property(
    name: str,
    tells: str,
    asks: str,
    *,
    single: bool = True,
    kind: str = "fact",
    importance: float = 0.5,
) -> Property:
    """Compile a row: its statements stand one a line."""
    lines = [line.strip() for line in tells.strip().splitlines() if line.strip()]
    patterns = tuple(re.compile(line) for line in lines)
    return Property(name, patterns, re.compile(asks), single, kind, importance)


# A person's verb may stand behind "just", "now" and the like.
_NOW = r"(?:(?:just|now|currently|recently|still|also|already|jetzt|ahora|agora|adesso) )*"
_AM = r"(?:i'm|i am|im|we're|we are|he's|she's|\w+ is|\w+'s|me and [\w ]+ are)"
_RELATIVE = (
    r"(?:sister|brother|mother|mum|mom|father|dad|son|daughter|wife|husband|partner|girlfriend|"
    r"boyfriend|dog|cat|boss|friend|niece|nephew|baby|boy|girl|puppy|kitten|business|boat|doctor|"
    r"nanny|dentist|cousin|uncle|aunt|grandma|grandpa|neighbou?r|flatmate|colleague|teacher)"
)

PROPERTIES: tuple[Property, ...] = (
    _property(
        "address-as",
        r"""
        \b(?:call|address) me (?:by )?(?P<v>[\w .'-]+?)(?: from now on| instead| please|[,.!]|$)
        \b(?:i go by|everyone calls me|people call me|friends call me|i prefer to be called|i'm known as)\s(?P<v>.+)
        \bnenn(?: mich|t mich)? (?:einfach |bitte )?(?P<v>\w+)|\b(?:llamame|dime|appelle-moi|chiamami|me chame(?: de)?|pode me chamar de) (?P<v2>\w+)
        \bmy nick ?name is (?P<v>.+)
        """,
        r"\bcall me\b|\bmy nick ?name\b|\bwas (?:nennst|sagst) du\b|address me\b",
        kind="instruction",
        importance=0.9,
    ),
    _property(
        "name",
        r"""
        ^(?:\W|now |and |hi |so |got married!* )*(?:my|our) (?:full |first |last |real )?name(?:'s| is) (?:now )?(?P<v>[\w .'-]+)
        ^i(?:'m|'m| am) (?:called|named) (?P<v>.+)|\bich heis+e (?P<v2>.+)|\bme llamo (?P<v3>.+)
        \bje m'appelle (?P<v>.+)|\bmi chiamo (?P<v2>.+)|\b(?:eu )?me chamo (?P<v3>.+)
        """,
        r"\bmy (?:full |first |last |real )?(?:name|surname)\b|\bwie heis+e ich|\bcomo me llamo|"
        r"\bcomment je m'appelle|\bcome mi chiamo|\bcomo me chamo",
        importance=0.8,
    ),
    _property(
        "birthday",
        r"""
        \b(?:birthday|bday|b-day|geburtstag|cumpleanos|anniversaire|aniversario|compleanno)(?:'s| is| ist| es| est| e|:| falls)?(?: on| am| el| le| il| em)? (?P<v>(?:the )?[^,;!?]+)
        \bborn (?:on|in) (?P<v>(?:the )?[^;!?]*\d[^;!?]*)|\b(?:ich bin am|naci el|nasci (?:em|a)|je suis nee? le|sono nat[oa] il|naci en) (?P<v2>[^,;!?]+)
        """,
        r"\b(?:birthday|was i born|year was|when was \w+ born|geburtstag|cumpleanos|anniversaire|"
        r"aniversario|compleanno|born)\b",
        importance=0.8,
    ),
    _property(
        "age",
        rf"""
        \b(?:i'm|i am|im|he's|she's|he is|she is|\w+'s|turned|turns|turning) (?:now |only |just |already )?(?P<v>\d{{1,3}}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?: (?:and|years?|yrs?|months?|now|today|yesterday|this|next|last)\b|[,.!;]|$)
        \b(?:\w+) is (?P<v>\d{{1,3}})\b(?! (?:kg|kilos|cm|m|miles|km|minutes|mg|dollars|euros|percent)|[:.,]\d)
        \b(?:tengo|tiene|ho|ha|tenho|tem|j'ai|a|compie) (?P<v>\d{{1,3}} (?:anos|anni|ans))|\b(?:bin|ist|wird) (?P<v2>\d{{1,3}})(?: jahre)?\b
        """,
        r"\bhow old\b(?! is (?:the|a) )|\bwhat age\b|\b(?:my|'s) age\b|\bwie alt\b|\bcuantos anos\b|\bquel age\b|"
        r"\bquanti anni\b|\bquantos anos\b",
        importance=0.6,
    ),
    _property(
        "email",
        r"(?P<v>[\w.+-]+@[\w-]+\.[\w.]+)",
        r"\be-?mail address|\bmy e-?mail\b",
        importance=0.7,
    ),
    _property(
        "phone",
        r"""
        \b(?:phone|mobile|cell|telephone|number|handy|handynummer|telefono|telefon|telephone|celular)\b[\w ]*?(?: is| ist| es| est| e|:)+ (?P<v>\+?\d[\d /-]{5,})
        """,
        r"\b(?:phone|mobile|cell)(?: phone)? number\b|\bmy (?:phone|mobile|number)\b|\btelefono\b",
        importance=0.7,
    ),
    _property(
        "allergy",
        r"""
        \ballergic to (?P<v>.+)|\b(?P<v2>[\w ]+?) (?:allergy|intolerance)\b
        \b(?P<v>\w+) intolerant\b|\b(?:alergic[oa] a|allergique (?:a|aux)|allergisch (?:gegen|auf)|allergic[oa] (?:a|al|alla|ai|alle)|alergic[oa] (?:a|ao)) (?P<v2>.+)
        \ballergies?\b (?:is|are|to)? ?(?P<v>.+)
        """,
        r"\ballerg\w+|\balergi\w+|\bintoleran\w+",
        single=False,
        importance=0.9,
    ),
    _property(
        "diet",
        r"""
        \b(?P<v>(?:strict |mostly |almost )?(?:vegan|vegetarian|pescatarian|pescetarian|keto|halal|kosher|gluten[- ]free|omnivore|flexitarian))\b
        \b(?P<v>vegetarier(?:in)?|veganer(?:in)?|vegetarian[oa]|vegan[oa]|vegetarien(?:ne)?|vegane)\b
        \b(?:on a|my|her|his|following a) (?P<v>[\w-]+(?: [\w-]+)? diet)\b
        """,
        r"\bdiet\b|\bvegan\b|\bvegetarian\w*\b|\bernahr\w+\b|\bdieta\b",
        importance=0.9,
    ),
    _property(
        "team",
        r"""
        \bmy (?:football |favou?rite |rugby )?(?:team|club) is (?P<v>.+)|\b(?:i|he|she|we) (?:now )?supports? (?P<v2>.+)
        \b(?:lifelong|big|die-?hard|huge) (?P<v>[\w ]+) (?:fan|supporter)
        """,
        r"\b(?:team|club)\b.*\b(?:support|fan|follow)\b|\bdo i support\b|\bmy (?:football )?(?:team|club)\b",
        kind="preference",
    ),
    _property(
        "eats",
        r"""
        \b(?:gave up|quit|off|given up|stopped drinking|stopped eating) (?P<v>coffee|alcohol|meat|sugar|dairy|wine|beer|fish|bread|gluten|caffeine|sweets)\b
        \b(?:don't|do not|doesn't|never|can't|cannot|no longer|stopped|quit|won't|only|still) (?:ever )?(?:eat|eats|eating|drink|drinks|drinking|touch) (?P<v>.+)
        \bi (?:only |also |still )?(?:eat|drink) (?P<v>.+)|\b\w+ (?:eats|drinks) (?P<v2>.+)|\besse (?P<v3>(?!kein).+)
        \b(?:no|nie|kein\w*) (?:como|bebo|esse|trinke|mangio|bevo|bebo)\b(?P<v>.+)|\b(?:esse|trinke) (?:kein\w*|nie) (?P<v2>.+)|\bje ne (?:mange|bois) (?P<v3>.+)
        """,
        r"\b(?:eat|drink|esse ich|trinke ich|como|bebo|mange|bois|mangio|bevo)\b|"
        r"\bfood do i have to avoid|\bavoid\b",
        single=False,
        kind="preference",
        importance=0.7,
    ),
    _property(
        "address",
        r"""
        \b(?:address|adresse|direccion|endereco|indirizzo)\b (?:is|ist|es|est|e)(?: now)? (?P<v>[^.;!?]*\d[^.;!?]*)
        \b(?:live|living|moved|i'm|am|stay|moro|vivo|wohne|habite)\b (?:in|at|to|no|en|em|au|a) (?P<v>(?:number|no\.?|apartment|apartamento|flat|nummer|unit) ?\d[^,;.!?]*|\d+ [a-z]+ (?:street|road|lane|avenue|ave|st|rd|drive|close|way|court)[^,;.!?]*)
        \b(?:my|the|our) (?:house|flat|apartment|door|room) number is (?P<v>.+)
        \b(?:apartamento|appartement|departamento|piso|wohnung)\b.*\b(?:o|le|el|nummer) (?P<v>\d+)
        """,
        r"\b(?:house|flat|apartment|door|street|room) (?:number|do i live)\b|\baddress\b|\badresse\b|"
        r"\bnumero d[oe]\b.*\bapartamento\b|\bdireccion\b|\bhausnummer\b",
        importance=0.7,
    ),
    _property(
        "origin",
        r"""
        \b(?:grew up|was raised|born and raised|was born) (?:in|on|near) (?P<v>[^\d]+)
        \b(?:i come|i'm originally|i'm|she's|he's|originally) from (?P<v>.+)|\b(?:ich komme aus|bin aus|soy de|vengo de|je viens de|sou de|vengo da|sono di) (?P<v2>.+)
        """,
        r"\b(?:grow up|grew up|am i from|come from|originally|hometown|herkomm\w*|komme ich)\b|"
        r"\bde donde soy\b",
        importance=0.5,
    ),
    _property(
        "employer",
        rf"""
        \b(?:work|works|working|worked|job|shifts?|nursing|teaching|employed|interning|freelancing) (?:full[- ]time |part[- ]time )?(?:at|for|with) (?P<v>.+)
        \b(?:the )?(?:company|firm|place|school|hospital|shop) (?:that )?(?:i|we|he|she) works? (?:at|for|in) (?:is|'s) (?P<v>.+)
        \b(?:joined|joining) (?P<v>(?:a |the |an )?[\w&' .-]+?(?:company|bank|firm|startup|team|agency|school|studio|inc|ltd|gmbh)\b.*)
        \b(?:hired (?:by|at)|on staff at|start(?:ing)? at|a job (?:at|with)|signed with|employer is|employed by|my company is) (?P<v>.+)
        \bstarted (?:work |working |today |a job |a new job )?at (?P<v>.+)
        \b(?:arbeite|arbeitet) (?:\w+ )?(?:bei|fur) (?P<v>.+)|\btrabaj[oa] (?:en|para) (?P<v2>.+)|\btravaille (?:chez|pour) (?P<v3>.+)
        \blavora?o? (?:in|per|da|presso|alla) (?P<v>(?!proprio).+)|\btrabalh[oa] (?:na|no|em|para) (?P<v2>.+)
        """,
        r"\bwhere (?:do|does|did) (?:i|\w+(?: \w+)?)(?: \w+)? work\b|\b(?:company|employer|hospital|firm|"
        r"caf\w|shop|office|who)\b.*\bwork|\bwo arbeite\w*\b|\bdonde trabajo\b|\bou travaill\w+\b|"
        r"\bdove lavoro\b|\bonde trabalh\w+\b|\bmy employer\b",
        kind="fact",
        importance=0.7,
    ),
    _property(
        "job",
        rf"""
        \b(?:work|works|working|worked|job|started(?: today)?|hired|position|qualified|retrained) as (?:an? |the )?(?P<v>.+)
        \b(?:became|promoted to|made me|made him|made her|named|appointed) (?:the |an? )?(?P<v>(?:[\w-]+ ){{0,3}}(?:manager|lead|leader|head|director|chef|officer|supervisor|partner|teacher|nurse|doctor|engineer|editor|\w+(?:er|or|ist))\b.*)
        \b(?P<v>unemployed|retired|jobless|between jobs|self-employed|freelance|freelancing|on parental leave|laid off)\b
        {_AM} {_NOW}(?:an? |the |officially |training as an? |in )?(?P<v>(?:[\w-]+ ){{0,3}}?(?:teacher|nurse|doctor|engineer|developer|programmer|designer|chef|cook|baker|barista|driver|lawyer|paralegal|accountant|broker|examiner|planner|manager|lead|director|student|editor|writer|journalist|photographer|plumber|electrician|carpenter|builder|architect|scientist|biologist|chemist|physicist|researcher|analyst|consultant|midwife|florist|pharmacist|dentist|vet|farmer|gardener|librarian|clerk|cashier|waiter|waitress|guard|pilot|sailor|mechanic|welder|painter|artist|musician|actor|actress|translator|therapist|psychologist|policeman|firefighter|paramedic|soldier|tailor|hairdresser|barber|butcher|secretary|receptionist|salesman|realtor|trader|banker|economist|historian|professor|tutor|trainer|coach|technician|surgeon|optician|logistics|procurement|marketing|finance|sales|hr|it support|insurance|apprentice|intern|freelancer|entrepreneur|founder|ceo|cto|boss at|surveyor|geologist|beekeeper|blacksmith|brewer|bartender|courier|postman|caretaker|janitor|cleaner|nanny|au pair)\b.*)
        \b(?:i|he|she|we) (?:still )?(?P<v>(?:teach|teaches|write code|write firmware|write software|edit|edits|sell|sells|drive|drives|repair|repairs|design|designs) .+)
        \b(?:ich bin|ist) (?:jetzt )?(?P<v>[a-z]+(?:er|erin|in|amme|arzt|ist|wirt|frau|mann))\b|\barbeitet? (?:jetzt )?als (?P<v2>.+)|\bausbildung (?:zum|zur) (?P<v3>.+)
        \bje suis (?:maintenant )?(?P<v>(?!a |de |en |nee?\b|allerg|veg)[a-z]+(?:ere|er|eur|euse|rice|iste|ien|ienne|ant|ante|ecin|avocate?)\b.*)|\btrabaj[oa] (?:como|de) (?P<v2>.+)|\btravaille comme (?P<v3>.+)
        \blavor[oa] (?:in proprio )?come (?P<v>.+)|\bsoy (?P<v2>[a-z]+(?:er[oa]|or|ora|ista|ic[oa]|ent[ea]|ad[oa]))\b|\btrabalh[oa] como (?P<v3>.+)
        \b(?:my|his|her) (?:new )?(?:job|profession|occupation|position|role|title)(?: now)? is (?P<v>.+)
        \bfor a living\b
        ^as an? (?P<v>[\w -]+?)(?: (?:at|in|for) [\w' ]+?)? (?:i|we)\b|\b(?:first (?:day|week|month|shift)|post|role|career) as (?:an? |the )?(?P<v2>.+)
        \b(?:gave me|got|landed|offered me|have) (?:the |a |my )?(?P<v>[\w -]+? (?:post|job|role|position))\b
        """,
        r"\b(?:my|'s) (?:current |previous |old |new )?(?:job|profession|occupation|role|position|"
        r"work|field)\b|\b(?:do|does|did) (?:i|\w+(?: \w+)?) do\b|\bfor a living\b|\bmy trade\b|\bhave a job\b|"
        r"\bkind of work\b|\bfield do\b|\b(?:am i|still) working\b|\bam i (?:an )?employ|\b(?:do|did) i (?:still )?work\b|\bje travaille\b|\bberuf|"
        r"\barbeite ich als\b|\bposition did\b|"
        r"\btrabajo\b|\bmetier\b|\blavoro\b|\bprofiss|\bausbildung\b|\bwork as\b|\bbeschaftig",
        importance=0.8,
    ),
    _property(
        "studies",
        r"""
        \b(?:studying|study|studies|majoring in|major in|degree in|phd in|master's in) (?P<v>.+)
        \b(?:year of an?|doing an?) (?P<v>[\w ]+ (?:degree|phd|master\w*))
        \bstudier[et] (?P<v>.+)|\bestudio (?P<v2>.+)|\betudie (?P<v3>.+)
        """,
        r"\b(?:study|studying|degree|major)\b|\bstudier\w+\b|\bestudi\w+\b|\betudi\w+\b",
        importance=0.6,
    ),
    _property(
        "school",
        r"""
        \b(?:goes to|go to|attends|attend|started at|is at|he's at|she's at|enrolled at) (?P<v>(?:\w+ )*(?:school|primary|college|academy|kindergarten|nursery|university|uni|park|saint \w+|scoil [\w ]+)\b.*)
        \b(?:studied|graduated|did my \w+(?:'s)?) (?:\w+ )?(?:in|at|from) (?P<v>.+)
        """,
        r"\b(?:school|university|college|kindergarten|schule|escuela|ecole|scuola|escola)\b",
        importance=0.5,
    ),
    _property(
        "partner",
        r"""
        \b(?:my|new) (?:\w+ )?(?:girlfriend|boyfriend|wife|husband|fiancee?|partner)(?:'s name is| is(?: called| named)?|,) (?P<v>\w+)$
        \b(?:got )?(?:engaged|married) (?:to )(?P<v>.+)|\b(?:dating|seeing|going out with) (?P<v2>[a-z]+)
        \b(?:broke up|split up|separated|divorced|got divorced)\b(?: (?:with|from) (?P<v>\w+))?
        \bgot married\b|\b(?:i'm|i am|we're) (?P<v>single|divorced|widowed|engaged|married)\b
        """,
        r"\b(?:who am i (?:dating|married to|seeing)|break up with|broke up|am i (?:single|married)|"
        r"relationship)\b",
        kind="relation",
        importance=0.7,
    ),
    _property(
        "height",
        r"\b(?:i'm|i am|he's|she's) (?P<v>(?:\d[.,]\d\d ?m?|\d{3} ?cm|\d'\d+|\d foot \w+|\d ft \w+))",
        r"\bhow tall\b|\bmy height\b",
    ),
    _property(
        "weight",
        r"\bi(?: now)? weigh (?P<v>.+)|\b(?:he|she|\w+) weighs (?P<v2>.+)|\b(?:peso|wiege|pese) (?P<v3>\d.+)",
        r"\bweigh\b|\bmy weight\b|\bwiege\b|\bcuanto peso\b|\bquanto peso\b|\bpese\b",
    ),
    _property(
        "size",
        r"\b(?:wear|wears|take|takes|am|'s|i'm|need|needs|is) (?:a |an |size )+(?P<v>\d+(?:[.,]\d)?|x*s|x*l|m)\b|\b(?:shoe|dress|ring|shirt|clothes) size(?: is|'s) (?P<v2>.+)",
        r"\bsize\b|\btalla\b|\bgrosse\b|\bpointure\b",
    ),
    _property(
        "home",
        rf"""
        \b(?:live|lives|living|lived|reside|resides)\b (?:\w+ly |back |now |out |right |alone |here )?(?:in|at|on|near|outside|by|with) (?P<v>.+)
        \b(?:moved|moving|move|relocated|emigrated|transferred)\b(?: \w+){{0,4}}? (?:to|into|in with|out to|over to|back to) (?P<v>.+)
        \b(?:based|settled|staying|located) (?:\w+ )?(?:in|at|near) (?P<v>.+)
        \b(?P<v>[\w' -]+?) is (?:(?:now|my|our) )*(?:home|where (?:i|we) (?:now )?(?:live|live now))\b
        \b(?:my|our|new|own) (?:new |own |old )?(?:place|home|flat|house|apartment|address|studio|condo)(?: is|'s|,)?(?: now| at last)?(?:,)? ?(?:in|at|near|a flat in|a house in)? (?P<v>.+)
        \b(?:rent|renting|got|have|share) (?:a |an |my |our |the )?(?:\w+ )?(?:studio|flat|house|apartment|place|room|condo|cottage|farmhouse|houseboat)\b.*?(?:in|near|at) (?P<v>.+)
        \b{_AM} {_NOW}(?:a |an |the )?(?:in|at|over in|back in) (?P<v>(?:a )?[\w' -]+?) (?:now|these days|since \w+)\b
        \b(?:i|we) (?:[\w ]+ and )?(?:are|am|'re|'m) (?:now )?in (?P<v>[\w' -]+?) (?:as of|since|these days|now)\b
        \bsince [\w ]+ (?:i'm|i am|we're|we are) in (?P<v>.+)
        \b(?:new|own) (?:flat|house|apartment|place|home)\b.*?\b(?:over in|but in|out in|now in) (?P<v>.+)
        \bi'm an? (?P<v>[a-z]+) (?:guy|girl|resident|local)\b
        \b(?:wohne|wohnt|wohnen|bleibt) (?:\w+ )?(?:in|bei|am) (?P<v>.+)|\bumgezogen nach (?P<v2>.+)|\bgezogen\b(?P<v3>)
        \b(?:vivo|vive|vivimos|resido) (?:\w+ )?en (?P<v>.+)|\b(?:me mude|me he mudado|nos mudamos|nos hemos mudado) a (?P<v2>.+)
        \b(?:habite|habitons|vis|vit) (?:\w+ )?(?:a|au|en|dans) (?P<v>.+)|\bdemenager? (?:a|au|en) (?P<v2>.+)|\bmoi je suis a (?P<v3>.+)
        \b(?:moro|mora|moramos|vivo) (?:\w+ )?(?:em|no|na) (?P<v>.+)|\bme mudei para (?P<v2>.+)|\b(?:abito|abita|vivo|vive) (?:\w+ )?(?:a|in) (?P<v3>.+)
        \bmi sono trasferit[oa] a (?P<v>.+)|\bdemenage (?:a|au|en) (?P<v2>.+)|\bil est a (?P<v3>[a-z]+ now)
        """,
        r"\b(?:live|lives|living|lived|based|home|do i rent|reside|neighbou?rhood|my (?:old )?place|house did i stay|"
        r"move|moved|\w*wohn\w*|vivo|vives?|vivia|viv[io]|habit\w+|moro|mora|morava|abit\w+|"
        r"dans quelle ville|in welcher stadt|que ciudad|staying|city am i|town am i)\b",
        importance=0.9,
    ),
    _property(
        "language",
        r"""
        \b(?:speak|speaks|spoke|fluent in|learning|learn|classes in|studying|native language is|mother tongue is) (?:some |a little |any |only |school )?(?P<v>(?:english|german|french|spanish|portuguese|italian|dutch|japanese|korean|chinese|mandarin|cantonese|russian|polish|arabic|turkish|hindi|urdu|swedish|norwegian|danish|finnish|greek|hebrew|welsh|irish|gaelic|czech|hungarian|romanian|ukrainian|vietnamese|thai|swahili|catalan|basque|latin|tamil|bengali|persian|farsi)\b.*)
        \bich (?:spreche|lerne) (?P<v>.+)|\bhablo (?P<v2>.+)|\bje parle (?P<v3>.+)|\bparlo (?P<v4>.+)
        """,
        r"\b(?:language|languages|speak|sprache|hablo|parle|parlo|falo)\b",
        single=False,
        importance=0.6,
    ),
    _property(
        "name",
        rf"""
        ^(?:\W|now |and |my |hi |so )*(?:my|our)? ?(?:full |first |last |real )?name(?:'s| is) (?:now )?(?P<v>[\w .'-]+)
        ^i(?:'m|'m| am) (?:called|named) (?P<v>.+)|\bich heis+e (?P<v2>.+)|\bme llamo (?P<v3>.+)
        \bje m'appelle (?P<v>.+)|\bmi chiamo (?P<v2>.+)|\b(?:eu )?me chamo (?P<v3>.+)
        \b(?:is|are|was|'s) (?:now )?(?:called|named) (?P<v>.+)|\b(?:heis+t|heis+en|se llaman?|s'appel\w+|si chiama\w*|se chama\w*) (?P<v2>.+)
        \b(?:his|her|its|their|\w+'s|the \w+|\w+) (?:official |full |real |new )?names?(?:'s| is| are) (?:now )?(?P<v>.+)
        \b(?:a|an|our|my|the) [\w -]{{2,30}}? (?:called|named) (?P<v>.+)
        \b(?:report to|new (?:\w+ )?{_RELATIVE}(?: \w+){{0,6}}?(?::|,| is|'s)(?: a \w+)?(?: called| named)?) (?P<v>.+)
        ^(?:\W|my |our |the |new |[\w-]+ )*{_RELATIVE}(?:'s| is)(?: now)? (?P<v>(?:mrs?|ms|dr)\.? .+)
        \b(?:calls?|named|renamed|christened) (?:him|her|it|them|my \w+|our \w+|the \w+) (?P<v>.+)
        \bis now (?:called|named) (?P<v>.+)
        \b(?:settled on|went with|chose|picked|decided on) (?P<v>[\w' -]+?) (?:for|as) (?:a |his |her |the |its )?name
        """,
        r"\b(?:names?\b(?! of (?:the|a) )|called\b|surname|wie heiss\w+|como se llama\w*|"
        r"comment s'appel\w+|come si chiama\w*|como se chama\w*|what did (?:we|i) call)",
        importance=0.8,
    ),
    _property(
        "car",
        r"\b(?:i drive|we drive|drives) (?:an? |the )?(?P<v>.+)|\b(?:my|our) (?:new )?car is (?P<v2>.+)|\b(?:bought|got|have|swapped|sold|own|no|first) (?:[\w-]+ ){0,6}?car\b(?P<v3>.*)",
        r"\b(?:car|drive|auto|coche|voiture|carro|macchina)\b",
    ),
    _property(
        "children",
        r"\b(?:have|has|had|got|no|don't have)\b (?:any |no |two |three |four |one |a )*(?P<v>kids?|children|twins|son|daughter)\b|\b(?:habe|tengo|ai|tenho|ho) (?P<v2>.*(?:kinder|hijos|enfants|filhos|figli))\b",
        r"\b(?:kids|children|kinder|hijos|enfants|filhos|figli)\b",
        kind="relation",
        importance=0.7,
        single=False,
    ),
    _property(
        "pet",
        r"\b(?:have|has|got|keep|keeps|adopted|bought|own|rescued)\b (?:[\w'-]+ ){0,4}?(?P<v>(?:dogs?|cats?|pupp\w+|kittens?|rabbits?|hamster|parrots?|horses?|greyhound|labrador|beagle|whippet|tortoise|budgies?|goldfish|guinea pigs?|hens|chickens)\b.*)|\b(?:haben|habe|hat) (?:noch |jetzt |wir )*(?:einen|eine|zwei|drei) (?P<v2>(?:hund|katze|katzen|hunde).*)",
        r"\bpets?\b|\bhow many (?:dogs|cats)\b|\bhaustier\w*|\bmascota\w*|\banimaux\b",
        kind="relation",
        single=False,
    ),
    _property(
        "likes",
        r"""
        \b(?:love|loves|like|likes|hate|hates|dislike|dislikes|enjoy|enjoys|adore|adores|prefer|prefers|can't stand|cannot stand|detest|detests|not a fan of|fan of|really into|good at|crazy about|obsessed with|sick of|don't mind|favour) (?P<v>.+)
        \b(?P<v>[\w' -]+?) (?:fan|person|lover|nut) (?:here)?\b|\b(?P<v2>[\w ]+) bores? me\b|\b(?P<v3>[\w ]+?) (?:has |have )?(?:grew|grown) on me\b
        \bich (?:mag|liebe|hasse|bevorzuge) (?P<v>.+)|\b(?:me (?:gusta|encanta)n?|odio|prefiero|adoro|detesto) (?P<v2>.+)
        \bj'(?:aime|adore) (?P<v>.+)|\bje (?:deteste|prefere|hais) (?P<v2>.+)|\b(?:gosto de|prefiro|adoro) (?P<v3>.+)|\bmi piac(?:e|ciono) (?P<v4>.+)
        """,
        r"\b(?:like|love|hate|dislike|prefer|enjoy|stand|fan|person|feel about|mag ich|gusta|"
        r"aime|gosto|piace)\b",
        single=False,
        kind="preference",
    ),
)
