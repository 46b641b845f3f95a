"""What differs between two texts, word by word. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby, takewhile

# Chinese writes no spaces: there a word is one character.
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
#: A word, a mark or a line break; and the spaces behind it.
_WORDS = re.compile(rf"(\n|[{_HAN}]|[^\W{_HAN}]+|[^\w\s]|(?=[^\S\n]))([^\S\n]*)")
#: How many pairs of equal words may be looked at before frequent ones no longer count as anchors.
_PAIRS = 300_000

#: A word and the spaces behind it.
Word = tuple[str, str]


class Kind(StrEnum):
    """What became of some words."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True)
class Part:
    """Words that follow each other and share a fate; plain text, to be escaped where it is shown."""

    kind: Kind
    words: str

    @property
    def marked(self) -> str:
        """The words with a sign for each line break, which alone would not be seen."""
        return self.words.replace("\n", "¶\n")


def compare(before: str, after: str) -> list[Part]:
    """The way from one text to the other. The parts that are not new make `before` again, letter by letter,
    and those that are not gone make `after`. Of what changed, first comes what is gone."""
    parts: list[Part] = []
    steps = _steps(_WORDS.findall(before), _WORDS.findall(after))
    for same, run in groupby(
        ((kind, words) for kind, words in steps if words), lambda step: step[0] is Kind.SAME
    ):
        told = list(run)
        for kind in (Kind.SAME,) if same else (Kind.GONE, Kind.NEW):
            words = "".join(words for its, words in told if its is kind)
            parts += [Part(kind, words)] if words else []
    return parts


def differ(parts: Sequence[Part]) -> bool:
    """Whether anything is gone or new."""
    return any(part.kind is not Kind.SAME for part in parts)


def _steps(old: list[Word], new: list[Word]) -> Iterator[tuple[Kind, str]]:
    """Most of two versions is the same at both ends; only what lies between is matched."""
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    ends = len(old) - tail, len(new) - tail
    yield from _same(old[:head], new[:head])
    yield from _matched(old[head : ends[0]], new[head : ends[1]])
    yield from _same(old[ends[0] :], new[ends[1] :])


def _alike(old: list[Word], new: list[Word]) -> int:
    """How many words at the beginning are the same."""
    return sum(1 for _ in takewhile(lambda pair: pair[0][0] == pair[1][0], zip(old, new, strict=False)))


def _matched(old: list[Word], new: list[Word]) -> Iterator[tuple[Kind, str]]:
    for what, i, j, k, m in _matcher([word for word, _ in old], [word for word, _ in new]).get_opcodes():
        if what == "equal":
            yield from _same(old[i:j], new[k:m])
        else:
            yield Kind.GONE, "".join(word + spaces for word, spaces in old[i:j])
            yield Kind.NEW, "".join(word + spaces for word, spaces in new[k:m])


def _same(old: list[Word], new: list[Word]) -> Iterator[tuple[Kind, str]]:
    """Words that are the same; the spaces behind them need not be."""
    for (word, before), (_word, after) in zip(old, new, strict=True):
        yield Kind.SAME, word
        if before == after:
            yield Kind.SAME, before
        else:
            yield Kind.GONE, before
            yield Kind.NEW, after


def _matcher(old: list[str], new: list[str]) -> SequenceMatcher[str]:
    there = Counter(new)
    pairs = sum(number * there[word] for word, number in Counter(old).items())
    return SequenceMatcher(None, old, new, autojunk=pairs > _PAIRS)
