"""A figure's words: a caption of at most three lines that is drawn in the image, and notes beside it.

The caption says what is drawn, what bands are, over which seeds, and in which units. The notes hold all else,
such as recipes, rules, p-values and the seeds that lack an event. Sentences that three lines cannot hold are
moved to the notes, so that no fact is lost.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import LoadFlags

SIGN = "Ω < 0 is synergy, Ω > 0 redundancy, as far as a Gaussian copula sees them (it is blind to XOR)."
MOST_LINES = 3
SIZE = 7.0  # points, of the letters of a caption
MARGIN = 0.02  # of the page's width, which no line of a caption takes


@dataclass(frozen=True)
class Words:
    """The sentences of a caption, the most important first, and those of the notes."""

    caption: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __add__(self, other: "Words") -> "Words":
        return Words(self.caption + other.caption, self.notes + other.notes)

    def fitted(self, inches: float) -> "Words":
        """Return the words with the lines of the caption, and what they cannot hold before the notes.

        Sentences are taken in their order up to the first that does not fit in three lines of a width.
        """
        kept: list[str] = []
        for sentence in self.caption:
            if len(lines_of([*kept, sentence], inches)) > MOST_LINES:
                break
            kept.append(sentence)
        return Words(lines_of(kept, inches), self.caption[len(kept) :] + self.notes)


def write_words(figure: Figure, words: Words) -> None:
    """Draw the caption below the panels, and keep all words with the figure (`words_of`)."""
    keep_words(figure, words)
    lines = words.fitted(figure.get_figwidth()).caption
    figure.supxlabel("\n".join(lines), fontsize=SIZE, x=MARGIN / 2, ha="left")


def words_of(figure: Figure) -> Words:
    """Return the words of a figure; what a figure of another make says at its foot is its caption."""
    return getattr(figure, "words", None) or Words([text] if (text := figure.get_supxlabel()) else [])


def keep_words(figure: Figure, words: Words) -> None:
    figure.words = words  # type: ignore[attr-defined]


def remark(figure: Figure, text: str) -> None:
    """Add a sentence to the notes of a figure."""
    keep_words(figure, words_of(figure) + Words(notes=[text]))


def lines_of(sentences: Iterable[str], inches: float, size: float = SIZE) -> list[str]:
    """Return sentences as lines that a width holds; each letter is measured once, and never a line."""
    lines, most = [""], 72 * inches * (1 - MARGIN)
    for word in " ".join(sentences).split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, size) > most:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines if lines[0] else []


def wrapped(text: str, inches: float, size: float) -> str:
    """Return a title or a label in lines that a width holds."""
    return "\n".join(line for part in text.split("\n") for line in lines_of([part], inches, size))


def width_of(text: str, size: float) -> float:
    """Return the width of a text in points, in the font of the figures."""
    path = findfont(FontProperties())
    return size * sum(advance(letter, path) for letter in text)


@cache
def advance(letter: str, path: str) -> float:
    """Return the width of a letter as a part of the font's size; 1 if the font does not have it."""
    font = get_font(path)
    if not font.get_char_index(ord(letter)):
        return 1.0
    font.set_size(100, 72)
    return font.load_char(ord(letter), flags=LoadFlags.NO_HINTING).linearHoriAdvance / 65536 / 100
