"""Where consent stands, said to people: what it means now, and what they can do."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consent.models import State

_OWN: dict[State, Promise] = {
    State.PENDING: _("You have not decided yet. Nothing is done for this unless you agree."),
    State.WAITING: _("You were asked and have not answered yet. Nothing is done for this unless you agree."),
    State.OBTAINED: _("You agreed to this."),
    State.RENEWED: _("You agreed to this again, on a newer text."),
    State.NOT_RESPONDED: _("You were asked and did not answer, so nothing is done. You can still decide."),
    State.REFUSED: _("You said no, so nothing is done for this. You can change your mind at any time."),
    State.WITHDRAWN: _("You switched this off. Nothing has been done for it since."),
    State.EXPIRED: _("The time you agreed for is over, so nothing is done. Agree again if you want it."),
    State.REVOKED: _(
        "Whoever added you withdrew this in your name. Nothing is done for it. If that is not what you want, "
        "read the text and decide for yourself."
    ),
    State.INVALIDATED: _(
        "Your agreement was found not to be valid, so nothing is done. You can read the text and decide anew."
    ),
}
_LAPSED = _(
    "The text was changed and you were asked again. What you agreed to before no longer counts, so nothing "
    "is done. Read the new text if you want it."
)
_OBJECTED = _("You agreed to this and objected later. Your objection counts: nothing is done for this.")
_LABELS: dict[State, Promise] = {
    State.WAITING: _("Waiting for you"),
    State.REVOKED: _("Withdrawn in your name"),
}
_OTHERS: dict[State, Promise] = {
    State.PENDING: _("Not asked yet. They must agree themselves before anything is done."),
    State.WAITING: _("We asked them by e-mail. Nothing is done until they confirm it themselves."),
    State.OBTAINED: _("They agreed themselves."),
    State.RENEWED: _("They agreed themselves, on a newer text."),
    State.NOT_RESPONDED: _("They were asked and did not answer, so nothing is done. You can ask again."),
    State.REFUSED: _("They said no. Only they can change that."),
    State.WITHDRAWN: _("They switched this off. Only they can switch it on again."),
    State.EXPIRED: _("The time they agreed for is over, so nothing is done. You can ask again."),
    State.REVOKED: _("You withdrew this in their name. Nothing is done for it."),
    State.INVALIDATED: _("Their agreement was found not to be valid, so nothing is done. You can ask again."),
}
_AS_PARENT = _("You agreed for this child, as the one who holds parental responsibility.")
_THEY_OBJECTED = _("They objected, so nothing is done for this.")


def own(state: State, *, by_new_text: bool, objected: bool) -> Promise:
    """The sentence for the person themself."""
    if objected:
        return _OBJECTED
    return _LAPSED if by_new_text and state is State.EXPIRED else _OWN[state]


def label(state: State) -> Promise | str:
    """The state in a word or two, for the person themself."""
    return _LABELS.get(state, state.label)


def of_another(state: State, *, as_parent: bool, objected: bool) -> Promise:
    """The sentence for whoever added the person."""
    if objected:
        return _THEY_OBJECTED
    return _AS_PARENT if as_parent and state in (State.OBTAINED, State.RENEWED) else _OTHERS[state]
