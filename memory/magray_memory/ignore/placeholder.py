"""Placeholders: values that stand for a secret, or for none."""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(
    r"""[\s"']*(?:
      | null|none|nil|true|false|undefined|yes|no|on|off|string|str|text|required|optional|disabled|enabled
      | basic|opaque|bearer|oauth2?|jwt|token|secret|password|passwd|passphrase|example|dummy|placeholder
      | redacted|hidden | change[-_ ]?(?:me|it|this).* | todo.* | fixme.* | [*x.•#?_-]+ | \d{1,5}
      | [#][0-9a-f]{3,8} | (?:your|my|some|enter|insert|replace|put|the|add|set)[-_ ].* | .*[-_ ]here
      | .*(?:\$\{|\{\{|<[%?\w$-]|%\(|\$\(|\{%).* | [$%@!&*][\w:.-]*[%@]? | env[.(:].* | enc\[.*
      | .*(?:environ|getenv|process\.env|config\.get|vault:|secretref).*
    )[\s"']*""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
