"""Docstrings are written for a terminal; the site's Markdown is made from them.

Paragraphs stay paragraphs. Examples become Python, arguments a list, and columns text as it stands.
"""

import re

import griffe

COLUMNS = re.compile(r"^\S.*\S {2,}\S", re.MULTILINE)
ARGUMENT = re.compile(r"^(\w+(?:, \w+)*): ", re.MULTILINE)


class PlainDocstrings(griffe.Extension):
    """Change the docstring of each object when it is read."""

    def on_object(self, *, obj, **_):
        if obj.docstring:
            obj.docstring.value = markdown(obj.docstring.value)


def markdown(docstring):
    """Return the Markdown of a docstring."""
    return "\n\n".join(map(paragraph, re.split(r"\n(?:[ \t]*\n)+", docstring)))


def paragraph(text):
    """Return the Markdown of a paragraph."""
    if text.startswith(">>>"):
        return f"```pycon\n{text}\n```"
    if COLUMNS.search(text):
        return f"```text\n{text}\n```"
    if ARGUMENT.match(text):
        arguments = re.sub(r"(?<=\.)\n(?=[A-Z])", "\n\n", text)  # sentences about none of them come last
        return ARGUMENT.sub(r"- `\1`: ", arguments)
    return text
