"""The template of the models that arriero derives for itself from a Llama 3 in Ollama.

Llama's stock templates show the tools only when the last message is the user's, and in front of
that message: after a tool's result the model sees no tools any more, and with each turn the tools
move, so that nothing behind them can be taken from the prefix cache. This one shows the functions
once, in the system block, and renders every message the same wherever it stands.
"""

from __future__ import annotations

import re

TEMPLATE_VERSION = 1
"""Raise it with every change of the template; models that were derived before are made again."""

_PREFIX = "arriero-"

_STOCK = (
    re.compile(r"\$last\b.*\$?\.Tools|\.Tools\s+\$last", re.DOTALL),
    re.compile(r"^(?!.*\.(Tools|Messages)\b).*\.Prompt\b", re.DOTALL),
)

_BODY = """\
{{- if or .System .Tools }}<|start_header_id|>system<|end_header_id|>

{{ .System }}
{{- if .Tools }}{{ if .System }}

{{ end }}You have functions. Call one when the answer needs it; otherwise answer in plain words.
To call, write nothing but one JSON object for each call, each on its own line:
{"name": "the function's name", "parameters": {"an argument's name": "its value"}}
The results come back from ipython; then call again or answer.

Functions:
{{- range .Tools }}
{{ . }}
{{- end }}
{{- end }}<|eot_id|>
{{- end }}
{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}
{{- if eq .Role "user" }}<|start_header_id|>user<|end_header_id|>

{{ .Content }}<|eot_id|>
{{- else if eq .Role "assistant" }}<|start_header_id|>assistant<|end_header_id|>

{{ .Content }}
{{- if .ToolCalls }}
{{- if .Content }}
{{ end }}
{{- range $n, $_ := .ToolCalls }}{{ if $n }}
{{ end }}{"name": "{{ .Function.Name }}", "parameters": {{ .Function.Arguments }}}
{{- end }}
{{- end }}
{{- if not $last }}<|eot_id|>{{ end }}
{{- else if eq .Role "tool" }}<|start_header_id|>ipython<|end_header_id|>

{{ .Content }}<|eot_id|>
{{- end }}
{{- if and $last (ne .Role "assistant") }}<|start_header_id|>assistant<|end_header_id|>

{{ end }}
{{- end }}"""


def derived_name(name: str) -> str:
    """Return the name of the model that is derived from `name`."""
    return _PREFIX + name.replace("/", "-")


def is_derived(name: str) -> bool:
    """Tell whether a name is one that `derived_name` makes."""
    return name.startswith(_PREFIX)


def template_for(digest: str) -> str:
    """Return the template, marked with its version and the digest of the base model."""
    return _marker(digest) + _BODY


def is_current(template: str, digest: str) -> bool:
    """Tell whether a derived model's template is today's and made from the base with `digest`."""
    return template.strip() == template_for(digest).strip()


def is_stock_llama3(family: str, template: str) -> bool:
    """Tell whether a model is a Llama 3 with the template that it came with.

    A template of somebody's own is left alone: it may be there for a reason. The stock ones are
    known by their headers and by gating the tools on the last message (3.1 and later) or by
    knowing neither tools nor messages (3.0).

    Args:
        family: The family in the model's details, such as `llama`.
        template: The template as `/api/show` gives it.
    """
    if family != "llama" or "<|start_header_id|>" not in template:
        return False
    return any(pattern.search(template) for pattern in _STOCK)


def _marker(digest: str) -> str:
    return f"{{{{- /* arriero template {TEMPLATE_VERSION} for {digest or 'unknown'} */ -}}}}\n"
