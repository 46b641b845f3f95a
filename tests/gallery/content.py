"""Invented people and cases, in three languages, for the gallery."""

from django import forms
from django.contrib.messages import constants as levels
from django.contrib.messages.storage.base import Message
from django.utils.formats import number_format


def item(label: str, icon: str, current: bool = False) -> dict:
    return {"url": "#main", "label": label, "icon": icon, "current": current}


PORTAL_NAV = [
    item("Home", "house"),
    item("Invoices", "receipt"),
    item("Privacy", "shield-check", True),
]
DESK_NAV = [
    item("Queue", "inbox", True),
    item("Intake", "phone"),
    item("Held records", "lock"),
    item("Consent", "list-checks"),
    item("Figures", "chart-column"),
    item("Audit log", "scroll-text"),
    item("Settings", "settings"),
]


class RequestForm(forms.Form):
    """One of each kind of field."""

    name = forms.CharField(label="Your name")
    email = forms.EmailField(
        label="Mail address",
        help_text="We write to this address only about this request.",
    )
    about = forms.ChoiceField(
        label="Who is it about?",
        help_text="You may ask for people you added yourself.",
        choices=[("me", "Me"), ("other", "Somebody I added")],
        widget=forms.RadioSelect,
    )
    channels = forms.MultipleChoiceField(
        label="How may we answer?",
        required=False,
        choices=[("mail", "Mail"), ("phone", "Phone"), ("post", "Letter")],
        widget=forms.CheckboxSelectMultiple,
    )
    since = forms.DateField(
        label="Since when?",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    country = forms.ChoiceField(label="Country", choices=[("pl", "Poland"), ("fi", "Finland")])
    words = forms.CharField(label="In your own words", required=False, widget=forms.Textarea)
    proof = forms.FileField(label="Proof", required=False)
    sure = forms.BooleanField(label="I have read what will be deleted and want it deleted.")


class SignInForm(forms.Form):
    username = forms.EmailField(
        label="Mail address",
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label="Password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class FilterForm(forms.Form):
    search = forms.CharField(label="Search", required=False, widget=forms.TextInput(attrs={"type": "search"}))
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "All kinds"), ("e", "Deletion")])
    state = forms.ChoiceField(label="State", required=False, choices=[("", "All open")])


def bound_form() -> forms.Form:
    form = RequestForm({"name": "", "email": "zofia(at)example", "country": "pl", "channels": ["mail"]})
    form.is_valid()
    form.add_error(None, "A request of this kind is already open since 3 June.")
    return form


def fresh_form() -> forms.Form:
    return RequestForm()


def sign_in_form() -> forms.Form:
    return SignInForm()


CHOICES = [
    {
        "icon": "download",
        "verb": "Export",
        "text": "Get a copy of everything held about you, to read and to reuse.",
    },
    {
        "icon": "pencil",
        "verb": "Rectify",
        "text": "Tell us what is wrong, field by field, and what is right.",
    },
    {
        "icon": "circle-pause",
        "verb": "Stop processing",
        "text": "Freeze your data while a question is open, or object.",
    },
    {
        "icon": "eraser",
        "verb": "Delete",
        "text": "Have your data destroyed, except what the law makes us keep.",
    },
]
STEPS = [
    {"label": "Received", "state": "done", "when": "3 June 2026"},
    {
        "label": "Proved",
        "state": "done",
        "when": "3 June 2026",
        "note": "You opened the link we sent to z…@example.org.",
    },
    {
        "label": "In review",
        "state": "current",
        "when": "since 5 June 2026",
        "note": "We are next. You need to do nothing.",
    },
    {"label": "Decided", "state": "coming", "when": "by 3 July 2026"},
    {"label": "Carried out", "state": "coming"},
    {"label": "Closed", "state": "coming"},
]


def portal() -> dict:
    said = [
        Message(levels.SUCCESS, "Your message was sent."),
        Message(levels.INFO, "An answer is due by 3 July."),
        Message(levels.WARNING, "Your sign-in ends in five minutes."),
        Message(levels.ERROR, "The file could not be read: send it again."),
    ]
    return {"choices": CHOICES, "steps": STEPS, "messages": said}


def privacy() -> dict:
    return {
        "purposes": [
            {
                "id": 1,
                "name": "Newsletter by mail",
                "text": "Once a month, offers of our own shop.",
                "given": True,
            },
            {
                "id": 2,
                "name": "Survey by phone",
                "text": "At most one call a year, about our service.",
                "given": False,
            },
        ],
        "modules": [
            ("Contacts", 1, 14, 2, "you, at sign-up"),
            ("Invoices", 37, 6, 0, "our shop"),
        ],
    }


STATES = [
    ("bad", "circle-alert", "Overdue"),
    ("warn", "hourglass", "Due in 3 days"),
    ("info", "search", "In review"),
    ("good", "circle-check", "Carried out"),
    ("quiet", "circle-pause", "Paused"),
]


def queue(rows: int) -> dict:
    people = [
        "Zofia Wiśniewska",
        "Aino Virtanen",
        "王小明",
        "João da Silva",
        "Иван Петров",
    ]
    kinds = ["Deletion", "Export", "Rectification", "Stop processing"]
    return {
        "filters": FilterForm({}),
        "rows": [
            {
                "number": f"2026-{1040 + i:05}",
                "person": people[i % 5],
                "kind": kinds[i % 4],
                "state": STATES[i % 5],
                "due": f"{i % 28 + 1} July 2026",
                "items": number_format(i * 137 + 2, force_grouping=True),
                "assignee": ["Marek", "—", "Liisa"][i % 3],
            }
            for i in range(rows)
        ],
    }


def plot() -> dict:
    values = [
        ("Jan", 12),
        ("Feb", 18),
        ("Mar", 9),
        ("Apr", 26),
        ("May", 31),
        ("Jun", 22),
    ]
    width, floor, step, top = 600, 200, 100, 31
    bars = [
        {
            "x": i * step + 20,
            "y": floor - value * 170 // top,
            "width": step - 40,
            "height": value * 170 // top,
            "middle": i * step + step // 2,
            "label": label,
            "value": value,
            "tone": "bad" if label == "Apr" else "",
        }
        for i, (label, value) in enumerate(values)
    ]
    return {
        "title": "Cases per month",
        "label_name": "Month",
        "value_name": "Cases",
        "width": width,
        "height": 230,
        "floor": floor,
        "bars": bars,
    }


def case() -> dict:
    return {"steps": STEPS, "plot": plot(), "states": STATES, "digest": "9f2c41d0" * 8}


WORDS = {
    "pl": {
        "title": "Prywatność i Twoje wnioski",
        "lead": "Tutaj widzisz, jakie dane mamy, i możesz poprosić o ich sprostowanie lub usunięcie.",
        "choices": [
            {
                "icon": "download",
                "verb": "Eksportuj",
                "text": "Otrzymaj kopię wszystkiego, co o Tobie przechowujemy.",
            },
            {
                "icon": "eraser",
                "verb": "Usuń",
                "text": "Zniszczymy dane, z wyjątkiem tych, których wymaga prawo.",
            },
        ],
        "column": "Wnioskodawczyni",
        "state": "Przetwarzanie wstrzymane",
        "person": "Wawrzyniec Brzęczyszczykiewicz-Chrząszczyżewoszycki",
        "ground": "Przechowywanie wymagane przepisami podatkowymi",
        "button": "Złóż wniosek o sprostowanie danych",
        "step": "Rozpatrywanie wniosku przez inspektora ochrony danych",
    },
    "zh-hans": {
        "title": "隐私与您的请求",
        "lead": "您可以在此查看我们持有的资料，并要求更正、停止处理、导出或删除。",
        "choices": [
            {
                "icon": "download",
                "verb": "导出",
                "text": "获取我们持有的关于您的全部资料的副本。",
            },
            {
                "icon": "eraser",
                "verb": "删除",
                "text": "销毁您的资料，法律要求保留的除外。",
            },
        ],
        "column": "请求人",
        "state": "处理已暂停",
        "person": "欧阳小明",
        "ground": "税法要求保留",
        "button": "请求更正资料",
        "step": "由数据保护专员审查",
    },
}


def words(language: str) -> dict:
    w = WORDS[language]
    return {
        "w": w,
        "steps": [
            {"label": w["step"], "state": s, "when": "2026-07-03"} for s in ("done", "current", "coming")
        ],
    }
