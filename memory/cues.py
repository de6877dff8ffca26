"""Small words that tell what kind of statement a clause is, in six languages."""

from __future__ import annotations

import re

CHANGE = re.compile(
    r"\b(?:now|these days|nowadays|any ?more|no longer|again|new|switched|changed?|swapped|from now on|"
    r"as of|instead|turned|became|stopped|quit|gave up|given up|sold|left|raised|rebranded|moved|postponed|"
    r"rescheduled|traded|replaced|retrained|upgraded|went off|gone off|as of|hired|got myself|bought|dropped out|grown on me|wieder|"
    r"relocated|promoted|made me|unemployed|retired|jobless|between jobs|got (?:married|divorced|my own|a new|transferred)|at last|"
    r"for good|is down to|is up to|since (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|"
    r"last|yesterday|today|this|the|new year|christmas|easter|january|february|march|april|may|june|"
    r"july|august|september|october|november|december)|took over|finally|these days|lately|"
    r"jetzt|inzwischen|seit (?:heute|gestern|letzt\w+|montag|dieser|kurzem)|neue\w*|nicht mehr|umgezogen|"
    r"gewechselt|ahora|ya (?:no|tengo|soy|vivo)|nuev[oa]|cambi\w+|deje|desde (?:ayer|hoy|septiembre|\w+ero|"
    r"el \w+|la \w+)|maintenant|desormais|nouvel\w*|depuis (?:la|hier|lundi|peu|septembre|\w+ier)|"
    r"plus (?:de|jamais)|chang\w+|vient de|agora|nov[oa]|troquei|mudei|mudou|adesso|ora|nuov[oa]|"
    r"da (?:lunedi|ieri|oggi|settembre)|cambiat[oa]|non piu|oggi)\b"
)
CORRECTING = re.compile(
    r"^(?:\W*(?:oh|ah|wait|no|hmm|oops|ups|ugh|hang on|hold on)\W+)*"
    r"(?:sorry|correction|apologies|my (?:bad|mistake)|i (?:misspoke|mistyped|was wrong|mixed)|oops|"
    r"typo|wrong \w+|scratch that|make that|strike that|i got (?:that|it|the \w+) wrong|perdon|scusa|desculpa|entschuldigung|pardon|no wait|wait,? no)\b|"
    r"\bi meant\b|\bi mean(?:t)?,|\b(?:got|told you|said|typed|wrote|gave you) (?:it |that |something |"
    r"the )?(?:\w+ )?wrong\b|\bi (?:made a mistake|misspoke|mistyped|mixed (?:up|that))\b|\bmix(?:ed)? that up|"
    r"\bdid i say\b|\bi (?:said|told you|wrote|typed|put)\b.*\bbut\b|\btake (?:it|that) back\b|\bautocorrect\b|\bdictation\b|\btypo\b|\bmy bad\b|\bnot \w+ as i (?:said|wrote)\b|"
    r"\bi was wrong\b|\bthat was (?:wrong|a mistake)\b|\bactually it's\b|\bit's actually\b|"
    r"\bich meinte\b|\bfalsch (?:gesagt|geschrieben)\b|\bhabe mich (?:vertan|geirrt|verschrieben)\b|"
    r"\bme equivoque\b|\bquise decir\b|\bquería decir\b|\bje voulais dire\b|\bje me suis tromp\w+|"
    r"\bho sbagliato\b|\bvolevo dire\b|\bmi sono sbagliat\w\b|\bme enganei\b|\bquis dizer\b|\berrei\b"
)
NEGATED = re.compile(
    r"n't\b|\b(?:not|never|no longer|nobody|none|no more|stopped|quit|gave up|given up|without|hate|"
    r"hates|dislike|dislikes|detest|can't|cannot|broke up|split up|sold|shut|cancelled|dont|doesnt|cant|"
    r"have no|has no|got no|^no [a-z]+s?(?= (?:for|in|at|on|with) )|no (?:car|kids|pets|children|siblings|money|meat|sugar)|nothing|bores?|"
    r"over that|bored of|kein\w*|nicht|nie|nunca|jamais|"
    r"no (?:tengo|como|bebo|vivo|trabajo|soy|me|puedo|hablo|fumo|quiero|uso|voy|tiene|come|vive|es)|"
    r"ne \w+ (?:pas|plus)|"
    r"n'\w+ (?:pas|plus)|pas|nao|non|mai|deje|odio|hasse|deteste|parei|smesso)\b"
)
ENDING = re.compile(
    r"\b(?:no longer|any ?more|stopped|quit|gave up|given up|sold|left|leaving|broke up|split up|"
    r"separated|divorced|shut|closed down|cancelled|dropped|got rid of|finished with|over that|"
    r"went off|gone (?:right |completely |totally )?off|traded in|handed in|dropped out|no more|stop|stopping|"
    r"bored of|got bored|let (?:me|everybody|everyone|us) go|laid off|fired|resigned|retired|last shift|"
    r"passed away|died|lost my|unemployed|nicht mehr|aufgehort|gekundigt|verkauft|deje|ya no|vendi|"
    r"n'\w+ plus|ne \w+ plus|arrete|vendu|quitte|parei|deixei|vendi|nao .* mais|non .* piu|smesso|"
    r"venduto|lasciato)\b"
)
PAST = re.compile(
    r"(?<!get )(?<!getting )(?<!got )(?<!not )\bused to\b|\b(?:i|we|he|she|they) (?:lived|worked|studied|played|drove|owned|spoke|taught|smoked|"
    r"had|was|were) (?!born|diagnosed|promoted|just|never)|"
    r"\bbefore that\b|\bback then\b|\bin the past\b|\bformerly\b|\bas a (?:child|kid|teenager|student)\b|"
    r"\bwhen i was\b|\buntil (?:19|20)\d\d\b|\bfruher\b|\bfrueher\b|\bantes (?:vivia|trabajaba|era)\b|"
    r"\b(?:vivia|trabajaba|solia|estudiaba)\b|\b(?:j'habitais|je travaillais|j'etais|avant je)\b|"
    r"\b(?:eu )?(?:morava|trabalhava|costumava)\b|\b(?:abitavo|lavoravo|vivevo)\b|"
    r"\b(?:wohnte|arbeitete|habe .* (?:gewohnt|gearbeitet))\b"
)
_STATES = (
    r"tired|exhausted|hungry|thirsty|bored|confused|sad|sick of|stuck|locked out|late|busy|annoyed|cold|"
    r"hot|sleepy|knackered|wrecked|starving|fed up|drunk|hungover|lost|nervous|excited|in a hurry|"
    r"on my way|dead|sore|stressed|so happy|back soon|ready|done|sure|not sure|fine(?! with)|good(?! (?:at|with))|ok(?! with)|okay|here|"
    r"afraid (?:i|that|so|not)|wondering|trying|looking for|thinking|going to (?:bed|sleep)|"
    r"outside|waiting|standing|sitting|reading (?:this|your)|kidding|joking|sorry|secretly|"
    r"mude|krank|hungrig|cansad[oa]|fatigue|stanc[oa]|hambre|faim|fame|fome"
)
MOMENTARY = re.compile(
    rf"\b(?:i'm|i am|im|we're|we are|ich bin|estoy|je suis|estou|sono|feeling|i feel) (?:so |really |very |a bit |"
    rf"totally |just |still |too |completely |all |pretty |quite |muy |sehr |tres |molto |muito )*"
    rf"(?:{_STATES})\b(?! (?:about|of) (?!the book|this|it))|"
    r"\bright now\b|\bat the moment i'm\b|\bi need (?:a|an|some|to|the|your|help|it|you|this|more)\b|"
    r"\b(?:i want|i'd like|i would like|i wish|i guess|i think|i wonder|i hope|i mean|i see|i understand|"
    r"i know|i don't (?:know|get|understand|think|see|mind|care|remember)|i forgot|i can't (?:see|find|"
    r"open|tell|believe|figure|log|sleep|wait)|i'll|we'll|i would|i'm just|let me|i'm (?:going to (?!be|have|become)|gonna|writing|reading|watching|making|"
    r"working on|testing|preparing|about to)|i was wondering|i (?:just )?finished|(?:i|we) (?:have|need|want) "
    r"(?:\w+ )?(?:\d+|two|three|ten|five|twenty|more) (?:\w+ )?(?:minutes|hours|points|words|lines|slides)|"
    r"(?:not )?what i meant|i meant the|i said(?!.* but)|i told you(?!.* but)|i'd (?!rather|prefer)|\d+ (?:percent|%)|i tried|i'm at the|"
    r"i'm on the|i'm in [\w ]+ for (?:\w+ )?(?:days?|weeks?|hours?|nights?|a \w+)|i got an? (?:error|email|"
    r"mail|message|letter)|i have a (?:question|problem|headache|sore|cold|fever|meeting today)|"
    r"i (?:just )?(?:had|ate|saw|read|heard|watched|found|noticed|woke|slept|came|went|asked|sent|paid)|"
    r"my (?:head|legs?|feet|back|eyes|throat|stomach) (?:hurts?|is|are)|i've (?:been trying|tried|got a "
    r"(?:cold|headache|fever)|read|heard|seen|asked|done)|i have to (?:go|leave|run)|i have a sore)\b|"
    r"\b(?:sneezing|freezing|raining|snowing) all day\b|\btonight (?:i|we)\b|\bmade it\b|\bsaved\b"
)
TASK = re.compile(
    r"\b(?:code|functions?|files?|script|server|errors?|bugs?|columns?|rows?|(?:the|this|first|second|last|each) lines?|paragraphs?|"
    r"sentences?|essay|draft|versions?|text|answers?|reply|table|chart|slides?|bullet points?|screen|keyboard|"
    r"button|steps?|page|link|loop|variable|query|output|prompt|questions?|parcel|"
    r"customer|agenda|feature|spreadsheet|formula|pdf|paragraph|readers|percent|zeile|datei|fehler|archivo|"
    r"fichier|erreur|ficheiro|erro|errore|codigo|codice)\b"
)
SAYS = re.compile(
    r"\b(?:asks?|asked|wants?|says?|said|told|thinks|sent|wrote|called me|texted|complains?|wonders|"
    r"is (?:sitting|lying|sleeping|barking|shouting|calling|crying|standing|looking|waiting|staring|asking))\b"
)
OPINION = re.compile(
    r"\bthe (?:\w+ )?(?:one|ones)\b(?: more| better| best)|\b(?:like|love|prefer|hate|better|best|good|great|nice|works?|worked)\b.*\b(?:first|second|third|"
    r"last|other|previous|new|old|that|this) (?:version|draft|one|verse|option|sentence|line|logo|idea|"
    r"suggestion|paragraph|answer|title|two)\b|\b(?:i (?:like|love|prefer|hate) (?:it|that|this|them|yours))\b|"
    r"\bthe (?:first|second|third|last) (?:one|version|draft)\b|\bi (?:do|did|don't)[.!]?$"
)
SARCASM = re.compile(
    r"^(?:oh|ah|wow),? (?:great|wonderful|fantastic|lovely|perfect|brilliant|joy|super|yes),? (?!news|idea|thanks)|"
    r"^(?:oh|ah|yeah|wow|great|sure|right|well)?,? ?(?:oh )?(?:great|wonderful|fantastic|lovely|perfect|brilliant|"
    r"yes|sure|yeah|super|right|shocking),? (?:truly|i'm thrilled|i just love|just what|because i|as if|i love|i'm so)|"
    r"\b(?:just what i (?:needed|wanted)|i just love (?:wasting|waiting|when|it when|how)|i'm thrilled|yeah right|"
    r"best (?:week|day|year) ever|as if\b|living the dream|lucky me|how (?:nice|lovely) for me|what a joy|"
    r"because (?:that|who) (?:always|doesn't)|kidding|just joking|/s$|already rich|secretly the)\b"
)
INSTRUCTION = re.compile(
    r"\b(?:always|never|from now on|in (?:the )?future|in general|every time|whenever|by default|"
    r"(?:any|each) time (?:i|you)|(?:with|for) me\b(?=.*(?:please|always|never|$))|no [\w ]+ (?:ever|please)$|"
    r"ever again|when(?:ever)? (?:you|i)\b.*(?:always|never|please)|stop (?:using|adding|calling|writing|"
    r"giving|ending|starting)|don't (?:ever |ever again )?(?:use|call|add|write|give|start|end|suggest)|"
    r"immer|ab jetzt|nie|siempre|a partir de ahora|nunca|toujours|desormais|jamais|sempre|d'ora in poi|"
    r"daqui em diante|mai|(?:answers?|lists?|replies|units|spelling|tone|emoji\w*) (?:please|only)|"
    r"please (?:keep|use|answer|write|call) [\w ]*(?:short|metric|celsius|formal|informal|me))\b"
)
STYLE = re.compile(
    r"\b(?:answers?|repl(?:y|ies)|respond|units?|spelling|tone|emojis?|lists?|bullet\w*|format|language|"
    r"call me|address me|english|german|spanish|french|hints?|clock|prices|temperatures?|celsius|"
    r"fahrenheit|metric|imperial|sources|jargon|explain|write|show|use|give|times?|dates?|units|code|"
    r"examples?|antworte\w*|duze\w*|sieze\w*|responde\w*|reponds|tutoi\w+|rispondi\w*)\b"
)
HABIT = re.compile(
    r"^(?:\W|(?:now|these|every|most|and|but|also|usually|honestly|personally|actually|still|btw|me|"
    r"apparently|today|yesterday|last|this|the|[a-z]+days?|\d+|years?|days?|week|month|again|both|"
    r"neither|all|one|though) ?,? )*(?:(?:after|since|on|in|by|at|as|during|because of|with|for|thanks to|"
    r"when|until|before|from) (?:[\w'-]+,? ){1,7}?)?"
    r"(?:nobody in|none of|everyone in|both of|i|we|he|she|they|i've|we've|he's|she's|my|our|i'm|we're|me and|im|ive|"
    r"(?:it's|it is) [\w -]+ (?:that|which) (?:i|we))\b"
)
LIFE = re.compile(
    r"\b(?:moved|bought|sold|adopted|married|engaged|pregnant|expecting|divorced|born|died|passed (?:away|my|the)|"
    r"graduated|joined|started|quit|stopped|gave up|retired|promoted|hired|fired|laid off|broke (?:my|up)|"
    r"lost my|diagnosed|enrolled|signed (?:up|the|a)|became|learned|learnt|won|finished|turned|switched|"
    r"swapped|changed|got (?:a|my|our|the|married|engaged|into|accepted|promoted|transferred)|built|opened|"
    r"closed|shut|founded|inherited|named|rebranded|surgery|operat\w+|had (?:a baby|twins)|accepted|"
    r"turned .* down|arrived|adopt\w*|gezogen|gekauft|geheiratet|bekommen|angefangen|aufgehort|"
    r"compre|empece|deje|aprobe|nacio|achete|commence|arrete|comprei|comecei|parei|comprato|iniziato|"
    r"smesso|vient de|switched)\b"
)
FRAGMENT = re.compile(
    r"^(?:just |finally |recently |still |also |now |officially |never |today )*(?:been|got|gave up|given up|"
    r"broke|started|stopped|quit|joined|bought|sold|turned|moved|living|working|shut|adopted|switched|"
    r"changed|lifelong|passed|learned|learnt|finished|retired|married|born|allergic|studying|lost|left|"
    r"signed up|became|back (?:in|living)|rebranded|had to find|new|pb|[\w-]+ (?:fan|person) here|\d[\d:.]+|"
    r"third|first|proud|father of|mother of|mum of|dad of|crunching|can't stand|don't (?:eat|drink|like)|"
    r"love|hate|prefer|allergic|bin|habe|wohne|arbeite)\b"
)
VERB_FIRST = re.compile(
    r"^(?:just |finally |recently |still |also |now |officially |then |so )*(?!need|embarrass|speed|bring|string)"
    r"(?:[a-z]{2,}ed|went|had|got|made|took|gave|left|found|lost|won|began|came|became|grew|kept|put|ran|sold|"
    r"spent|wore|paid|bought|built|chose|drove|ate|fell|met|quit|[a-z]{3,}ing|down to|up to|no more|no longer)"
    r"(?: [\w'-]+){3,}"
)
EMPTY = re.compile(
    r"^(?:\W|thanks?|thank you|thx|cheers|hi|hello|hey|good (?:morning|night|evening)|morning|night|bye|ok|"
    r"okay|great|cool|nice|perfect|lol|haha|sorry|please|yes|no|yeah|sure|wow|oops|got it|very|much|so|you|"
    r"that's all|for today|again|and|danke|hallo|gracias|hola|merci|bonjour|obrigad[oa]|grazie|ciao)+$"
)
SOFT = re.compile(
    r"\b(?:stopped|quit|gave up|given up|sold|shut|cancelled|broke up|split up|without|deje|parei|smesso)\b"
)
TAKES_UP = re.compile(
    r"\b(?:moved|joined|started|bought|became|got|works?|working|lives?|switched|doing|vivo|trabajo)\b"
)
INTENT = re.compile(
    r"\b(?:thinking (?:about|of)|considering|might|maybe|perhaps|would (?:like|love) to|dream(?:ing)? of|"
    r"want(?:ing)? to|hop(?:e|ing) to|tempted|wonder\w*|offered me|vielleicht|quizas|peut-etre|talvez|forse|"
    r"uberlege|pensando|penso di|j'aimerais)\b"
)
EVERYDAY = re.compile(
    r"\b(?:packed|unpacked|ate|drank|slipped|walked|cooked|cleaned|printed|downloaded|installed|updated|"
    r"clicked|typed|pressed|reset|restarted|uploaded|saved|voted|laughed|worked out|hurt|thinking about|"
    r"maybe|might|considering|offered|would like|hope|wish|probably)\b"
)
