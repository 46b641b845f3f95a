"""The personal data this app holds: records with what hangs on them, their files, the account, mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.file_source import Attachments
from portals_core.locks import decide, place
from portals_core.people import accounts, grants
from portals_core.plumbing import clock, keyring
from portals_core.plumbing.estimates import Few
from portals_core.plumbing.models import Mail
from portals_core.plumbing.sources import Authority, Change, Claim, Item, Row
from portals_core.records import catalogue, lookups, sealed
from portals_core.records.models import Module, Note, Record
from portals_core.writing import records as writing

_READ = system("collect what is held about a subject")
CHUNK = 500
_ACTS = frozenset({"erase", "restrict", "rectify"})


class Records:
    """The subject's own record and every record that belongs to it."""

    key = "records"
    label = _("Records")

    def describe(self) -> Iterable[Claim]:
        for name in (
            "values",
            "folded",
            "sealed",
            "version",
            "source",
            "changed_source",
            "owner",
            "creator",
            "created_at",
            "changed_at",
        ):
            yield Claim("portals_core.Record", name, personal=True)
        for name in ("body", "internal", "author", "created_at"):
            yield Claim("portals_core.Note", name, personal=True)
        yield Claim("portals_core.UniqueValue", "value", personal=True)
        yield Claim("portals_core.KeyedForm", "digest", personal=True)
        for name in (
            *("ground", "source", "rule_name", "reason", "placed_by", "subject"),
            *("placed_at", "ends_on", "ended_at"),
        ):
            yield Claim("portals_core.Lock", name, personal=True)

    def find(self, subject: UUID, *, actor: Actor) -> Iterator[Item]:
        """Items deepest first, so that each can be erased in its turn; the person's own comes last."""
        for wanted in lookups.gathered(subject).backwards(CHUNK):
            rows = Record.objects.visible_to(_READ).filter(pk__in=wanted)
            # Narrow rows, as for the export: whole records take longer to make than to find.
            columns = ("pk", "version", "values", "module__key", "module__title_key")
            found = {row[0]: row for row in rows.values_list(*columns)}
            yield from (self._item(*found[key]) for key in wanted if key in found)

    def _item(self, key: UUID, version: int, values: Mapping[str, object], kind: str, title: str) -> Item:
        return Item(
            source=self.key,
            kind=kind,
            ref=str(key),
            version=version,
            label=str(values.get(title) or ""),
            acts=_ACTS,
            key_scope=key,
        )

    def export(self, subject: UUID, *, actor: Actor) -> Iterator[Row]:
        """Every value of every record, exactly as stored, masked, encrypted and withheld ones in clear
        (decision 10, F12, F13); notes; and where others merely name the person."""
        fields = catalogue.by_module()
        tables = {
            one.pk: (one.key, [field.key for field in fields.get(one.pk, ())]) for one in catalogue.modules()
        }
        yield from self._rows([subject], tables)
        for batch in lookups.belonging(subject):
            yield from self._rows(batch, tables)
        for record, module, field in lookups.mentions(subject):
            yield Row("mentions", {"record": str(record), "module": module, "field": field}, provided=False)

    def _rows(self, wanted: list[UUID], tables: Mapping[int, tuple[str, list[str]]]) -> Iterator[Row]:
        # Narrow rows: building a model instance for each costs more than the query.
        columns = (
            "pk",
            "module_id",
            "values",
            "sealed",
            "source",
            "created_at",
            "changed_source",
            "changed_at",
        )
        rows = Record.objects.visible_to(_READ).filter(pk__in=wanted).values_list(*columns)
        found = {row[0]: row for row in rows}
        # One query for the keys of a batch, and none where nothing is encrypted.
        encrypted = [row[0] for row in rows if row[3]]
        decrypt = keyring.reader(ahead=encrypted) if encrypted else None
        for key in (key for key in wanted if key in found):
            _pk, module, values, secret, source, created_at, changed_source, changed_at = found[key]
            if secret:
                values = {**values, **sealed.open_all(key, secret, decrypt)}
            name, keys = tables[module]
            facts = {"id": str(key), "source": source, "created_at": created_at.isoformat()}
            facts |= {"changed_source": changed_source, "changed_at": changed_at.isoformat()}
            yield Row(name, {**facts, **{one: values.get(one) for one in keys}})
        # What staff wrote among themselves is about the person, too: unseen in the portal (C10), in the copy.
        notes = Note.objects.visible_to(_READ).filter(Few(record__in=wanted)).order_by("created_at", "id")
        for record, body, internal, written in notes.values_list("record", "body", "internal", "created_at"):
            note = {"record": str(record), "body": body, "created_at": written.isoformat()}
            yield Row("staff_notes" if internal else "notes", note, provided=not internal)

    def erase(self, item: Item, *, subject: UUID, actor: Actor, under: Authority) -> None:
        writing.delete_record(actor=actor, record=item.ref, at=clock.now(), under=under)

    def restrict(self, item: Item, *, subject: UUID, actor: Actor, under: Authority) -> None:
        place.place(
            actor=actor,
            record=UUID(item.ref),
            ground="restriction",
            reason=str(_("processing is restricted at the person's request")),
            placed_by=decide.case_ref(under.case),
            at=clock.now(),
            subject=subject,
        )

    def rectify(
        self, item: Item, values: Mapping[str, object], *, subject: UUID, actor: Actor, under: Authority
    ) -> list[Change]:
        return writing.change_record(actor=actor, record=item.ref, given=values, at=clock.now(), under=under)


_ACCOUNT = (
    "email",
    "name",
    "password",
    "language",
    "time_zone",
    "time_format",
    "country",
    "invited_at",
    "confirmed_at",
    "last_login",
    "profile",
    "main_user",
)


class Account:
    """The portal account tied to the subject's record."""

    key = "account"
    label = _("Portal account")

    def describe(self) -> Iterable[Claim]:
        for name in _ACCOUNT:
            yield Claim("portals_core.User", name, personal=True, erasure="clear")
        for name in ("public_id", "kind", "is_active", "created_at", "projects"):
            yield Claim("portals_core.User", name, personal=False, erasure="keep")

    def find(self, subject: UUID, *, actor: Actor) -> Iterator[Item]:
        user = accounts.account_of(subject)
        if user is not None:
            yield Item(self.key, "account", str(user.public_id), label=user.email, acts=frozenset({"erase"}))

    def export(self, subject: UUID, *, actor: Actor) -> Iterator[Row]:
        user = accounts.account_of(subject)
        if user is not None:
            profile = grants.profile_of(user)
            yield Row(
                "account",
                {
                    "email": user.email,
                    "name": user.name,
                    "active": user.is_active,
                    "main_user": user.main_user,
                    "profile": profile.name if profile else None,
                    "language": user.language,
                    "time_zone": user.time_zone,
                    "country": user.country,
                    "invited_at": user.invited_at and user.invited_at.isoformat(),
                    "confirmed_at": user.confirmed_at and user.confirmed_at.isoformat(),
                    "last_login": user.last_login and user.last_login.isoformat(),
                },
            )

    def erase(self, item: Item, *, subject: UUID, actor: Actor, under: Authority) -> None:
        user = accounts.account_of(subject)
        if user is not None:
            accounts.forget(actor=actor, user=user, at=clock.now())

    def restrict(self, item: Item, *, subject: UUID, actor: Actor, under: Authority) -> None:
        """Nothing to restrict: the person goes on using the account to follow their cases."""

    def rectify(
        self, item: Item, values: Mapping[str, object], *, subject: UUID, actor: Actor, under: Authority
    ) -> list[Change]:
        return []


class Messages:
    """Mail that was written to the subject."""

    key = "mail"
    label = _("Messages sent")

    def describe(self) -> Iterable[Claim]:
        for name in (
            "to",
            "title",
            "body",
            "subject_id",
            "kind",
            "state",
            "language",
            "created_at",
            "sent_at",
        ):
            yield Claim("portals_core.Mail", name, personal=True)

    def find(self, subject: UUID, *, actor: Actor) -> Iterator[Item]:
        if Mail.objects.filter(subject_id=subject).exists():
            yield Item(self.key, "mail", str(subject), acts=frozenset({"erase"}))

    def export(self, subject: UUID, *, actor: Actor) -> Iterator[Row]:
        for mail in Mail.objects.filter(subject_id=subject).order_by("created_at").iterator():
            yield Row(
                "messages",
                {
                    "kind": mail.kind,
                    "to": mail.to,
                    "title": mail.title,
                    "created_at": mail.created_at.isoformat(),
                },
                provided=False,
            )

    def erase(self, item: Item, *, subject: UUID, actor: Actor, under: Authority) -> None:
        Mail.objects.filter(subject_id=subject).delete()

    def restrict(self, item: Item, *, subject: UUID, actor: Actor, under: Authority) -> None:
        """Messages already sent are stored, no more."""

    def rectify(
        self, item: Item, values: Mapping[str, object], *, subject: UUID, actor: Actor, under: Authority
    ) -> list[Change]:
        return []


def all_sources() -> tuple[Records, Attachments, Account, Messages]:
    """The sources of this app, registered at start-up."""
    return Records(), Attachments(), Account(), Messages()


def people_modules() -> list[Module]:
    """The modules whose records are people."""
    return list(catalogue.modules().filter(identity=True))
