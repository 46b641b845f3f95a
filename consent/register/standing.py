"""How complete the register is: what is in it, and what it still lacks."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from consent.models import Party, PartyKind
from consent.register import activities, countries, parties, recipients
from portals_core.access.actor import Actor


@dataclass(frozen=True)
class Gap:
    """Something Art. 30 asks for that no single activity tells, and the kind of party to enter for it."""

    sentence: object
    kind: str


@dataclass(frozen=True)
class Standing:
    """The register in figures."""

    controller: int
    processor: int
    recipients: int
    #: Recipients outside the European Economic Area.
    abroad: int
    #: Points that activities in use lack.
    points: int
    gaps: list[Gap]

    @property
    def missing(self) -> int:
        """All that is missing; the aim is none."""
        return self.points + len(self.gaps)


def standing(actor: Actor) -> Standing:
    """How complete the register is; constantly many queries."""
    counted = activities.counted(actor)
    abroad = Count("pk", filter=~Q(country__in=countries.EEA))
    receiving = recipients.recipients(actor).filter(active=True).aggregate(all=Count("pk"), abroad=abroad)
    return Standing(
        controller=counted.controller,
        processor=counted.processor,
        recipients=receiving["all"],
        abroad=receiving["abroad"],
        points=counted.missing,
        gaps=_gaps(actor),
    )


def _gaps(actor: Actor) -> list[Gap]:
    rows = parties.parties(actor, PartyKind.CONTROLLER, PartyKind.REPRESENTATIVE)
    known: dict[str, Party] = {row.kind: row for row in rows}
    controller = known.get(PartyKind.CONTROLLER)
    if controller is None:
        sentence = _(
            "The controller is not entered. Until then name and e-mail address of the settings stand in."
        )
        return [Gap(sentence, PartyKind.CONTROLLER)]
    gaps = []
    if not (controller.email or controller.phone or (controller.street and controller.city)):
        gaps.append(Gap(_("The controller has no contact details (Art. 30(1)(a))."), PartyKind.CONTROLLER))
    if controller.country and countries.outside(controller.country) and PartyKind.REPRESENTATIVE not in known:
        sentence = _(
            "The controller is outside the European Economic Area and names no representative (Art. 27)."
        )
        gaps.append(Gap(sentence, PartyKind.REPRESENTATIVE))
    return gaps
