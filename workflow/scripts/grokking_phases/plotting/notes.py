"""The words of a figure's pages as plain Markdown, `figN.md` beside the picture.

The same text is reStructuredText, which a report shows below the picture: headings are underlined, lists have
hyphens, and a backslash stands before each sign that either would take for mark-up.
"""

import re
from pathlib import Path
from unicodedata import east_asian_width

from matplotlib.figure import Figure

from grokking_phases.plotting.words import Words, words_of
from grokking_phases.storage.atomic_write import whole

MARKS = re.compile(r"([\\`*|<>\[\]]|:(?=:)|(?<!\w)_|_(?!\w))")  # an underscore within a name marks nothing
OPENING = re.compile(r"^(\w{1,3}[.)](?=\s)|[^\w\s\\])")  # `1. `, `a) `, `(`, `-`: would begin a list
EVERY_PAGE = "On all pages"


def write_notes(path: str | Path, figure: str, pages: list[Figure], keywords: str = "") -> None:
    """Write title, caption and notes of each page; `keywords` stand at the end in a comment."""
    stamp = f"\n<!-- {keywords} -->\n" if keywords else ""
    with whole(path) as unfinished:
        unfinished.write_text(as_markdown(figure, pages) + stamp, encoding="utf-8")


def join_notes(path: str | Path, paths: list[str], keywords: str) -> None:
    """Write the words of several figures below each other, under their own titles."""
    texts = [re.sub(r"\n<!-- .* -->\n$", "", Path(each).read_text(encoding="utf-8")) for each in paths]
    with whole(path) as unfinished:
        unfinished.write_text("\n".join(texts) + f"\n<!-- {keywords} -->\n", encoding="utf-8")


def as_markdown(figure: str, pages: list[Figure]) -> str:
    """Return a heading for the figure, a section for each page, and one with what all pages share.

    Pages in a row that have the same title and the same words have one section.
    """
    words = [words_of(page) for page in pages]
    shared = [note for note in words[0].notes if all(note in each.notes for each in words)]
    if len(pages) == 1:
        shared = []
    parts = [heading(figure, "=")]
    for page, each in zip(pages, words, strict=True):
        own = [note for note in each.notes if note not in shared]
        part = section(page.get_suptitle(), Words(each.caption, own))
        if part != parts[-1]:
            parts.append(part)
    if shared:
        parts.append(section(EVERY_PAGE, Words([], shared)))
    return "\n".join(parts)


def section(title: str, words: Words) -> str:
    """Return a page's title, its caption as a paragraph, and its notes as a list."""
    caption = [f"{escaped(' '.join(words.caption))}\n"] if words.caption else []
    notes = ["".join(f"- {escaped(note)}\n" for note in dict.fromkeys(words.notes))] if words.notes else []
    return "\n".join([*([heading(title, "-")] if title else []), *caption, *notes])


def heading(title: str, line: str) -> str:
    title = escaped(title)
    return f"{title}\n{line * sum(1 + (east_asian_width(letter) in 'FW') for letter in title)}\n"


def escaped(text: str) -> str:
    """Return a text in one line, with a backslash before each sign that is mark-up."""
    line = MARKS.sub(r"\\\1", " ".join(text.split()))
    return OPENING.sub(lambda found: rf"{found[1][:-1]}\{found[1][-1]}", line)
