"""Receipts of every kind, without a database."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import strategies as st

from consent.models import Authority, Channel, Method, RecipientKind, State
from consent.receipts import facts

AT = datetime(2026, 3, 5, 9, 0, 0, 250_000, tzinfo=UTC)
SUBJECT = UUID("8dbb3335-264b-452b-8068-6055ebd7eb2d")
PAGE = "https://portal.example/privacy/"
OURSELVES = facts.Controller(name="Harjula Outdoor", email="privacy@harjula.example", country="FI")
#: A snapshot with everything the register can tell.
FROZEN = {
    "controller": {
        "name": "Harjula Outdoor Oy",
        "contact": "Aino Laine",
        "street": "Rantatie 1",
        "postcode": "00100",
        "city": "Helsinki",
        "country": "FI",
        "email": "privacy@harjula.example",
        "phone": "+358 9 1234567",
        "website": "https://harjula.example/",
    },
    "data": ["E-mail address", "Orders"],
    "special": ["Allergies"],
    "recipients": [
        {"name": "Postman Ltd", "kind": "processor", "country": "IE"},
        {"name": "Weather Office", "kind": "authority", "country": "FI"},
        {"name": "Trail Partners", "kind": "controller", "country": "CH"},
    ],
    "limits": "Two years after the last letter.",
}


def notice(**changed) -> facts.Notice:
    given = {
        "version": 2,
        "language": "en",
        "title": "Newsletter",
        "words": ("We write to you once a month.",),
        "published_at": AT,
        "digest": "d" * 64,
        **changed,
    }
    return facts.Notice(**given)


def act(number: int = 1, **changed) -> facts.Act:
    given = {
        "id": UUID(int=number, version=4),
        "state": "obtained",
        "authority": "self",
        "method": "portal",
        "channels": ("email", "post"),
        "remarks": "",
        "proof_sha256": "",
        "at": AT,
        "recorded_at": AT,
        "ends_at": None,
        "evidence": f"{number:064d}",
        "notice": notice(),
        **changed,
    }
    return facts.Act(**given)


def receipt(*acts: facts.Act, frozen=FROZEN) -> facts.Receipt:
    return facts.receipt(
        subject=SUBJECT,
        purpose="news",
        acts=acts or [act()],
        frozen=frozen,
        otherwise=OURSELVES,
        privacy_page=PAGE,
    )


_WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
_MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC))
_NOTICES = st.builds(
    facts.Notice,
    version=st.integers(1, 99),
    language=st.sampled_from(["en", "pl", "zh-hans", "pt", "fi", "ru"]),
    title=_WORDS,
    words=st.lists(_WORDS, min_size=1, max_size=3).map(tuple),
    published_at=_MOMENTS,
    digest=st.text("0123456789abcdef", min_size=64, max_size=64),
)


def acts(states=tuple(State.values)) -> st.SearchStrategy[facts.Act]:
    """Any decision in one of the states."""
    return st.builds(
        facts.Act,
        id=st.uuids(version=4),
        state=st.sampled_from(states),
        authority=st.sampled_from(Authority.values),
        method=st.sampled_from(Method.values),
        channels=st.sets(st.sampled_from(Channel.values)).map(sorted).map(tuple),
        remarks=st.just("") | _WORDS,
        proof_sha256=st.sampled_from(["", "a" * 64]),
        at=_MOMENTS,
        recorded_at=_MOMENTS,
        ends_at=st.none() | _MOMENTS,
        evidence=st.text("0123456789abcdef", min_size=64, max_size=64),
        notice=_NOTICES,
    )


_RECIPIENTS = st.fixed_dictionaries(
    {"name": _WORDS},
    optional={"kind": st.sampled_from(RecipientKind.values), "country": st.sampled_from(["FI", "CH"])},
)


def snapshots() -> st.SearchStrategy[dict]:
    """What the register may have said: any of it may lack."""
    told = FROZEN["controller"]
    return st.fixed_dictionaries(
        {},
        optional={
            "controller": st.fixed_dictionaries(
                {}, optional={name: st.just(value) for name, value in told.items()}
            ),
            "data": st.lists(_WORDS, max_size=3),
            "special": st.lists(_WORDS, max_size=2),
            "recipients": st.lists(_RECIPIENTS, max_size=3),
            "limits": st.just("") | _WORDS,
        },
    )


def receipts(states=tuple(State.values)) -> st.SearchStrategy[facts.Receipt]:
    """Any receipt whose last decision is in one of the states."""
    before = st.lists(acts(), max_size=3)
    return st.builds(
        lambda earlier, last, frozen: receipt(*earlier, last, frozen=frozen),
        before,
        acts(states),
        snapshots(),
    )
