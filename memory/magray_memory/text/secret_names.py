"""Secret names: what passwords, keys and tokens are called in settings, programs and sentences."""

from __future__ import annotations

import re

_MOST_NAME = 60
PASSWORD = re.compile(
    r"""(?:[\w$-]*?(?:password|passwd|passwort|passphrase|passcode|passkey|passe|pwd)
        |(?:[\w$-]*[_$-]|db|smtp|imap|mail|ftp|user|admin|root|my|sudo|login|auth|http|proxy|rpc|ssh|key|store|\b)
            pass | (?:[\w$-]*[_-])?psk)
    (?:[_-]?(?:\d{1,2}|prod|production|dev|stage|staging|test|main|root|admin|user|db|value|new|old|current))?""",
    re.VERBOSE | re.IGNORECASE,
)
TOKEN = re.compile(
    r"""[\w$-]*?(?:secret(?:[_-]?(?:key|access[_-]?key|token|string|base|key[_-]?base))?
      | (?:x-)?api[_-]?(?:key|token|secret) | token | credentials? | bearer | authorization | passphrase
      | (?:app|access|private|auth|account|sign(?:ing|ature)?|encrypt(?:ion)?|decryption|master|shared|service
          |client|bot|licen[cs]e|storage|webhook|deploy|admin|subscription|consumer|hmac|jwt|cookie|session
          |host|server|integration|ingest|write|read|live|prod|rest|registry)[_-]?(?:access|api|secret)?[_-]?key
      | (?:aws|gcp|google|azure|github|gitlab|slack|stripe|openai|anthropic|mistral|cohere|gemini|huggingface
          |npm|pypi|twilio|sendgrid|telegram|discord|mailgun|mailchimp|datadog|dd|heroku|shopify|square|jira
          |atlassian|yandex|yc|vk|sentry|cloudflare|cf|digitalocean|do|algolia|firebase|mapbox|maps|newrelic)
        [_-](?:[a-z]+[_-])?key
      | (?:^|[_-])auth)
    (?:[_-]?(?:base64|b64|value|prod|production|dev|staging|test|live|\d{1,2}))?""",
    re.VERBOSE | re.IGNORECASE,
)
NO_SECRET = re.compile(
    r"""(?:forgot(?:ten)?|reset|invalid|wrong|incorrect|bad|missing|confirm|repeat|enter|change|show|hide|toggle
      |require[ds]?|no|has|is|use|uses|with|without|hash(?:ed)?|encrypted|encoded|public|pub|csrf|next|page
      |continuation|cancell?ation|cursor)[_-]?(?=[a-z]).*""",
    re.VERBOSE | re.IGNORECASE,
)
_ISSUERS = (
    *("aws", "azure", "google", "github", "gitlab", "slack", "stripe", "openai", "anthropic", "npm", "pypi"),
    *("twilio", "sendgrid", "telegram", "discord", "mailgun", "mailchimp", "datadog", "heroku", "shopify"),
    *("square", "atlassian", "yandex", "sentry", "cloudflare", "digitalocean", "docker"),
)
_SCHEMES = ("Bearer", "bearer", "Basic", "basic", "Token", "token", "Bot", "OAuth", "ApiKey")
_QUOTES = "\"'`\\ \t"


def kind_of_name(name: str) -> str:
    """What is shown in the place of a value of this name."""
    lower = name.lower()
    issuer = next((known for known in _ISSUERS if known in lower), None)
    plain = lower.replace("_", "").replace("-", "")
    if plain.endswith(("sharedaccesskey", "accountkey")):
        issuer = issuer or "azure"
    what = "secret"
    for word in ("token", "key", "auth", "bearer"):
        if word in lower:
            what = word if word in ("token", "key") else "token"
            break
    return f"{issuer} {what}" if issuer else what


def name_before(text: str, first: int) -> str | None:
    """The name that is given the value which begins at `first`."""
    head = text[max(0, first - 160) : first]
    rest = head.rstrip(_QUOTES)
    for scheme in _SCHEMES:
        if rest.endswith(scheme) and len(rest) < len(head):
            rest = rest.removesuffix(scheme).rstrip(_QUOTES)
            break
    if not rest or rest[-1] not in "=:>,":
        return None
    if rest.endswith(">") and not rest.endswith("=>"):
        begin = rest.rfind("<")
        return None if begin < 0 else re.split(r"[\s>]", rest[begin + 1 :], maxsplit=1)[0].rpartition(":")[2]
    plain = rest.rstrip("=:>,?+").rstrip(_QUOTES + "])")
    name = _last_name(plain)
    if name.lower() == "value":
        plain = plain[: len(plain) - len(name)].rstrip(_QUOTES + ",\r\n")
        return _last_name(plain)
    return name or None


def _last_name(text: str) -> str:
    begin = len(text)
    while begin and len(text) - begin < _MOST_NAME and _in_name(text[begin - 1]):
        begin -= 1
    return text[begin:]


def name_start(text: str, at: int) -> int:
    """Where the name begins in which the word at `at` stands."""
    start = at
    while start and at - start < _MOST_NAME and _in_name(text[start - 1]):
        start -= 1
    while start < at and text[start] in "-$":
        start += 1
    return start


def _in_name(character: str) -> bool:
    return character.isalnum() or character in "_-$"
