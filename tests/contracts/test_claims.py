"""Every stored field of every model is claimed by a source or excluded with a reason (W25, promise 16)."""

from __future__ import annotations

from django.apps import apps

from portals_core.plumbing.sources import SOURCES

OURS = {"portals_core", "consent", "dsr_requests", "exports", "otp_totp", "otp_static", "sessions"}
#: "Model" or "Model.field" to the reason why no person's data stands there, or who answers for it.
EXCLUDED: dict[str, str] = {
    "portals_core.Module": "set-up of the organisation",
    "portals_core.Field": "set-up of the organisation",
    "portals_core.Layout": "set-up of the organisation",
    "portals_core.Project": "set-up of the organisation",
    "portals_core.UserType": "set-up of the organisation",
    "portals_core.ModuleAccess": "set-up of the organisation",
    "portals_core.FieldAccess": "set-up of the organisation",
    "portals_core.LayoutAccess": "set-up of the organisation",
    "portals_core.Profile": "set-up of the organisation",
    "portals_core.ProfileModule": "set-up of the organisation",
    "portals_core.ProfileField": "set-up of the organisation",
    "portals_core.Locking": "set-up of the organisation",
    "portals_core.LockRule": "set-up of the organisation",
    "portals_core.Role": "set-up of the organisation",
    "portals_core.Holding": "rights of staff, kept with the account",
    "portals_core.Edge": "copies the links of a record's values, goes with them",
    "portals_core.Job": "ids and counts only; a test searches it for personal data",
    "portals_core.OneTimeLink": "a digest and opaque ids",
    "portals_core.Lease": "duties of processes",
    "portals_core.Spent": "a keyed hash and a count; goes when its window is over",
    "portals_core.LedgerEntry": "opaque ids and a salted commitment",
    "portals_core.LedgerDetail": "sealed under the subject's key, unreadable when that is destroyed",
    "portals_core.TreeState": "hashes",
    "portals_core.Checkpoint": "hashes and signatures",
    "portals_core.SubjectKey": "wrapped keys; destroyed by an erasure",
    "portals_core.ImportRun": "names a file and counts; the file goes when the run ends",
    "portals_core.ImportRow": "row numbers and sentences without values",
    "consent.Purpose": "set-up of the organisation",
    "consent.Text": "published words, the same for everybody",
    "consent.Withdrawn": "set-up of the organisation",
    "consent.BasisChange": "words of the organisation, counts, ids that lead nowhere after an erasure",
    "consent.Campaign": "counts, and the id last looked at",
    "consent.SignUp": "typed by somebody unproven, connected with no person; purged after days",
    "consent.Activity": "the register of the organisation",
    "consent.Party": "published contacts of the organisation",
    "consent.Recipient": "business contacts of the organisation",
    "dsr_requests.Counter": "the last case number given in a year",
    "dsr_requests.Case.version": "counts changes",
    "dsr_requests.Effect": "steps of a case on opaque items: proof of what was done",
    "dsr_requests.Plan": "opaque ids, counts and a digest: the intention",
    "dsr_requests.Letter.version": "which version of a template was used",
    "dsr_requests.LetterTemplate": "words of the organisation, the same for everybody",
    "dsr_requests.SavedView": "filters of officers",
    "dsr_requests.ChosenView": "which saved view an officer begins with",
    "dsr_requests.AssignmentRule": "set-up of the organisation",
    "dsr_requests.Presence": "which officer had a case open, for a minute",
    "dsr_requests.Alarm": "which reminder was given when",
    "dsr_requests.Proposal.position": "the order of rows on a page",
    "dsr_requests.Proposal.source": "which source answers for the field",
    "exports.Bundle": "opaque ids, digests and moments of a file; the file is what the source answers for",
    "otp_totp.TOTPDevice": "second factor of an account, goes with it",
    "otp_static.StaticDevice": "second factor of an account, goes with it",
    "otp_static.StaticToken": "second factor of an account, goes with it",
    "sessions.Session": "ends with the account; holds ids only",
}


def stored_fields() -> set[str]:
    """Every column of our models but keys and links, as "Model.field"."""
    found = set()
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            for field in model._meta.concrete_fields:
                if not field.primary_key and not field.is_relation:
                    found.add(f"{model._meta.label}.{field.name}")
    return found


def claimed() -> set[str]:
    """Every field that some source answers for, by name."""
    return {f"{claim.model}.{claim.field}" for _key, source in SOURCES.items() for claim in source.describe()}


def unanswered(fields: set[str], claims: set[str], excluded: set[str]) -> list[str]:
    """Fields nobody answers for."""
    return sorted(
        name for name in fields if name not in claims | excluded and name.rpartition(".")[0] not in excluded
    )


def test_every_stored_field_is_answered_for():
    assert unanswered(stored_fields(), claimed(), set(EXCLUDED)) == []


def test_no_claim_and_no_exclusion_is_stale():
    fields = stored_fields()
    models = {model._meta.label for model in apps.get_models()}
    relations = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.is_relation
    }
    assert sorted(claimed() - fields - relations) == []
    assert sorted(name for name in EXCLUDED if name not in fields and name not in models) == []


def test_a_new_field_that_nobody_claims_is_seen():
    fields = stored_fields() | {"portals_core.User.shoe_size"}
    assert unanswered(fields, claimed(), set(EXCLUDED)) == ["portals_core.User.shoe_size"]
