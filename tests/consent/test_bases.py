"""D1: exactly six bases, and the rights each opens, held against the public vocabulary's mapping."""

import pytest

from consent.law.bases import (
    EXPLAINED,
    LABELS,
    SPECIAL_LABELS,
    Basis,
    Right,
    Special,
    basis,
    rights_opened,
)
from portals_core.plumbing.errors import BadInput
from tests.parts import ROOT

#: DPV 2.3, `legal_basis_rights_mapping`, transcribed term by term.
DPV = {
    "A6-1-a": "A13 A14 A15 A16 A17 A18 A20 A22 A7-3 A77",
    "A6-1-b": "A13 A14 A15 A16 A17 A18 A20 A22 A77",
    "A6-1-c": "A13 A15 A16 A18 A77",
    "A6-1-d": "A13 A14 A15 A16 A17 A18 A22 A77",
    "A6-1-e": "A13 A14 A15 A16 A18 A21 A22 A77",
    "A6-1-f": "A13 A14 A15 A16 A17 A18 A21 A22 A77",
}
#: Where we differ, and only there, each with its reason (docs/law.md).
DIVERGENCE = {
    "A6-1-c": {"A17": "Art. 17 applies; the duty is the exception of 17(3)(b), so it is filed and refused"},
    "A6-1-e": {"A17": "Art. 17 applies; the task is the exception of 17(3)(b), so it is filed and refused"},
}
PAGE = ROOT / "docs" / "reference" / "consent" / "bases.md"


def test_there_are_exactly_six_bases_under_the_codes_of_the_vocabulary() -> None:
    assert [str(member) for member in Basis] == sorted(DPV)
    assert [str(member) for member in Special] == [f"A9-2-{letter}" for letter in "abcdefghij"]


@pytest.mark.parametrize("code", sorted(DPV))
def test_a_basis_opens_what_the_vocabulary_says_and_erasure_always(code: str) -> None:
    expected = set(DPV[code].split()) | set(DIVERGENCE.get(code, ()))
    assert {str(right) for right in rights_opened(code)} == expected


def test_the_divergence_is_real_and_stated() -> None:
    for code, more in DIVERGENCE.items():
        assert not set(more) & set(DPV[code].split())
        assert set(more) <= rights_opened(code) and all("17(3)(b)" in why for why in more.values())


def test_the_page_for_officers_says_the_same() -> None:
    """Row by row and basis by basis; where we differ there is a star."""
    lines = [line.strip("| \n").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    cells = [[cell.strip() for cell in line] for line in lines]
    rows = {row[1]: row[2:] for row in cells if len(row) > 1 and row[1] in set(Right)}
    assert set(rows) == {str(right) for right in Right}
    for right, marks in rows.items():
        padded = [*marks, *[""] * (6 - len(marks))]
        for code, mark in zip(sorted(DPV), padded, strict=True):
            differs = right in DIVERGENCE.get(code, {})
            opened = right in {str(one) for one in rights_opened(code)}
            assert mark == ("yes*" if differs else "yes" if opened else ""), (right, code)


def test_erasure_is_open_on_every_basis() -> None:
    assert all(Right.ERASURE in rights_opened(code) for code in Basis)


def test_portability_is_for_consent_and_contract_and_objection_for_the_two_interests() -> None:
    """D1."""
    assert {code for code in Basis if Right.PORTABILITY in rights_opened(code)} == {
        Basis.CONSENT,
        Basis.CONTRACT,
    }
    assert {code for code in Basis if Right.OBJECTION in rights_opened(code)} == {
        Basis.PUBLIC_INTERESTS,
        Basis.LEGITIMATE_INTERESTS,
    }
    assert {code for code in Basis if Right.WITHDRAW_CONSENT in rights_opened(code)} == {Basis.CONSENT}


@pytest.mark.parametrize("code", ["", "A6-1-g", "consent", "A9-2-a", "a6-1-a"])
def test_anything_else_is_no_basis(code: str) -> None:
    assert basis("A6-1-a") is Basis.CONSENT
    with pytest.raises(BadInput):
        basis(code)
    with pytest.raises(BadInput):
        rights_opened(code)


def test_people_see_words_and_never_codes() -> None:
    assert set(LABELS) == set(EXPLAINED) == set(Basis)
    assert set(SPECIAL_LABELS) == set(Special)
    for sentences in (LABELS, EXPLAINED, SPECIAL_LABELS):
        assert len(set(sentences.values())) == len(sentences)
        assert not any("A6" in sentence or "A9" in sentence for sentence in sentences.values())
