"""Public forms: anybody may sign up for a purpose, and it counts once they confirm by mail (D16).

Until then nothing is proved: what was typed stands by itself, connected with no record, and nobody is
searched for it (promise 1). Whether an address is known shows nowhere (promise 2). What is not confirmed is
purged.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.catalogue import purposes, texts
from consent.deciding import agreeing, newcomers
from consent.models import Decision, Purpose, SignUp, Text
from portals_core.access.actor import ANONYMOUS, Actor, Kind, system
from portals_core.ledger import append
from portals_core.people.models import normalise_email
from portals_core.plumbing import clock, links, mail, outbox
from portals_core.plumbing.errors import Absent, BadInput, TooMany

LINK = "consent_signup"
PURGE = "consent.purge_sign_ups"
#: Messages one address gets while its sign-ups wait, whoever types it in.
PER_ADDRESS = 3
_BATCH = 500
_KEEP = system("keep what somebody signed up for")


@dataclass(frozen=True)
class Waiting:
    """A sign-up behind its link: what was typed, and the exact text."""

    sign_up: SignUp
    text: Text
    purpose: Purpose

    @property
    def channel_names(self) -> list[str]:
        """The ways of contact chosen, in words."""
        return purposes.channel_names(self.sign_up.channels)


def form(key: str, *, language: str) -> tuple[Purpose, Text]:
    """The purpose and the text that its public form shows. Raises `Absent` where there is no such form."""
    found = purposes.active().filter(key=key, public_form=True).first()
    text = texts.current(found, language) if found else None
    if found is None or text is None:
        raise Absent(_("There is no such form, or it is closed."), code="sign_up.absent")
    return found, text


def sign_up(
    *,
    purpose: str,
    text: int,
    email: str,
    name: str,
    at: datetime,
    channels: Collection[str] | None = None,
    remarks: str = "",
) -> None:
    """Keep what somebody typed and write to the address they gave.

    The answer is the same for every address. Raises `BadInput` with a sentence per field, `Conflict` when
    the text changed since it was shown, `Absent` for a form that is closed, `TooMany` when everybody together
    signs up more often than the organisation expects.
    """
    wanted, _shown = form(purpose, language=settings.LANGUAGE_CODE)
    shown = texts.shown(wanted, text)
    address, called = _person(email, name)
    chosen, added = agreeing.channels(shown, channels), agreeing.answered(shown, remarks)
    with transaction.atomic():
        _refuse_flood(at)
        if _asked_often(address, at):
            return
        entered = SignUp(
            purpose=wanted,
            text=shown,
            name=called,
            email=address,
            channels=chosen,
            remarks=added,
            created_at=at,
        )
        entered.save(force_insert=True)
        append.record(
            "consent.signed_up",
            actor=ANONYMOUS,
            about=_about(entered),
            at=at,
            detail={"purpose": wanted.key, "text": shown.digest},
        )
        _write_to(entered, shown, at)


def waiting(token: str, *, at: datetime) -> Waiting:
    """What a link is about; changes nothing. Raises `Absent` for one that does not work."""
    reference = links.peek(token, LINK, at=at).about.partition(":")[2]
    rows = SignUp.objects.visible_to(_KEEP).select_related("purpose", "text__purpose")
    found = rows.filter(pk=reference).first()
    if found is None:
        raise Absent(
            _("This link was used already, has expired, or was not copied whole. Ask for a new one."),
            code="link.gone",
        )
    return Waiting(found, found.text, found.purpose)


def confirm(*, token: str, at: datetime) -> Decision:
    """The person's yes, by the link they were sent: now it holds, for a record that is theirs.

    The address is proved from here on: a record that has it is found, or one is entered with the form as its
    source. Uses the link up. Raises `Absent` for a link that does not work, `Conflict` when the text changed
    since, `Locked` under a restriction.
    """
    with transaction.atomic():
        found = waiting(token, at=at)
        shown = texts.shown(found.purpose, found.text.pk)
        used = links.redeem(token, LINK, at=at)
        actor = Actor(kind=Kind.ANONYMOUS, ref=f"link:{used.pk}")
        decision = newcomers.agree(actor=actor, sign_up=found.sign_up, text=shown, at=at)
        _drop(found.sign_up)
    return decision


def deny(*, token: str, at: datetime) -> None:
    """It was not this person who signed up, or they think better of it: what was typed goes at once."""
    with transaction.atomic():
        found = waiting(token, at=at)
        links.redeem(token, LINK, at=at)
        append.record("consent.sign_up_denied", actor=ANONYMOUS, about=_about(found.sign_up), at=at)
        _drop(found.sign_up)


def purge(held: outbox.Claim) -> None:
    """Daily job: what nobody confirmed in time goes (D16)."""
    before = clock.now() - _life()
    while True:
        with transaction.atomic():
            rows = SignUp.objects.visible_to(_KEEP).filter(created_at__lte=before)
            chosen = list(rows.order_by("created_at").values_list("pk", flat=True)[:_BATCH])
            if not chosen:
                return
            held.hold()
            SignUp.objects.visible_to(_KEEP).filter(pk__in=chosen).delete()
            append.record(
                "consent.sign_ups_purged", actor=_KEEP, about="sign-ups", detail={"rows": len(chosen)}
            )


def _life() -> timedelta:
    return timedelta(days=settings.SIGN_UP_DAYS)


def _about(entered: SignUp) -> str:
    return f"signup:{entered.pk}"


def _drop(entered: SignUp) -> None:
    SignUp.objects.visible_to(_KEEP).filter(pk=entered.pk).delete()


def _person(email: str, name: str) -> tuple[str, str]:
    wrong: dict[str, object] = {}
    called, address = " ".join(name.split()), normalise_email(email)
    try:
        validate_email(address)
    except ValidationError:
        wrong["email"] = _("This is not an e-mail address. Write it like name@example.org.")
    if not called or len(called) > 200:
        wrong["name"] = _("Write your name, in at most 200 characters.")
    if wrong:
        raise BadInput(str(next(iter(wrong.values()))), code="sign_up.person", fields=wrong)
    return address, called


def _asked_often(address: str, at: datetime) -> bool:
    """Whether this address was written to so often that it gets no more for now: nobody floods a mailbox
    through us, and who tries is not told."""
    rows = SignUp.objects.visible_to(_KEEP).filter(email=address, created_at__gt=at - _life())
    return rows.count() >= PER_ADDRESS


def _refuse_flood(at: datetime) -> None:
    hour = SignUp.objects.visible_to(_KEEP).filter(created_at__gt=at - timedelta(hours=1))
    if hour.count() >= settings.SIGN_UPS_PER_HOUR:
        raise TooMany(
            _("Very many people are signing up at the moment. Please try again in an hour."),
            code="sign_up.flood",
        )


def _write_to(entered: SignUp, text: Text, at: datetime) -> None:
    token = links.issue(LINK, about=_about(entered), at=at, ttl=_life())
    known = {
        "organisation": settings.ORGANISATION,
        "text": text.title,
        "link": links.address(reverse("consent:confirm-sign-up", args=[token])),
        "days": settings.SIGN_UP_DAYS,
        "contact": settings.CONTACT_EMAIL,
    }
    with translation.override(translation.get_language() or settings.LANGUAGE_CODE):
        title = gettext("%(organisation)s: please confirm") % known
        body = gettext(
            "Somebody entered this address on our form for:\n\n%(text)s\n\n"
            "If it was you, confirm it here; the link works once, for %(days)s days:\n\n%(link)s\n\n"
            "If it was not you, you need do nothing: what was entered is deleted then. "
            "Questions: %(contact)s.\n"
        )
        mail.send(
            to=entered.email,
            title=title,
            body=body % known,
            kind="consent.confirm_sign_up",
            language=translation.get_language() or settings.LANGUAGE_CODE,
            at=at,
        )
