"""People of the demo, made from what a file per language holds: believable, invented, the same every time."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

FOLDER = Path(__file__).parent / "people"
#: Order in which languages are walked; English first, as the demo's pages begin in it.
ORDER = ("en", "pl", "fi", "pt", "ru", "zh-hans")


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist."""

    name: str
    email: str
    phone: str
    street: str
    postal_code: str
    city: str


@dataclass(frozen=True)
class Tongue:
    """What people write and are called in one language."""

    words: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.words[name]
        except KeyError:
            raise AttributeError(name) from None

    def person(self, number: int, chance: Random) -> Person:
        """The person of this number: always the same name and address, the rest by `chance`."""
        name, _, latin = self.names[number].partition("|")
        postal_code, _, city = chance.choice(self.cities).partition("|")
        return Person(
            name=name,
            email=f"{latin or ascii_name(name)}@{self.domain}",
            phone=digits(self.phone, chance),
            street=self.street.format(street=chance.choice(self.streets), number=chance.randint(1, 120)),
            postal_code=postal_code,
            city=city,
        )


def tongues() -> list[Tongue]:
    """Every language of the demo."""
    files = (FOLDER / f"{code}.toml" for code in ORDER)
    return [Tongue(tomllib.loads(file.read_text(encoding="utf-8"))) for file in files]


def ascii_name(name: str) -> str:
    """A name as the local part of a mail address: "Róisín O'Sullivan" is "roisin.osullivan"."""
    plain = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L"))
    words = ("".join(char for char in word if char.isascii() and char.isalpha()) for word in plain.split())
    return ".".join(words).lower()


def digits(pattern: str, chance: Random) -> str:
    """The pattern with a digit in place of every #."""
    return "".join(str(chance.randint(0, 9)) if char == "#" else char for char in pattern)
