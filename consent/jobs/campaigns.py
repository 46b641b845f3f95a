"""Campaigns: one question to many people, asked by a job in batches.

Each batch is one transaction with everything it stores and the place it came to, so a job that is killed
goes on where it stood and asks nobody twice. What is handed over later is asked about once more then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from consent.catalogue import purposes, texts
from consent.contact import askable, asking, letters, questions
from consent.jobs import audiences
from consent.models import Audience, Authority, Campaign, CampaignState, Method, Purpose, Text
from consent.standing import children
from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.plumbing import clock, faults, outbox
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.records.models import Record

JOB = "consent.campaign"
#: People looked at in one transaction.
BATCH = 200
#: Nobody is asked by a campaign who was asked on the same version within this time.
RECENTLY = timedelta(days=30)
#: Why people were left out, in words.
SKIPPED = {
    "no_address": _("no e-mail address"),
    "said_no": _("said no themselves"),
    "meanwhile": _("decided meanwhile, or no longer there"),
    "objected": _("objected to it"),
    "asked": _("asked recently"),
    "locked": _("locked: nobody may write to them"),
    "child": _("too young to agree alone"),
}
_ASK = system("ask for consent in a campaign")


def start(*, actor: Actor, purpose: str, audience: str, at: datetime) -> Campaign:
    """Start asking. Needs "consent.manage".

    Raises `Conflict` where the purpose has no text on which people are asked now, or a campaign for it is
    running; `BadInput` for an unknown audience.
    """
    _may(actor)
    text = current(purposes.purpose(purpose))
    if text is None:
        raise Conflict(
            _("There is no text on which anybody is asked now. Publish one first."), code="campaign.no_text"
        )
    if audience not in Audience.values:
        raise BadInput(_("Choose who is asked."), fields={"audience": _("choose one")})
    with transaction.atomic():
        campaign = Campaign(
            purpose=text.purpose, text=text, audience=audience, started_by_id=actor.user_id, started_at=at
        )
        try:
            with transaction.atomic():
                campaign.save(force_insert=True)
        except IntegrityError:
            raise Conflict(
                _("A campaign for this purpose is running. Wait for its end, or stop it."),
                code="campaign.running",
            ) from None
        _leaf("campaign.started", campaign, actor=actor, at=at)
        outbox.enqueue(JOB, about=about(campaign), payload={"campaign": str(campaign.pk)})
    return campaign


def stop(*, actor: Actor, campaign: UUID, at: datetime) -> Campaign:
    """Ask nobody else; what was asked stays asked. Needs "consent.manage".

    Waits for the batch in hand. Raises `Conflict` for a campaign that is over, `Absent`.
    """
    _may(actor)
    with transaction.atomic():
        locked = _locked(campaign)
        if locked is None:
            raise Absent(_("There is no such campaign."))
        if locked.state != CampaignState.RUNNING:
            raise Conflict(_("This campaign is over already."), code="campaign.over")
        return _end(locked, CampaignState.STOPPED, actor=actor, at=at)


def current(purpose: Purpose, language: str = "") -> Text | None:
    """The text people are asked on now; `None` where nobody is asked."""
    found = questions.newest(purpose, language or settings.LANGUAGE_CODE)
    return found if purpose.active else None


def all_of_them(actor: Actor) -> QuerySet[Campaign]:
    """Every campaign the actor may see, newest first."""
    return Campaign.objects.visible_to(actor).select_related("purpose", "text", "started_by")


def about(campaign: Campaign) -> str:
    """How ledger and jobs name a campaign."""
    return f"campaign:{campaign.pk}"


# --- the job ---------------------------------------------------------------------------------------------


def run(held: outbox.Claim) -> None:
    """Job handler: ask batch by batch until nobody is left, or the campaign was stopped."""
    key = UUID(str(held.payload["campaign"]))
    while _batch(held, key, at=clock.now()):
        faults.reach("consent.campaign_batch")


def _batch(held: outbox.Claim, key: UUID, *, at: datetime) -> bool:
    """Look at the next people in one transaction; whether there may be more."""
    with transaction.atomic():
        campaign = _locked(key)
        if campaign is None or campaign.state != CampaignState.RUNNING:
            held.hold()
            return False
        text = current(campaign.purpose)
        if text is None or text.version != campaign.text.version:
            # Nobody is asked on words that are no longer ours.
            held.hold()
            _end(campaign, CampaignState.STOPPED, actor=_ASK, at=at)
            return False
        wanted = audiences.people(campaign.text, campaign.audience, at)
        if campaign.cursor is None:
            campaign.total = wanted.order_by().count()
        rest = wanted.filter(pk__gt=campaign.cursor) if campaign.cursor else wanted
        ids = list(rest.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if ids:
            _ask_all(campaign, ids, wanted, at=at)
            faults.reach("consent.campaign_asked")
            campaign.cursor = ids[-1]
            campaign.save(update_fields=["cursor", "total", "asked", "skipped"])
        else:
            _end(campaign, CampaignState.DONE, actor=_ASK, at=at)
        held.hold(done=done(campaign), total=campaign.total)
    return bool(ids)


def done(campaign: Campaign) -> int:
    """How many people were looked at."""
    return campaign.asked + sum(campaign.skipped.values())


def _ask_all(campaign: Campaign, ids: Sequence[UUID], wanted: QuerySet[Record], *, at: datetime) -> None:
    rows = Record.objects.visible_to(_ASK).filter(pk__in=ids).select_related("module").order_by("pk")
    records = list(rows.select_for_update(of=("self",)))
    purpose = campaign.purpose
    latest = askable.latest_of(ids, purpose)
    left_out = _left_out(
        records,
        campaign,
        latest_said_no={key for key, decision in latest.items() if askable.said_no(decision)},
        still=set(wanted.filter(pk__in=ids).values_list("pk", flat=True)),
        at=at,
    )
    floor, spoken = askable.floor(purpose, at), askable.languages(ids)
    versions = texts.spoken(purpose, campaign.text.version)
    for record in records:
        if record.pk in left_out:
            continue
        language = spoken.get(record.pk, settings.LANGUAGE_CODE)
        text = versions.get(language, campaign.text)
        text.purpose = purpose
        asking.put(
            actor=_ASK,
            record=record,
            text=text,
            before=latest.get(record.pk),
            holding=askable.holds(latest.get(record.pk), at, floor),
            authority=Authority.STAFF,
            method=Method.RULE,
            at=at,
            language=language,
            campaign=campaign,
            asked_by=campaign.started_by_id,
        )
    counted = Counter(left_out.values())
    counted["meanwhile"] += len(ids) - len(records)
    campaign.asked += len(records) - len(left_out)
    campaign.skipped = dict(Counter(campaign.skipped) + counted)


def _left_out(
    records: Sequence[Record],
    campaign: Campaign,
    *,
    latest_said_no: Collection[UUID],
    still: Collection[UUID],
    at: datetime,
) -> Mapping[UUID, str]:
    """Who is not asked, and why; of several reasons the one that tells most about the person's own will."""
    ids, purpose = [record.pk for record in records], campaign.purpose
    reasons: list[tuple[str, Collection[UUID]]] = [
        ("said_no", latest_said_no),
        ("objected", askable.objected(ids, purpose)),
        ("meanwhile", set(ids) - set(still)),
        ("locked", askable.locked(ids)),
        ("child", {record.pk for record in records if children.is_child(record, purpose, at)}),
        ("asked", askable.asked_since(ids, campaign.text, at - RECENTLY)),
        ("no_address", {record.pk for record in records if not letters.address_of(record)}),
    ]
    found: dict[UUID, str] = {}
    for code, keys in reasons:
        for key in keys:
            found.setdefault(key, code)
    return found


def _end(campaign: Campaign, state: CampaignState, *, actor: Actor, at: datetime) -> Campaign:
    campaign.state, campaign.ended_at = state, at
    campaign.save(update_fields=["state", "ended_at", "total"])
    _leaf(f"campaign.{state.value}", campaign, actor=actor, at=at)
    return campaign


def _leaf(code: str, campaign: Campaign, *, actor: Actor, at: datetime) -> None:
    append.record(
        code,
        actor=actor,
        about=about(campaign),
        at=at,
        detail={
            "purpose": campaign.purpose.key,
            "version": campaign.text.version,
            "audience": str(campaign.audience),
            "asked": campaign.asked,
            "skipped": campaign.skipped,
        },
    )


def _locked(campaign: UUID) -> Campaign | None:
    rows = Campaign.objects.visible_to(_ASK).filter(pk=campaign).select_related("purpose", "text__purpose")
    return rows.select_for_update(of=("self",)).first()


def _may(actor: Actor) -> None:
    if not actor.may("consent.manage"):
        raise Forbidden(_("Your role does not include asking people for consent."))
