"""What the theme's style sheet has for parts of pages that the book has not."""

from __future__ import annotations

import re

from handbook.domain import Fault, warn

UNUSED = (
    *("admonition-todo", "announcement", "citation", "citation-reference", "epigraph"),
    *("ethical-callout", "ethical-sidebar", "field-list", "footnote", "footnote-reference"),
    *("line-block", "math", "math-wrapper", "option-list", "rst-current-version"),
    *("rst-other-versions", "rst-versions", "sd-card", "sd-card-hover", "sd-cards-carousel"),
    *("sd-tab-content", "sidebar-logo", "sidebar-logo-container", "sig-inline", "sig-name"),
    *("sig-param", "sig-paren", "sig-prename", "versionadded", "versionchanged", "versionmodified"),
    *("versionremoved", "viewcode-back", "viewcode-link"),
)
"""Classes that no page of the book has: a reader need not load what the theme has for them."""
_UNUSED = re.compile(rf"\.(?:{'|'.join(UNUSED)})(?![\w-])")
_RULE = re.compile(r"([^{}]+)(\{[^{}]*\})")
_LIST = re.compile(r"\([^()]*,")
_NOT = re.compile(r":not\(.*?\)")
_READ = re.compile(r"var\(\s*(--[\w-]+)")
_PROPERTY = re.compile(
    r"""(?<=[{;\s])(--[\w-]+):(?:[^;{}"']|"[^"]*"|'[^']*')*(?:;|(?=\}))""",
)
_SPACE = re.compile(r"\s*([{;}\n])\s*|(?<=[a-z-]:) ")
_CLASSES = re.compile(r'class="([^"]*)"')


def leaner(style: str) -> str:
    """Return the style sheet without what fits no page or is read by no rule: 1.5 kB less.

    A property of its own (`--name`) goes when no `var(--name)` reads it, pages being styled by
    this sheet alone.
    """
    return _without_unread(squeezed(_RULE.sub(_used, style)))


def squeezed(style: str) -> str:
    """Return a style sheet without the spaces and signs that mean nothing in it."""
    return _SPACE.sub(r"\1", style).replace(";}", "}")


def _without_unread(style: str) -> str:
    read = set(_READ.findall(style))
    left = _PROPERTY.sub(lambda match: match[0] if match[1] in read else "", style)
    return left if left == style else _without_unread(left)


def _used(rule: re.Match[str]) -> str:
    if _LIST.search(rule[1]):
        return rule[0]
    selectors = [one for one in rule[1].split(",") if not _UNUSED.search(_NOT.sub("", one))]
    return ",".join(selectors) + rule[2] if selectors else ""


def check_classes(body: str, page: str) -> None:
    """Warn if a page has a class whose rules were left out."""
    used = {name for classes in _CLASSES.findall(body) for name in classes.split()}
    for name in sorted(used.intersection(UNUSED)):
        problem = f"{page} has the class {name!r}, whose style is left out: take it out of UNUSED"
        warn(Fault.REPAIR, problem, None)
