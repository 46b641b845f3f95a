"""W19: a refusal carries a ground from a closed list; the lists are those of the public vocabulary."""

import pytest

from portals_core.plumbing.errors import BadInput
from requests.law.grounds import ERASURES, EXTENSIONS, QUESTIONS, REFUSALS, refusal, refusals_for

#: Terms of DPV 2.3 `rights_justifications`, transcribed, without those of Art. 13 and 14.
DPV = {
    f"JustificationA12{name}"
    for name in [
        "Complexity",
        "HighVolume",
        "IdentityFailure",
        "IdentityRequired",
        "InformationRequired",
        "ManifestlyExcessive",
        "ManifestlyUnfounded",
    ]
} | {
    f"JustificationA17{name}"
    for name in [
        "Archiving",
        "ChildData",
        "FreedomOfExpression",
        "LegalClaims",
        "LegalErasure",
        "LegallyRequired",
        "NoLegalBasis",
        "NonNecessity",
        "ObjectA21",
        "OfficialAuthority",
        "PublicHealth",
        "PublicInterest",
        "UnlawfulProcessing",
    ]
}


def test_the_four_lists_together_are_the_vocabulary_and_share_nothing() -> None:
    codes = [ground.code for ground in (*REFUSALS, *EXTENSIONS, *QUESTIONS, *ERASURES)]
    assert len(codes) == len(set(codes))
    assert {code for code in codes if not code.startswith("Own")} == DPV


def test_every_kind_has_a_ground_of_its_own_besides_those_of_article_12() -> None:
    """Else a correct refusal of a stop would have to be called manifestly unfounded (W19)."""
    for kind in ("delete", "stop", "export", "rectify"):
        assert any(not ground.article.startswith("12") for ground in refusals_for(kind))


def test_every_ground_has_its_own_sentence_and_an_article() -> None:
    grounds = (*REFUSALS, *EXTENSIONS, *QUESTIONS, *ERASURES)
    assert len({str(ground.sentence) for ground in grounds}) == len(grounds)
    for ground in grounds:
        number = ground.article.split("(")[0]
        assert number in {"12", "15", "16", "17", "18", "21"}
        assert ground.code.startswith((f"JustificationA{number}", f"OwnA{number}"))
        assert "Justification" not in str(ground.sentence)


def test_each_exception_to_erasure_is_on_the_list() -> None:
    """Art. 17(3)(a) to (e)."""
    articles = {ground.article for ground in refusals_for("delete")}
    assert {f"17(3)({letter})" for letter in "abcde"} <= articles


def test_an_exception_to_erasure_refuses_nothing_but_erasure() -> None:
    assert refusal("JustificationA17LegalClaims", "delete").article == "17(3)(e)"
    for kind in ("stop", "export", "rectify"):
        assert "17" not in {ground.article[:2] for ground in refusals_for(kind)}
        with pytest.raises(BadInput):
            refusal("JustificationA17LegalClaims", kind)
        assert refusal("JustificationA12ManifestlyExcessive", kind)


@pytest.mark.parametrize("code", ["", "JustificationA12Complexity", "JustificationA17NonNecessity", "no"])
def test_a_reason_from_another_list_is_no_ground_for_a_refusal(code: str) -> None:
    with pytest.raises(BadInput) as answer:
        refusal(code, "delete")
    assert answer.value.code == "refusal.ground"
