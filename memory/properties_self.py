"""How six languages tell and ask who somebody is, and what he eats and where he comes from."""

from __future__ import annotations

from memory.property import RELATIVE, Property, row

SELF: tuple[Property, ...] = (
    row(
        "address-as",
        r"""
        \b(?:call|address) me (?:by )?(?P<v>[\w .'-]+?)(?: from now on| instead| please|[,.!]|$)
        \b(?:i go by|everyone calls me|people call me|friends call me|i prefer to be called
        |i'm known as)\s(?P<v>.+)
        \bnenn(?: mich|t mich)? (?:einfach |bitte )?(?P<v>\w+)|\b(?:llamame|dime|appelle-moi
        |chiamami|me chame(?: de)?|pode me chamar de) (?P<v2>\w+)
        \bmy nick ?name is (?P<v>.+)
        """,
        r"\bcall me\b|\bmy nick ?name\b|\bwas (?:nennst|sagst) du\b|address me\b",
        kind="instruction",
        importance=0.9,
    ),
    row(
        "name",
        r"""
        ^(?:\W|now |and |hi |so |got married!* )*(?:my|our) (?:full |first |last |real )?name(?:'s
        | is) (?:now )?(?P<v>[\w .'-]+)
        ^i(?:'m|'m| am) (?:called|named) (?P<v>.+)|\bich heis+e (?P<v2>.+)|\bme llamo (?P<v3>.+)
        \bje m'appelle (?P<v>.+)|\bmi chiamo (?P<v2>.+)|\b(?:eu )?me chamo (?P<v3>.+)
        """,
        r"\bmy (?:full |first |last |real )?(?:name|surname)\b|\bwie heis+e ich|\bcomo me llamo|"
        r"\bcomment je m'appelle|\bcome mi chiamo|\bcomo me chamo",
        importance=0.8,
    ),
    row(
        "birthday",
        r"""
        \b(?:birthday|bday|b-day|geburtstag|cumpleanos|anniversaire|aniversario|compleanno)(?:'s| is
        | ist| es| est| e|:| falls)?(?: on| am| el| le| il| em)? (?P<v>(?:the )?[^,;!?]+)
        \bborn (?:on|in) (?P<v>(?:the )?[^;!?]*\d[^;!?]*)|\b(?:ich bin am|naci el|nasci (?:em|a)
        |je suis nee? le|sono nat[oa] il|naci en) (?P<v2>[^,;!?]+)
        """,
        r"\b(?:birthday|was i born|year was|when was \w+ born|geburtstag|cumpleanos|anniversaire|"
        r"aniversario|compleanno|born)\b",
        importance=0.8,
    ),
    row(
        "age",
        rf"""
        \b(?:i'm|i am|im|he's|she's|he is|she is|\w+'s|turned|turns
        |turning) (?:(?:now|only|just|already) )?(?P<v>\d{{1,3}}|one|two|three|four|five|six|seven
        |eight|nine|ten
        |eleven|twelve)(?: (?:and|years?|yrs?|months?|now|today|yesterday|this|next|last)\b
        |[,.!;](?!\d)|$)
        (?:\b{RELATIVE}(?: [\w-]+)?|^(?!it|this|that|there)[a-z]+) is (?:(?:now|only
        |just) )?(?P<v>\d{{1,3}})\b(?! ?(?:kg|kilos|cm|m
        |miles|km|minutes|mg|dollars|euros|percent|%)|[:.,]\d)
        \b(?:tengo|tiene|ho|ha|tenho|tem|j'ai|a|compie) (?P<v>\d{{1,3}} (?:anos|anni|ans))
        |\b(?:bin|ist|wird) (?P<v2>\d{{1,3}})(?: jahre)?\b
        """,
        r"\bhow old\b(?! is (?:the|a) )|\bwhat age\b|\b(?:my|'s) age\b|\bwie alt\b|\bcuantos "
        r"anos\b|\bquel age\b|"
        r"\bquanti anni\b|\bquantos anos\b",
        importance=0.6,
    ),
    row(
        "email",
        r"(?P<v>[\w.+-]+@[\w-]+\.[\w.]+)",
        r"\be-?mail address|\bmy e-?mail\b",
        importance=0.7,
    ),
    row(
        "phone",
        r"""
        \b(?:phone|mobile|cell|telephone|number|handy|handynummer|telefono|telefon|telephone
        |celular)\b[\w ]*?(?: is| ist| es| est| e|:)+ (?P<v>\+?\d[\d /-]{5,})
        """,
        r"\b(?:phone|mobile|cell)(?: phone)? number\b|\bmy (?:phone|mobile|number)\b|\btelefono\b",
        importance=0.7,
    ),
    row(
        "allergy",
        r"""
        \ballergic to (?P<v>.+)|\b(?P<v2>[\w ]+?) (?:allergy|intolerance)\b
        \b(?P<v>\w+) intolerant\b|\b(?:alergic[oa] a|allergique (?:a|aux)|allergisch (?:gegen|auf)
        |allergic[oa] (?:a|al|alla|ai|alle)|alergic[oa] (?:a|ao)) (?P<v2>.+)
        \ballergies?\b (?:is|are|to)? ?(?P<v>.+)
        """,
        r"\ballerg\w+|\balergi\w+|\bintoleran\w+",
        single=False,
        importance=0.9,
    ),
    row(
        "diet",
        r"""
        \b(?P<v>(?:strict |mostly |almost )?(?:vegan|vegetarian|pescatarian|pescetarian|keto|halal
        |kosher|gluten[- ]free|omnivore|flexitarian))\b
        \b(?P<v>vegetarier(?:in)?|veganer(?:in)?|vegetarian[oa]|vegan[oa]|vegetarien(?:ne)?
        |vegane)\b
        \b(?:on a|my|her|his|following a) (?P<v>[\w-]+(?: [\w-]+)? diet)\b
        """,
        r"\bdiet\b|\bvegan\b|\bvegetarian\w*\b|\bernahr\w+\b|\bdieta\b",
        importance=0.9,
    ),
    row(
        "team",
        r"""
        \bmy (?:football |favou?rite |rugby )?(?:team|club) is (?P<v>.+)|\b(?:i|he|she
        |we) (?:now )?supports? (?P<v2>.+)
        \b(?:lifelong|big|die-?hard|huge) (?P<v>[\w ]+) (?:fan|supporter)
        """,
        r"\b(?:team|club)\b.*\b(?:support|fan|follow)\b|\bdo i support\b|\bmy (?:football "
        r")?(?:team|club)\b",
        kind="preference",
    ),
    row(
        "eats",
        r"""
        \b(?:gave up|quit|off|given up|stopped drinking|stopped eating) (?P<v>coffee|alcohol|meat
        |sugar|dairy|wine|beer|fish|bread|gluten|caffeine|sweets)\b
        \b(?:don't|do not|doesn't|never|can't|cannot|no longer|stopped|quit|won't|only
        |still) (?:ever )?(?:eat|eats|eating|drink|drinks|drinking|touch) (?P<v>.+)
        \bi (?:only |also |still )?(?:eat|drink) (?P<v>.+)|\b\w+ (?:eats|drinks) (?P<v2>.+)
        |\besse (?P<v3>(?!kein).+)
        \b(?:no|nie|kein\w*) (?:como|bebo|esse|trinke|mangio|bevo|bebo)\b(?P<v>.+)|\b(?:esse
        |trinke) (?:kein\w*|nie) (?P<v2>.+)|\bje ne (?:mange|bois) (?P<v3>.+)
        """,
        r"\b(?:eat|drink|esse ich|trinke ich|como|bebo|mange|bois|mangio|bevo)\b|"
        r"\bfood do i have to avoid|\bavoid\b",
        single=False,
        kind="preference",
        importance=0.7,
    ),
    row(
        "address",
        r"""
        \b(?:address|adresse|direccion|endereco|indirizzo)\b (?:is|ist|es|est
        |e)(?: now)? (?P<v>[^.;!?]*\d[^.;!?]*)
        \b(?:live|living|moved|i'm|am|stay|moro|vivo|wohne|habite)\b (?:in|at|to|no|en|em|au
        |a) (?P<v>(?:number|no\.?|apartment|apartamento|flat|nummer|unit) ?\d[^,;.!?]*
        |\d+ [a-z]+ (?:street|road|lane|avenue|ave|st|rd|drive|close|way|court)[^,;.!?]*)
        \b(?:my|the|our) (?:house|flat|apartment|door|room) number is (?P<v>.+)
        \b(?:apartamento|appartement|departamento|piso|wohnung)\b.*\b(?:o|le|el|nummer) (?P<v>\d+)
        """,
        r"\b(?:house|flat|apartment|door|street|room) (?:number|do i live)\b|\baddress\b|"
        r"\badresse\b|"
        r"\bnumero d[oe]\b.*\bapartamento\b|\bdireccion\b|\bhausnummer\b",
        importance=0.7,
    ),
    row(
        "origin",
        r"""
        \b(?:grew up|was raised|born and raised|was born) (?:in|on|near) (?P<v>[^\d]+)
        \b(?:i come|i'm originally|i'm|she's|he's|originally) from (?P<v>.+)|\b(?:ich komme aus
        |bin aus|soy de|vengo de|je viens de|sou de|vengo da|sono di) (?P<v2>.+)
        """,
        r"\b(?:grow up|grew up|am i from|come from|originally|hometown|herkomm\w*|komme ich)\b|"
        r"\bde donde soy\b",
        importance=0.5,
    ),
)
