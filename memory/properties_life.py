"""How six languages tell and ask where and with whom somebody lives, works and learns."""

from __future__ import annotations

from memory.property import AM, NOW, RELATIVE, Property, row

LIFE: tuple[Property, ...] = (
    row(
        "employer",
        r"""
        \b(?:work|works|working|worked|job|shifts?|nursing|teaching|employed|interning
        |freelancing) (?:full[- ]time |part[- ]time )?(?:at|for|with) (?P<v>(?!is ).+)
        \b(?:the )?(?:company|firm|place|school|hospital|shop) (?:that )?(?:i|we|he
        |she) works? (?:at|for|in) (?:is|'s) (?P<v>.+)
        \b(?:joined|joining) (?P<v>(?:a |the |an )?[\w&' .-]+?(?:company|bank|firm|startup|team
        |agency|school|studio|inc|ltd|gmbh)\b.*)
        \b(?:hired (?:by|at)|on staff at|start(?:ing)? at|a job (?:at|with)|signed with|employer is
        |employed by|my company is) (?P<v>.+)
        \bstarted (?:work |working |today |a job |a new job )?at (?P<v>.+)
        \b(?:arbeite|arbeitet) (?:\w+ )?(?:bei|fur) (?P<v>.+)|\btrabaj[oa] (?:en|para) (?P<v2>.+)
        |\btravaille (?:chez|pour) (?P<v3>.+)
        \blavora?o? (?:in|per|da|presso|alla) (?P<v>(?!proprio).+)|\btrabalh[oa] (?:na|no|em
        |para) (?P<v2>.+)
        """,
        r"\bwhere (?:do|does|did) (?:i|\w+(?: \w+)?)(?: \w+)? work\b|\b(?:company|employer|"
        r"hospital|firm|"
        r"caf\w|shop|office|who)\b.*\bwork|\bwo arbeite\w*\b|\bdonde trabajo\b|\bou travaill\w+\b|"
        r"\bdove lavoro\b|\bonde trabalh\w+\b|\bmy employer\b",
        kind="fact",
        importance=0.7,
    ),
    row(
        "job",
        rf"""
        \b(?:work|works|working|worked|job|started(?: today)?|hired|position|qualified
        |retrained) as (?:an? |the )?(?P<v>.+)
        \b(?:became|promoted to|made me|made him|made her|named
        |appointed) (?:(?:the|an?) )?(?P<v>(?:[\w-]+ ){{0,3}}(?:manager|lead|leader|head|director
        |chef|officer
        |supervisor
        |partner|teacher|nurse|doctor|engineer|editor|\w+(?:er|or|ist))\b.*)
        \b(?P<v>unemployed|retired|jobless|between jobs|self-employed|freelance|freelancing
        |on parental leave|laid off)\b
        {AM} {NOW}(?:an? |the |officially |training as an? |in )?(?P<v>(?:[\w-]+ ){{0,3}}?(?:teacher
        |nurse|doctor|engineer|developer|programmer|designer|chef|cook|baker|barista|driver|lawyer
        |paralegal|accountant|broker|examiner|planner|manager|lead|director|student|editor|writer
        |journalist|photographer|plumber|electrician|carpenter|builder|architect|scientist|biologist
        |chemist|physicist|researcher|analyst|consultant|midwife|florist|pharmacist|dentist|vet
        |farmer|gardener|librarian|clerk|cashier|waiter|waitress|guard|pilot|sailor|mechanic|welder
        |painter|artist|musician|actor|actress|translator|therapist|psychologist|policeman
        |firefighter|paramedic|soldier|tailor|hairdresser|barber|butcher|secretary|receptionist
        |salesman|realtor|trader|banker|economist|historian|professor|tutor|trainer|coach|technician
        |surgeon|optician|logistics|procurement|marketing|finance|sales|hr|it support|insurance
        |apprentice|intern|freelancer|entrepreneur|founder|ceo|cto|boss at|surveyor|geologist
        |beekeeper|blacksmith|brewer|bartender|courier|postman|caretaker|janitor|cleaner|nanny
        |au pair)\b.*)
        \b(?:i|he|she|we) (?:still )?(?P<v>(?:teach|teaches|write code|write firmware|write software
        |edit|edits|sell|sells|drive|drives|repair|repairs|design|designs) .+)
        \b(?:ich bin|ist) (?:jetzt )?(?P<v>[a-z]+(?:er|erin|in|amme|arzt|ist|wirt|frau|mann))\b
        |\barbeitet? (?:jetzt )?als (?P<v2>.+)|\bausbildung (?:zum|zur) (?P<v3>.+)
        \bje suis (?:maintenant )?(?P<v>(?!a |de |en |nee?\b|allerg|veg)[a-z]+(?:ere|er|eur|euse
        |rice|iste|ien|ienne|ant|ante|ecin|avocate?)\b.*)|\btrabaj[oa] (?:como|de) (?P<v2>.+)
        |\btravaille comme (?P<v3>.+)
        \blavor[oa] (?:in proprio )?come (?P<v>.+)|\bsoy (?P<v2>[a-z]+(?:er[oa]|or|ora|ista|ic[oa]
        |ent[ea]|ad[oa]))\b|\btrabalh[oa] como (?P<v3>.+)
        \b(?:my|his|her) (?:new )?(?:job|profession|occupation|position|role
        |title)(?: now)? is (?P<v>.+)
        \bfor a living\b
        ^as an? (?P<v>[\w -]+?)(?: (?:at|in|for) [\w' ]+?)? (?:i|we)\b|\b(?:first (?:day|week|month
        |shift)|post|role|career) as (?:an? |the )?(?P<v2>.+)
        \b(?:gave me|got|landed|offered me|have) (?:the |a |my )?(?P<v>[\w -]+? (?:post|job|role
        |position))\b
        """,
        r"\b(?:my|'s) (?:current |previous |old |new )?(?:job|profession|occupation|role|position|"
        r"work|field)\b|\b(?:do|does|did) (?:i|\w+(?: \w+)?) do\b|\bfor a living\b|\bmy trade\b|"
        r"\bhave a job\b|"
        r"\bkind of work\b|\bfield do\b|\b(?:am i|still) working\b|\bam i (?:an )?employ|\b(?:do|"
        r"did) i (?:still )?work\b|\bje travaille\b|\bberuf|"
        r"\barbeite ich als\b|\bposition did\b|"
        r"\btrabajo\b|\bmetier\b|\blavoro\b|\bprofiss|\bausbildung\b|\bwork as\b|\bbeschaftig",
        importance=0.8,
    ),
    row(
        "studies",
        r"""
        \b(?:studying|study|studies|majoring in|major in|degree in|phd in|master's in) (?P<v>.+)
        \b(?:year of an?|doing an?) (?P<v>[\w ]+ (?:degree|phd|master\w*))
        \bstudier[et] (?P<v>.+)|\bestudio (?P<v2>.+)|\betudie (?P<v3>.+)
        """,
        r"\b(?:study|studying|degree|major)\b|\bstudier\w+\b|\bestudi\w+\b|\betudi\w+\b",
        importance=0.6,
    ),
    row(
        "school",
        r"""
        \b(?:goes to|go to|attends|attend|started at|is at|he's at|she's at
        |enrolled at) (?P<v>(?:\w+ )*(?:school|primary|college|academy|kindergarten|nursery
        |university|uni|park|saint \w+|scoil [\w ]+)\b.*)
        \b(?:studied|graduated|did my \w+(?:'s)?) (?:\w+ )?(?:in|at|from) (?P<v>.+)
        """,
        r"\b(?:school|university|college|kindergarten|schule|escuela|ecole|scuola|escola)\b",
        importance=0.5,
    ),
    row(
        "partner",
        r"""
        \b(?:my|new) (?:\w+ )?(?:girlfriend|boyfriend|wife|husband|fiancee?|partner)(?:'s name is
        | is(?: called| named)?|,) (?P<v>\w+)$
        \b(?:got )?(?:engaged|married) (?:to )(?P<v>.+)|\b(?:dating|seeing
        |going out with) (?P<v2>[a-z]+)
        \b(?:broke up|split up|separated|divorced|got divorced)\b(?: (?:with|from) (?P<v>\w+))?
        \bgot married\b|\b(?:i'm|i am|we're) (?P<v>single|divorced|widowed|engaged|married)\b
        """,
        r"\b(?:who am i (?:dating|married to|seeing)|break up with|broke up|am i (?:single|"
        r"married)|"
        r"relationship)\b",
        kind="relation",
        importance=0.7,
    ),
    row(
        "height",
        r"\b(?:i'm|i am|he's|she's) (?P<v>(?:\d[.,]\d\d ?m?|\d{3} ?cm|\d'\d+|\d foot \w+|\d ft "
        r"\w+))",
        r"\bhow tall\b|\bmy height\b",
    ),
    row(
        "weight",
        r"\bi(?: now)? weigh (?P<v>.+)|\b(?:he|she|\w+) weighs (?P<v2>.+)|\b(?:peso|wiege|pese) "
        r"(?P<v3>\d.+)",
        r"\bweigh\b|\bmy weight\b|\bwiege\b|\bcuanto peso\b|\bquanto peso\b|\bpese\b",
    ),
    row(
        "size",
        r"\b(?:wear|wears|take|takes|am|'s|i'm|need|needs|is) (?:a |an |size "
        r")+(?P<v>\d+(?:[.,]\d)?|x*s|x*l|m)\b|\b(?:shoe|dress|ring|shirt|clothes) size(?: is|'s) "
        r"(?P<v2>.+)",
        r"\bsize\b|\btalla\b|\bgrosse\b|\bpointure\b",
    ),
    row(
        "home",
        rf"""
        \b(?:live|lives|living|lived|reside|resides)\b (?:(?:\w+ly|back|now|out|right|alone
        |here) )?(?:in
        |at|on|near|outside|by|with) (?P<v>.+)
        \b(?:moved|moving|move|relocated|emigrated|transferred)\b(?: \w+){{0,4}}? (?:to|into|in with
        |out to|over to|back to) (?P<v>.+)
        \b(?:based|settled|staying|located) (?:\w+ )?(?:in|at|near) (?P<v>.+)
        \b(?P<v>[\w' -]+?) is (?:(?:now|my|our) )*(?:home|where (?:i|we) (?:now )?(?:live
        |live now))\b
        \b(?:my|our|new|own) (?:new |own |old )?(?:place|home|flat|house|apartment|address|studio
        |condo)(?: is|'s|,)?(?: now| at last)?(?:,)? ?(?:in|at|near|a flat in|a house in)? (?P<v>.+)
        \b(?:rent|renting|got|have|share) (?:a |an |my |our |the )?(?:\w+ )?(?:studio|flat|house
        |apartment|place|room|condo|cottage|farmhouse|houseboat)\b.*?(?:in|near|at) (?P<v>.+)
        \b{AM} {NOW}(?:a |an |the )?(?:in|at|over in|back in) (?P<v>(?:a )?[\w' -]+?) (?:now
        |these days|since \w+)\b
        \b(?:i|we) (?:[\w ]+ and )?(?:are|am|'re|'m) (?:now )?in (?P<v>[\w' -]+?) (?:as of|since
        |these days|now)\b
        \bsince [\w ]+ (?:i'm|i am|we're|we are) in (?P<v>.+)
        \b(?:new|own) (?:flat|house|apartment|place|home)\b.*?\b(?:over in|but in|out in
        |now in) (?P<v>.+)
        \bi'm an? (?P<v>[a-z]+) (?:guy|girl|resident|local)\b
        \b(?:wohne|wohnt|wohnen|bleibt) (?:\w+ )?(?:in|bei|am) (?P<v>.+)|\bumgezogen nach (?P<v2>.+)
        |\bgezogen\b(?P<v3>)
        \bviviendo en (?P<v>.+)
        \b(?:vivo|vive|vivimos|resido) (?:\w+ )?en (?P<v>.+)|\b(?:me mude|me he mudado|nos mudamos
        |nos hemos mudado) a (?P<v2>.+)
        \b(?:habite|habitons|vis|vit) (?:\w+ )?(?:a|au|en|dans) (?P<v>.+)|\bdemenager? (?:a|au
        |en) (?P<v2>.+)|\bmoi je suis a (?P<v3>.+)
        \b(?:moro|mora|moramos|vivo) (?:\w+ )?(?:em|no|na) (?P<v>.+)|\bme mudei para (?P<v2>.+)
        |\b(?:abito|abita|vivo|vive) (?:\w+ )?(?:a|in) (?P<v3>.+)
        \bmi sono trasferit[oa] a (?P<v>.+)|\bdemenage (?:a|au|en) (?P<v2>.+)
        |\bil est a (?P<v3>[a-z]+ now)
        """,
        r"\b(?:live|lives|living|lived|based|home|do i rent|reside|neighbou?rhood|my (?:old "
        r")?place|house did i stay|"
        r"move|moved|\w*wohn\w*|vivo|vives?|vivia|viv[io]|habit\w+|moro|mora|morava|abit\w+|"
        r"dans quelle ville|in welcher stadt|que ciudad|staying|city am i|town am i)\b",
        importance=0.9,
    ),
    row(
        "language",
        r"""
        \b(?:speak|speaks|spoke|fluent in|learning|learn|classes in|studying|native language is
        |mother tongue is) (?:some |a little |any |only |school )?(?P<v>(?:english|german|french
        |spanish|portuguese|italian|dutch|japanese|korean|chinese|mandarin|cantonese|russian|polish
        |arabic|turkish|hindi|urdu|swedish|norwegian|danish|finnish|greek|hebrew|welsh|irish|gaelic
        |czech|hungarian|romanian|ukrainian|vietnamese|thai|swahili|catalan|basque|latin|tamil
        |bengali|persian|farsi)\b.*)
        \bich (?:spreche|lerne) (?P<v>.+)|\bhablo (?P<v2>.+)|\bje parle (?P<v3>.+)
        |\bparlo (?P<v4>.+)
        """,
        r"\b(?:language|languages|speak|sprache|hablo|parle|parlo|falo)\b",
        single=False,
        importance=0.6,
    ),
    row(
        "name",
        rf"""
        ^(?:\W|now |and |my |hi |so )*(?:my|our)? ?(?:full |first |last |real )?name(?:'s
        | is) (?:now )?(?P<v>[\w .'-]+)
        ^i(?:'m|'m| am) (?:called|named) (?P<v>.+)|\bich heis+e (?P<v2>.+)|\bme llamo (?P<v3>.+)
        \bje m'appelle (?P<v>.+)|\bmi chiamo (?P<v2>.+)|\b(?:eu )?me chamo (?P<v3>.+)
        \b(?:is|are|was|'s) (?:now )?(?:called|named) (?P<v>.+)|\b(?:heis+t|heis+en|se llaman?
        |s'appel\w+|si chiama\w*|se chama\w*) (?P<v2>.+)
        \b(?:his|her|its|their|\w+'s|the \w+|\w+) (?:official |full |real |new )?names?(?:'s| is
        | are) (?:now )?(?P<v>.+)
        \b(?:a|an|our|my|the) [\w -]{{2,30}}? (?:called|named) (?P<v>.+)
        \b(?:report to|new (?:\w+ )?{RELATIVE}(?: \w+){{0,6}}?(?::|,| is|'s)(?: a \w+)?(?: called
        | named)?) (?P<v>.+)
        ^(?:\W|my |our |the |new |[\w-]+ )*{RELATIVE}(?:'s| is)(?: now)? (?P<v>(?:mrs?|ms|dr)\.? .+)
        \b(?:calls?|named|renamed|christened) (?:him|her|it|them|my \w+|our \w+|the \w+) (?P<v>.+)
        \bis now (?:called|named) (?P<v>.+)
        \b(?:settled on|went with|chose|picked|decided on) (?P<v>[\w' -]+?) (?:for|as) (?:(?:a|his
        |her|the|its) )?name
        """,
        r"\b(?:names?\b(?! of (?:the|a) )|called\b|surname|wie heiss\w+|como se llama\w*|"
        r"comment s'appel\w+|come si chiama\w*|como se chama\w*|what did (?:we|i) call)",
        importance=0.8,
    ),
    row(
        "car",
        r"\b(?:i drive|we drive|drives) (?:an? |the )?(?P<v>.+)|\b(?:my|our) (?:new )?car is "
        r"(?P<v2>.+)|\b(?:bought|got|have|swapped|sold|own|no|first) (?:[\w-]+ "
        r"){0,6}?car\b(?P<v3>.*)",
        r"\b(?:car|drive|auto|coche|voiture|carro|macchina)\b",
    ),
    row(
        "children",
        r"\b(?:have|has|had|got|no|don't have)\b (?:any |no |two |three |four |one |a "
        r")*(?P<v>kids?|children|twins|son|daughter)\b|\b(?:habe|tengo|ai|tenho|ho) "
        r"(?P<v2>.*(?:kinder|hijos|enfants|filhos|figli))\b",
        r"\b(?:kids|children|kinder|hijos|enfants|filhos|figli)\b",
        kind="relation",
        importance=0.7,
        single=False,
    ),
    row(
        "pet",
        r"\b(?:have|has|got|keep|keeps|adopted|bought|own|rescued)\b (?:[\w'-]+ "
        r"){0,4}?(?P<v>(?:dogs?|cats?|pupp\w+|kittens?|rabbits?|hamster|parrots?|horses?|"
        r"greyhound|labrador|beagle|whippet|tortoise|budgies?|goldfish|guinea pigs?|hens|"
        r"chickens)\b.*)|\b(?:haben|habe|hat) (?:noch |jetzt |wir )*(?:einen|eine|zwei|drei) "
        r"(?P<v2>(?:hund|katze|katzen|hunde).*)",
        r"\bpets?\b|\bhow many (?:dogs|cats)\b|\bhaustier\w*|\bmascota\w*|\banimaux\b",
        kind="relation",
        single=False,
    ),
    row(
        "likes",
        r"""
        \b(?:love|loves|like|likes|hate|hates|dislike|dislikes|enjoy|enjoys|adore|adores|prefer
        |prefers|can't stand|cannot stand|detest|detests|not a fan of|fan of|really into|good at
        |crazy about|obsessed with|sick of|don't mind|favour) (?P<v>.+)
        \b(?P<v>[\w' -]+?) (?:fan|person|lover|nut) (?:here)?\b|\b(?P<v2>[\w ]+) bores? me\b
        |\b(?P<v3>[\w ]+?) (?:has |have )?(?:grew|grown) on me\b
        \bich (?:mag|liebe|hasse|bevorzuge) (?P<v>.+)|\b(?:me (?:gusta|encanta)n?|odio|prefiero
        |adoro|detesto) (?P<v2>.+)
        \bj'(?:aime|adore) (?P<v>.+)|\bje (?:deteste|prefere|hais) (?P<v2>.+)|\b(?:gosto de|prefiro
        |adoro) (?P<v3>.+)|\bmi piac(?:e|ciono) (?P<v4>.+)
        """,
        r"\b(?:like|love|hate|dislike|prefer|enjoy|stand|fan|person|feel about|mag ich|gusta|"
        r"aime|gosto|piace)\b",
        single=False,
        kind="preference",
    ),
)
