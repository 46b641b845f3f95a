"""Purposes and texts around the common cast."""

from __future__ import annotations

from dataclasses import dataclass

from consent.catalogue import purposes, texts
from consent.deciding import decisions
from consent.models import Decision, Purpose, Text
from portals_core.access.actor import system
from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing.models import Mail
from portals_core.records import catalogue, descriptions
from portals_core.records.models import Module
from portals_core.writing.records import change_record
from tests import cast

LOOK = system("look in a test")


@dataclass
class Asked:
    """An organisation with one purpose that is published, in two languages, and one that is not."""

    org: cast.Organisation
    news: Purpose
    text: Text

    def actor(self, who: str):
        return self.org.actor(who)

    def give(self, who: str = "subject", **changed):
        actor = self.actor(who)
        given = {
            "subject": actor.identity,
            "purpose": "news",
            "text": self.text.pk,
            "at": cast.NOW,
            **changed,
        }
        return decisions.give(actor=actor, **given)

    def ask(self, **changed):
        """The subject asks for the consent of the person they added."""
        return self.give(subject=self.org.added.pk, **changed)

    def republish(self) -> Text:
        return publish("news", body="We write to you every day.")


def publish(
    purpose: str, *, language: str = "en", title: str = "Newsletter", body: str, at=cast.NOW, **more
) -> Text:
    """A text; `more` is whatever else it shows."""
    return texts.publish(
        actor=cast.SETTING_UP, purpose=purpose, language=language, title=title, body=body, at=at, **more
    )


def offer() -> tuple[Purpose, Text]:
    """A purpose that is published; another one that is not stands beside it."""
    news = purposes.define(actor=cast.SETTING_UP, key="news", name="Newsletter", channels=["email", "post"])
    purposes.define(actor=cast.SETTING_UP, key="draft", name="Not published", channels=["email"])
    return news, publish("news", body="We write to you once a month.")


def switch(of: Module, *, on: bool) -> None:
    """Keep bases and consent for a module's records, or no longer."""
    described = {**descriptions.described(of), "compliance": on}
    catalogue.define(actor=cast.SETTING_UP, description=described)


def set_up() -> Asked:
    return Asked(cast.set_up(), *offer())


def stored(subject) -> list[Decision]:
    """Every decision about a person, oldest first."""
    return list(Decision.objects.visible_to(LOOK).filter(subject=subject).order_by("number"))


def states(subject) -> list[str]:
    return [decision.state for decision in stored(subject)]


def leaves(code: str) -> int:
    return LedgerEntry.objects.filter(code=code).count()


def mails(kind: str) -> list[Mail]:
    return list(Mail.objects.filter(kind=kind).order_by("created_at", "id"))


def token_in(mail: Mail) -> str:
    """The secret of the link in a message."""
    line = next(line for line in mail.body.splitlines() if line.startswith("http"))
    return line.rstrip("/").rsplit("/", 1)[1]


def with_birthdays(made: Asked) -> None:
    """Contacts say when they were born, and in which country they live."""
    whole = descriptions.described(made.org.contacts)
    whole["fields"] += [
        {"key": "born", "label": "Born", "type": "date", "personal": "normal"},
        {"key": "country", "label": "Country", "personal": "normal"},
    ]
    whole |= {"born_key": "born", "country_key": "country"}
    catalogue.define(actor=cast.SETTING_UP, description=whole)


def born(record, day: str, country: str = "PL") -> None:
    given = {"born": day, "country": country}
    change_record(actor=cast.SETTING_UP, record=record.pk, given=given, at=cast.NOW)
