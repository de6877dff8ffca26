"""What is never kept, whoever asks for it: what opens something that belongs to the user."""

from __future__ import annotations

import re

from memory.flat import flat

_WORDED: tuple[tuple[str, str], ...] = (
    (
        r"\b(?:pass ?words?|passphrase|pass ?codes?|passwort|kennwort|contrasena|clave|"
        r"mot de passe|senha|palavra-passe|pwd|passwd)\b"
        r"(?!\s+(?:manager|reset|policy|field|prompt))"
        r"[^.?!\n]{0,40}?(?:\bis\b|\bare\b|=|:|\bist\b|\blautet\b|\bes\b|\best\b|\be\b|"
        r"\bto\b)\s*\S{3,}",
        "a password",
    ),
    (
        r"\b(?:pins?(?: (?:code|number|for|of|to))?|pin-?code|geheimzahl)\b[^.?!\n]{0,40}?"
        r"\b\d{4,8}\b|\b\d{4,8}\b[^.?!\n]{0,20}\b(?:my|the|mein|mi|mon) (?:\w+ )?pin\b",
        "a PIN",
    ),
    (
        r"\b(?:one[- ]time|verification|security|login|auth\w*|2fa|otp|sms|alarm|tan)"
        r"(?: \w+)? ?(?:code|password|pin|number)?\b[^.?!\n]{0,30}?\b\d{3}[ -]?\d{1,5}\b|"
        r"\b(?:cvv|cvc|cvv2)\b[^.?!\n]{0,20}?\b\d{3,4}\b",
        "a code that is to be used once or opens something",
    ),
    (
        r"\b(?:api|access|secret|private|auth|bearer|client)[ _-]?(?:key|token|secret)s?\b"
        r"[^.?!\n]{0,30}?[\w/+.-]{8,}|\btoken\b\s*(?:is|=|:)\s*\S{8,}",
        "a key or token",
    ),
    (
        r"\b(?:seed|recovery|backup|wallet|mnemonic)[ -]?(?:phrase|words|codes?|key)\b"
        r"[^.?!\n]{0,30}?(?:is|are|=|:)\s*\S+",
        "a recovery phrase",
    ),
    (
        r"\b(?:social security|ssn|sozialversicherungs\w*)\b[^.?!\n]{0,30}?"
        r"\d[\d -]{5,}\d|\b\d{3}-\d{2}-\d{4}\b",
        "an identity number",
    ),
)
_SECRETS = [(re.compile(pattern), what) for pattern, what in _WORDED]
_TOKEN = re.compile(
    r"\b(?:sk|pk|rk|ghp|gho|ghs|glpat|xox[abps]|AKIA|AIza|hf|npm|pypi)[-_A-Za-z0-9]{12,}\b|"
    r"\beyJ[\w-]{10,}\.[\w-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY-----|\b[0-9a-f]{40,}\b"
)
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")


def secret_in(text: str) -> str:
    """Name the secret that a text holds, as in `a password`; empty where it holds none."""
    plain = flat(text)
    for pattern, what in _SECRETS:
        if pattern.search(plain):
            return what
    if _TOKEN.search(text):
        return "a key or token"
    if any(_luhn(found[0]) for found in _CARD.finditer(text)):
        return "a card number"
    if any(_iban(found[0]) for found in _IBAN.finditer(text)):
        return "an account number"
    return ""


def reason(what: str) -> str:
    """Say why a secret is not kept."""
    return f"This is not kept, because it holds {what}: secrets belong in a password manager."


def _luhn(text: str) -> bool:
    """Check a card number's last digit (ISO/IEC 7812-1)."""
    digits = [int(char) for char in text if char.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _iban(text: str) -> bool:
    """Check an account number's two check digits (ISO 13616)."""
    plain = text.replace(" ", "")
    moved = plain[4:] + plain[:4]
    return int("".join(str(int(char, 36)) for char in moved)) % 97 == 1
