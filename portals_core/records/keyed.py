"""By which mail address or phone number a record is found where that value is kept encrypted (F13, RD3).

Whoever asks for their data proves an address, and "nothing held" would be a wrong answer only because the
address is encrypted. So a keyed hash of its form stands beside it, under a key of its own and for each field
apart. Only addresses and numbers of people have one: they are so many that the hashes tell nothing by how
often they come (attack 73). What is found is opened and compared before it counts.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import system
from portals_core.plumbing import keyfiles, keyring
from portals_core.plumbing.errors import Absent
from portals_core.plumbing.outbox import Claim
from portals_core.records import addresses, sealed, values
from portals_core.records.models import Field, FieldType, KeyedForm, Record

KEY = "index.key"
JOB = "records.key_forms"
DUTY = "keyed forms"
_KEPT = (FieldType.EMAIL, FieldType.PHONE)
_KEEP = system("keep the keyed forms of encrypted values")
_BATCH = 500


def create_key() -> bool:
    """Make the key file; true if this call made it. Refuses while hashes exist that another key made: under
    a new one nobody would be found."""
    if not keyfiles.path(KEY).exists() and KeyedForm.objects.visible_to(_KEEP).exists():
        raise keyfiles.KeyFileMissing(
            _("Encrypted values are found under a key that is missing. Restore it from its escrow copy."),
            detail=KEY,
        )
    return keyfiles.create(KEY, secrets.token_bytes(keyfiles.KEY_BYTES))


def fields() -> list[Field]:
    """The fields whose values have a keyed form: encrypted addresses and numbers of people."""
    found = Field.objects.visible_to(_KEEP).filter(encrypted=True, type__in=_KEPT, module__identity=True)
    return list(found.select_related("module").order_by("pk"))


def has_form(field: Field) -> bool:
    """Whether values of this field have a keyed form."""
    return field.encrypted and field.type in _KEPT and field.module.identity


def store(record: Record, kept: Iterable[Field], stored: Mapping[str, object]) -> None:
    """Keep the forms of these values of a record; inside the transaction that writes them, under its lock."""
    for field in filter(has_form, kept):
        form = _form(field, stored.get(field.key))
        if form is not None:
            KeyedForm(field=field, record=record, digest=_digest(field, form)).save(force_insert=True)


def replace(
    record: Record, kept: Iterable[Field], changed: Collection[str], after: Mapping[str, object]
) -> None:
    """Have the forms follow values that changed: those of before are gone, those of `after` stand."""
    touched = [field for field in kept if field.key in changed and has_form(field)]
    if touched:
        KeyedForm.objects.visible_to(_KEEP).filter(record=record, field__in=touched).delete()
        store(record, touched, after)


def holders(field: Field, text: str) -> set[UUID]:
    """The records that hold this address or number in an encrypted field, whatever its spelling."""
    form = _form(field, text)
    if form is None:
        return set()
    hits = KeyedForm.objects.visible_to(_KEEP).filter(field=field, digest=_digest(field, form))
    rows = Record.objects.visible_to(_KEEP).filter(pk__in=hits.values("record"))
    return {row.pk for row in rows if _form(field, _opened(row, field)) == form}


def catch_up(held: Claim) -> None:
    """Job handler: give a form to every value that has none, of records older than the table. One record at
    a time, under the lock a writer takes."""
    done = 0
    for field in fields():
        for key in _without_form(field):
            done += 1
            with transaction.atomic():
                held.hold(done=done)
                _give(field, key)


def _without_form(field: Field) -> Iterator[UUID]:
    rows = Record.objects.visible_to(_KEEP).filter(module=field.module, sealed__has_key=field.key)
    have = KeyedForm.objects.visible_to(_KEEP).filter(field=field).values("record")
    yield from rows.exclude(pk__in=have).values_list("pk", flat=True).iterator(chunk_size=_BATCH)


def _give(field: Field, key: UUID) -> None:
    try:
        record = Record.objects.fetch(_KEEP, key, lock=True)
    except Absent:
        return  # Deleted since it was looked for.
    replace(record, [field], [field.key], {field.key: _opened(record, field)})


def _opened(record: Record, field: Field) -> object:
    text = record.sealed.get(field.key)
    try:
        return sealed.open_all(record.pk, {field.key: text})[field.key] if text else None
    except keyring.KeyDestroyed:
        return None  # Erased: nobody is found by it any more.


def _form(field: Field, value: object) -> str | None:
    if value in values.EMPTY:
        return None
    return addresses.form(str(value)) if field.type == FieldType.EMAIL else values.normal_form(field, value)


def _digest(field: Field, form: str) -> str:
    return hmac.new(keyfiles.read(KEY), f"{field.pk}:{form}".encode(), sha256).hexdigest()
