"""Words that tell what a sentence claims, in English, German, Spanish and French."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar enero janvier janner",
            "february feb februar febrero fevrier",
            "march mar marz marzo mars maerz",
            "april apr abril avril",
            "may mai mayo",
            "june jun juni junio juin",
            "july jul juli julio juillet",
            "august aug agosto aout",
            "september sep sept septiembre septembre setiembre",
            "october oct oktober octubre octobre okt",
            "november nov noviembre novembre",
            "december dec dezember diciembre decembre dez",
        ),
        1,
    )
    for name in names.split()
}
SPELT: dict[str, int] = {
    word: value
    for value, words in {
        0: "zero null cero",
        2: "two zwei dos deux twice second",
        3: "three drei tres trois third",
        4: "four vier cuatro quatre fourth",
        5: "five funf cinco cinq fifth",
        6: "six sechs seis sixth",
        7: "seven sieben siete sept seventh",
        8: "eight acht ocho huit eighth",
        9: "nine neun nueve neuf ninth",
        10: "ten zehn diez dix tenth",
        11: "eleven elf once onze",
        12: "twelve zwolf doce douze twelfth",
        13: "thirteen dreizehn trece treize",
        14: "fourteen vierzehn catorce quatorze",
        15: "fifteen funfzehn quince quinze",
        16: "sixteen sechzehn dieciseis seize",
        17: "seventeen siebzehn diecisiete",
        18: "eighteen achtzehn dieciocho",
        19: "nineteen neunzehn diecinueve",
        20: "twenty zwanzig veinte vingt",
        30: "thirty dreissig dreißig treinta trente",
        40: "forty vierzig cuarenta quarante",
        50: "fifty funfzig cincuenta cinquante",
        60: "sixty sechzig sesenta soixante",
        70: "seventy siebzig setenta",
        80: "eighty achtzig ochenta",
        90: "ninety neunzig noventa",
    }.items()
    for word in words.split()
}
# Words that are numbers in one language and something else in another, or no claim at all.
for _word in ("sept", "elf", "once", "second", "third"):
    SPELT.pop(_word, None)
SCALES: dict[str, float] = {
    "hundred": 1e2, "hundert": 1e2, "cien": 1e2, "cent": 1e2,
    "thousand": 1e3, "tausend": 1e3, "mil": 1e3, "mille": 1e3,
    "million": 1e6, "millions": 1e6, "millionen": 1e6, "millon": 1e6, "millones": 1e6,
    "mn": 1e6, "mio": 1e6, "bn": 1e9,
    "billion": 1e9, "billions": 1e9, "milliarde": 1e9, "milliarden": 1e9, "milliard": 1e9,
    "milliards": 1e9, "trillion": 1e12,
}  # fmt: skip
ABOUT = _words(
    "about around nearly almost roughly approximately some circa ca over than exceeding under "
    "rund etwa fast ungefahr knapp uber mehr casi unos unas alrededor aproximadamente mas "
    "environ presque pres plus"
)
STOP = _words(
    "a an the of in on at to for from by with as and or but nor so if then that which who whom "
    "whose this these those it its he she they them his her their him we us our you your i my me "
    "is are was were be been being am do does did done has have had having will would can could "
    "shall should may might must there here what when where why how than also both into over "
    "under about after before between during through until since while per very just only more "
    "most such own same too not no yes one two first other another each every all any some "
    "gibt noch betragt cuenta tiene hay compte took take taken taking part "
    "make makes "
    "up out off down back away percent prozent dollars dollar euros euro "
    "according source sources article page text passage states stated says said mentioned "
    "mentions named name called known became become made make located situated found "
    "der die das den dem des ein eine einer eines einem einen und oder aber ist sind war waren "
    "wurde wurden wird werden worden hat haben hatte hatten im in am an auf aus bei mit nach von "
    "vom zu zum zur fur uber unter durch es er sie sein seine ihr ihre als wie auch nicht noch "
    "dass sich "
    "el la los las un una unos unas y o pero es son fue fueron era eran ser ha han habia de del "
    "en al a por para con sin sobre que se su sus lo como mas no si le les "
    "le la les un une des et ou mais est sont etait etaient fut furent a ont avait de du dans au "
    "aux par pour avec sans sur que qui se sa son ses leur il elle ce cette ne pas plus l d s"
)
NEGATIONS = _words(
    "not no never none nobody nothing neither nor without cannot isn wasn aren weren doesn didn "
    "don hasn haven hadn won't can't couldn wouldn nicht kein keine keinen keinem keiner nie "
    "niemals ohne nunca jamas ningun ninguna sin pas jamais sans aucun aucune lack lacks lacked "
    "failed refused denied refuses denies fails unable"
)
HEDGES = _words(
    "may might could would planned plans proposed proposes considered considering rejected "
    "expect expects expected rumoured rumored alleged allegedly plan proposal shelved hopes "
    "hoped intended intends wanted scheduled suggested projected possibly perhaps unlikely "
    "attempted cancelled canceled abandoned disputed unconfirmed geplant soll sollte "
    "vorgeschlagen abgelehnt podria planeado propuesto rechazado pourrait prevu propose rejete "
    "aspires candidate bid almost"
)
WHOLE = _words("all every always entire entirely only none everyone alle jeder todos toutes tous")
SOFT = HEDGES | _words(
    "planning plan idea proposal will claim claims say says wants gave given turned dropped "
    "aims soll"
)
"""Words by which a claim itself says that it is no plain fact."""
PART = _words(
    "some many most several few partly part half sometimes often mostly mainly partially usually "
    "majority minority rarely einige viele manche meisten algunos muchos plusieurs certains"
)
_OPPOSITES = """
increase,rise,grow,climb,gain,expand,soar,steigen,subir,aumentar/decrease,fall,decline,drop,shrink,
reduce,plunge,dip,sinken,bajar,disminuir
open,reopen,inaugurate,eroffnen,abrir,ouvrir/close,shut,schliessen,cerrar,fermer
win,victory,beat,gewinnen,ganar/lose,defeat,loss,verlieren,perder
before,prior,earlier,vor,antes,avant/after,following,later,nach,despues,apres
north,northern,norden,norte,nord/south,southern,suden,sur,sud
east,eastern,osten,este/west,western,westen,oeste,ouest
northwest,northeast/southwest,southeast
left,links/right,rechts
first,oldest,earliest,erste,primero,premier/last,newest,latest,final,youngest,letzte,ultimo,dernier
large,largest,big,biggest,great,greatest,grosste/small,smallest,little,tiny,kleinste
tall,tallest,high,highest,hoch,alto/short,shortest,low,lowest,niedrig,bajo
long,longest/short,shortest
more,mehr,mas/less,fewer,weniger,menos,moins
most/least,fewest
born,geboren,nacer,nacido,nacio,naitre/die,died,dead,death,sterben,starb,morir,murio,mourir
found,founded,establish,grunden,fundar/dissolve,disband,abolish,auflosen,disolver
allow,permit,legal,authorize,allowed,erlaubt,permitido/ban,prohibit,forbid,illegal,outlaw,forbidden,
verboten,prohibido
male,man,men/female,woman,women
begin,start,commence,beginnen,empezar,commencer/end,finish,stop,enden,terminar,finir
include,contain/exclude,omit
accept,approve,support,favour,favor,endorse/reject,oppose,refuse,veto
buy,acquire,purchase,kaufen,comprar,acheter/sell,verkaufen,vender,vendre
hot,warm,hotter,warmer/cold,cool,colder,cooler
above,oberhalb/below,beneath,unterhalb
inside,indoor/outside,outdoor
old,older,oldest/new,young,younger,newer
fast,fastest,quick/slow,slowest
rich,wealthy/poor
safe/dangerous,unsafe,harmful
cheap,cheaper,cheapest/expensive,dearer
free,kostenlos,gratis,gratuit/paid,charge,fee
public,offentlich/private,privat,privado
import/export
arrive,enter,join/leave,left,depart,quit
success,succeed,successful/failure,fail,unsuccessful
strong,stronger/weak,weaker
present/absent
build,construct/demolish,destroy,raze
appoint,hire,elect/dismiss,fire,sack,oust
raise/cut,lower
married/divorced,unmarried,single
guilty,convict/innocent,acquit
major,majority/minor,minority
maximum/minimum
full/empty
deep,deepest/shallow
heavy,heavier,heaviest/light,lighter,lightest
odd/even
husband,father,son,brother/wife,mother,daughter,sister
parent/child
daily/weekly
weekly/monthly,annual,annually,yearly
summer/winter
spring/autumn
morning/evening
native/introduced,invasive
vegetarian/meat
extinct/alive,surviving
edible/poisonous,toxic
day/night
remain,stay/leave
freshwater/saltwater
rarely,seldom,never/often,frequently,always,usually
halve/double,triple
"""
OPPOSITES: tuple[tuple[frozenset[str], frozenset[str]], ...] = tuple(
    (frozenset(one.split(",")), frozenset(other.split(",")))
    for one, other in (
        line.split("/") for line in _OPPOSITES.replace(",\n", ",").strip().splitlines()
    )
)
_SAME = """
open opened inaugurate inaugurated inauguration opening inaugurado inaugurada
open abrir abrio abierto abierta geoffnet eroffnet eroffnung ouvert inaugure
found founded establish established founding create created creation foundation set fundada fundado
gegrundet fonde
bear born birth birthplace native geboren nacido nacio nacida
die died death dead murio fallecio gestorben starb mort
acquire acquired buy bought purchase purchased acquisition takeover
write wrote written author authored novelist writer penned escribio escrita geschrieben ecrit
direct directed director filmmaker dirigida dirigio
build built construct constructed construction erected building gebaut construido construida
win won victory champion gewann gano received receive awarded
begin began begun start started commence launched
sell sold sale
lead led leader head headed chief ceo
fall fell fallen decrease decline declined drop dropped
rise rose risen increase grow grew grown growth
live lives inhabitants residents people population lived einwohner habitantes habitants
locate lie lies lay located stands liegt
study studied educate educated education attended graduated degree
compose composed composer wrote music
paint painted painter
make made produce produced production manufactured
play plays played player
star starred stars starring actor actress cast
high tall height hoch alto altura hohe
long length
big large biggest largest grosste
weigh weighs weight
marry married wife husband spouse
publish published publication released release appeared
design designed designer architect
employ employs employees workers staff
cost costs price priced
speak spoke language spoken
teach taught teacher professor taught lecturer
close closed shut shuttered cerrado cerrada cierra geschlossen
destroy destroyed burned burnt ruined
discover discovered discovery found
invent invented inventor invention
lawyer law attorney
doctor physician
car automobile
film movie picture
country nation national nationality
serve served
kill killed
visit visits visited visitors
capital hauptstadt
river fluss rio fleuve
city town stadt ciudad ville
move moved relocated
leave left depart departed
join joined
include included participant participants participate participated
known well-known noted famous
forbid forbidden prohibited banned
allow allowed permitted
surrender surrendered
team club
award prize
annual annually yearly year
quick fast
finish finished complete completed completion
rarely seldom
often frequently
halve halved
double doubled
km kilometre kilometres kilometer kilometers kilometern kilometro kilometros
m metre metres meter meters metern metro metros
kg kilogram kilograms kilo kilos
hold held
run ran operate operates operated
"""
SAME: dict[str, str] = {}
for _line in _SAME.replace("fundada fundado\n", "fundada fundado ").strip().splitlines():
    _group = _line.split()
    for _word in _group:
        SAME.setdefault(_word, _group[0])
for _word in ("ouvert", "inaugure", "eroffnet", "eroffnung"):
    SAME[_word] = "open"
SAME["gegrundet"] = SAME["fonde"] = "found"
"""Words that are taken for one another: the first of their group."""
CAPITALISED = _words(
    "monday tuesday wednesday thursday friday saturday sunday english"
) | frozenset(MONTHS)
"""Capitalised words that name no person, place or thing by themselves."""
NO_FACT = (
    r"^(hi|hello|hey|sure|certainly|of course|okay|ok|great|thanks|thank you|you're welcome|sorry|"
    r"done|ready|finished|understood|got it|noted|glad|happy to|my pleasure|no problem|all set|"
    r"alright|listo|hecho|fertig|erledigt|fait|"
    r"unfortunately|i hope|i hope this|let me|feel free|if you|please|here (is|are)|here's|"
    r"in summary:?$|note:?$|sources?:|references?:|hola|gracias|hallo|danke|bonjour|merci|"
    r"espero|ich hoffe|j'espere|hier (ist|sind)|aqui (esta|tiene)|voici)\b"
)
ABSENT = (
    r"\b(not|no|nothing|none|cannot|can't|don't|doesn't|didn't|couldn't|unable)\b.{0,60}"
    r"\b(sources?|information|passages?|context|documents?|search results|mention(ed|s)?|"
    r"find|found|know|tell|determine|answer|stated|specified|specify|say)\b"
    r"|\b(sources?|passages?|documents?)\b.{0,40}\b(not|no|nothing|silent|don't|doesn't)\b"
    r"|\bi (don't|do not|cannot|can't|could not|couldn't)\b"
    r"|\b(fuentes|quellen|sources|informacion|informationen|informations)\b.{0,40}"
    r"\b(no|nicht|keine|pas|aucune)\b|\b(no|nicht|keine|pas|aucune)\b.{0,40}"
    r"\b(fuentes|quellen|sources|informacion|informationen|informations)\b"
)
