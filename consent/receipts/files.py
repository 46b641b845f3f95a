"""The three files a receipt comes as."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from consent.receipts import dpv, kantara, paper
from consent.receipts.facts import Receipt
from portals_core.plumbing.errors import Absent


@dataclass(frozen=True)
class File:
    """A receipt, ready to be handed out."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class _Format:
    content_type: str
    write: Callable[[Receipt], bytes]


#: By the ending of the file's name.
FORMATS = {
    "pdf": _Format("application/pdf", paper.written),
    "dpv.json": _Format("application/ld+json", dpv.written),
    "kantara.json": _Format("application/json", kantara.written),
}


def check(form: str) -> None:
    """Raise `Absent` for an unknown format."""
    if form not in FORMATS:
        raise Absent(_("There is no such page."))


def file(receipt: Receipt, form: str) -> File:
    """The receipt in one of the formats. Raises `Absent` for an unknown one, `Conflict` for one that cannot
    tell this decision, `RenderFailed` where no PDF can be made."""
    check(form)
    wanted = FORMATS[form]
    name = f"consent-{receipt.purpose}-{receipt.act.at:%Y-%m-%d}.{form}"
    return File(name, wanted.content_type, wanted.write(receipt))
