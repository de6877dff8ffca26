"""Names what stands between a reader and the text of a page."""

from __future__ import annotations

import re

from tools.errors import UnreadableKind, UnreadablePage

# What a page with this much text of its own says of cookies or CAPTCHAs is its subject.
THIN_CHARS = 600
# With less text than this, what stands beside it (banners, scripts) tells what is missing.
SCANT_CHARS = 200

REASONS: dict[UnreadableKind, str] = {
    "captcha": "It asks whether the reader is human (a CAPTCHA).",
    "consent": "It shows its text only after a consent to cookies.",
    "paywall": "It is behind a paywall or a login.",
    "javascript": "It needs JavaScript to show its text.",
    "not_found": "It says that the page was not found.",
    "error_page": "It says that the site has an error or is closed for the moment.",
    "empty": "The page holds no text, only a frame, pictures or scripts.",
}

# In English, Spanish, German, French, Portuguese and Italian. The first kind that fits counts.
_SAYINGS: dict[UnreadableKind, str] = {
    "captcha": r"captcha|are you (a )?(human|robot)|(verify|confirm|prove)( that)? "
    r"you(['’]re| are) (a |not a )?(human|robot|bot)|i['’]?m not a robot|unusual traffic|"
    r"checking your browser|"
    r"just a moment|access denied|attention required|press (and|&) hold|"
    r"security (check|verification)|"
    r"no (soy|eres) un robot|tr[aá]fico inusual|comprueb[ae]n? que (eres|es) human|"
    r"kein roboter|ungewöhnlichen datenverkehr|sie ein mensch sind|"
    r"pas un robot|trafic (inhabituel|exceptionnel)|que vous êtes (un )?humain|"
    r"não (sou|é) um robô|tráfego incomum|que você é humano|"
    r"non sono un robot|traffico (insolito|anomalo)|di essere umano",
    "consent": r"(accept|agree to|consent to|use of)( all| our)? cookies|"
    r"cookie (consent|settings|preferences)|before you continue|privacy choices|"
    r"(aceptar|acepta|uso de)( todas)?( las)? cookies|antes de (ir|continuar)|"
    r"(alle )?cookies (akzeptieren|zustimmen|zulassen)|cookie-einstellungen|bevor sie (fortfahren|"
    r"weiter)|(accepter|utilisation)( tous| de)?( les| des)? cookies|avant (de continuer|"
    r"d['’]accéder)|continuer sans accepter|(aceitar|utiliza|uso de)( todos)?( os)? cookies|"
    r"antes de (avançar|prosseguir)|(accett[ai]|utilizz[oa]|uso)( di| dei)?( tutti)?( i)? cookie|"
    r"prima di (continuare|proseguire)",
    "paywall": r"subscribe (now )?to (continue|read|unlock)|(subscribers?|members?)[ -]only|"
    r"(log|sign) ?in to (continue|read|view)|already a subscriber|paywall|"
    r"to (continue|keep) reading|"
    r"(solo|exclusiv[oa]) para (suscriptores|socios)|suscr[ií]be(te|re) para|para seguir leyendo|"
    r"ya eres suscriptor|"
    r"nur für abonnenten|(jetzt|mit) .{0,20}(weiterlesen|abonnieren)|bereits abonnent|"
    r"anmelden,? um (weiter|den)|"
    r"réservé(e)?s? aux abonnés|abonnez-vous pour|déjà abonné|pour lire la suite|"
    r"(exclusivo|conteúdo) para assinantes|assine para|já é assinante|para continuar (lendo|a ler)|"
    r"(riservato|solo per) (agli |gli )?abbonati|abbonati per|sei già abbonato|"
    r"per continuare a leggere",
    "javascript": r"(enable|requires?|need|turn on|activate) (to (enable|run) )?java ?script|"
    r"javascript (is )?(disabled|required)|without javascript|"
    r"(activ[ae]r?|habilit[ae]r?|necesita) (el )?javascript|javascript (est[aá]|deve estar) "
    r"(des)?(activado|habilitado|ativado)|"
    r"javascript (zu )?aktivier|(aktivieren sie|benötigt|ohne) (bitte )?javascript|"
    r"active[rz] (le )?javascript|javascript (est )?(désactivé|requis|nécessaire)|"
    r"(ative|ativar|requer) (o )?javascript|"
    r"(attiva|abilita|attivare|abilitare|richiede) javascript",
    "not_found": r"\A\W*404\b|(error|fehler|erreur|errore|erro)\W+404\b|"
    r"\b404\W+(error|not|page|seite|p[aá]gina|fehler|erreur)|"
    r"(page|file|article) ((was|is|could|can) ?not|cannot be|not|isn['’]t) (be )?"
    r"(found|available|here)|page (does|doesn['’]t|no longer) (not )?exists?|"
    r"(can['’]t|cannot|couldn['’]t|could not) find (that|the|this) page|"
    r"no longer (exists|available)|"
    r"p[aá]gina (no|não) (se )?(encontrada|encuentra|existe|foi encontrada|disponible|disponível)|"
    r"no (se )?(hemos )?(encontr(ó|amos|ado)|existe) (la|esta) página|"
    r"seite (wurde )?(leider )?(nicht (gefunden|verfügbar)|existiert nicht)|"
    r"page (introuvable|non trouvée|inexistante)|page n['’](existe|a pas été trouvée)|"
    r"pagina (non )?(è stata )?(non )?(trovata|esiste|inesistente|disponibile)",
    "error_page": r"\b(500|502|503|504)\b.{0,20}(error|unavailable|time-?out|gateway)|"
    r"internal server error|service (is )?(temporarily )?unavailable|bad gateway|gateway time-?out|"
    r"(an|unexpected|server|application) error (has )?(occurred|occured)|something went wrong|"
    r"error establishing a database|(under|down for|scheduled) maintenance|"
    r"error (interno )?del servidor|en mantenimiento|algo (salió|ha ido) mal|"
    r"ein (unerwarteter )?fehler ist aufgetreten|interner serverfehler|wartungsarbeiten|"
    r"vorübergehend nicht (verfügbar|erreichbar)|"
    r"erreur (interne )?du serveur|une erreur (est survenue|s['’]est produite)|en maintenance|"
    r"erro (interno )?(do|no) servidor|algo deu errado|em manutenção|"
    r"errore (interno )?del server|si è verificato un errore|in manutenzione",
}
_PATTERNS = {kind: re.compile(said, re.IGNORECASE) for kind, said in _SAYINGS.items()}
# What the makers of such barriers leave in the markup.
_CAPTCHA_MARKS = re.compile(
    r"cf-chl|challenge-platform|px-captcha|captcha-delivery\.com|_Incapsula_Resource|"
    r"awswaf\.com|/recaptcha/challengepage",
    re.IGNORECASE,
)
_PAID = re.compile(r"\"isAccessibleForFree\"\s*:\s*\"?false", re.IGNORECASE)
_APP = re.compile(r"<(?:div|main|app-root)[^>]{0,200}\bid\s*=\s*[\"']?(?:root|app|__next|__nuxt)\b|"
                  r"<app-root", re.IGNORECASE)  # fmt: skip
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_REFRESH = re.compile(
    r"<meta[^>]{0,100}http-equiv\s*=\s*[\"']?refresh[^>]{0,100}?url\s*=\s*[\"']?([^\"'>\s]{1,300})",
    re.IGNORECASE,
)
# Markup is searched so far: barriers are small pages.
_MARKUP_CHARS = 200_000


def barrier(title: str, text: str, beside: str, markup: str) -> UnreadablePage | None:
    """Return what a page shows in place of its text, or None where it shows its text.

    Args:
        title: Its title.
        text: Its main text.
        beside: All that it shows, and what it shows where no scripts are run.
        markup: Its HTML.
    """
    if len(text) >= THIN_CHARS:
        return None
    kind = _said(f"{title}\n{text}")
    if kind is None and len(text) < SCANT_CHARS and len(beside) < 2 * THIN_CHARS:
        kind = _said(beside) or _built(text, markup[:_MARKUP_CHARS])
    return unreadable(kind) if kind else None


def unreadable(kind: UnreadableKind) -> UnreadablePage:
    """Return the error for a kind of barrier."""
    return UnreadablePage(kind, REASONS[kind])


def nothing(markup: str) -> UnreadablePage:
    """Return why a page without a barrier has no text."""
    target = _REFRESH.search(markup[:_MARKUP_CHARS])
    reason = f"The page only sends readers on to {target[1]}." if target else REASONS["empty"]
    return UnreadablePage("empty", reason)


def asks_for_human(markup: str) -> bool:
    """Whether the page that came with an error is a CAPTCHA."""
    words = re.sub(r"<[^>]*>", " ", markup)
    found = _CAPTCHA_MARKS.search(markup) or _PATTERNS["captcha"].search(words)
    # Servers say "access denied" of any page that is not for the public.
    return found is not None and found[0].lower() != "access denied"


def _said(words: str) -> UnreadableKind | None:
    return next((kind for kind, said in _PATTERNS.items() if said.search(words)), None)


def _built(text: str, markup: str) -> UnreadableKind | None:
    """Return what the markup of a page with scant text gives away."""
    if _CAPTCHA_MARKS.search(markup):
        return "captcha"
    if _PAID.search(markup):
        return "paywall"
    if not text and _APP.search(markup) and _SCRIPT.search(markup):
        return "javascript"
    return None
