"""Histories of cases on which bugs put in on purpose are found: acts of the model, and time that passes."""

from __future__ import annotations

NOBODY, ROBIN, SHARED = "nobody@elsewhere.example", "robin@people.example", "kim@people.example"
PHONE = "+48600100200"

# --- who asks, who decides, how long ---------------------------------------------------------------------

GUESSED = [("form", ROBIN, "export", ""), *[("code", 0, "wrong")] * 5, ("code", 0, "right"), ("resend", 0)]
TWO_CODES = [
    ("form", ROBIN, "export", ""),
    ("form", NOBODY, "export", ""),
    ("code", 0, "1"),
    ("code", 1, "right"),
]
OLD_CODE = [("form", ROBIN, "export", ""), {"minutes": 31}, ("code", 0, "right"), ("link", 0)]
WITH_A_PHONE = [
    ("form", NOBODY, "export", PHONE),
    ("code", 0, "right"),
    ("bind", 0, "robin"),
    ("decide", 0, "officer"),
    ("vouch", 0),
]
SEVERAL = [
    ("form", SHARED, "export", ""),
    ("link", 0),
    ("bind", 0, "robin"),
    ("bind", 0, "lee"),
    ("refuse", 0),
]
ONE_OFFICER = [
    ("intake", "third_officer", "robin", "delete", True, 0),
    ("decide", 0, "officer"),
    ("approve", 0, "third_officer"),
    ("approve", 0, "officer"),
    ("approve", 0, "second_officer"),
    {"hours": 25},
]
TWO_OFFICERS = [
    ("file", "sage", "delete"),
    ("decide", 0, "officer"),
    ("approve", 0, "second_officer"),
    ("approve", 0, "second_officer"),
    ("approve", 0, "third_officer"),
    {"hours": 25},
]
SENT_BACK = [
    ("file", "sage", "delete"),
    ("decide", 0, "officer"),
    ("approve", 0, "second_officer"),
    ("send_back", 0, "third_officer"),
    ("decide", 0, "officer"),
    ("approve", 0, "third_officer"),
    {"hours": 25},
]
RECALLED = [
    ("file", "sage", "delete"),
    ("decide", 0, "officer"),
    ("approve", 0, "second_officer"),
    {"hours": 23},
    ("recall", 0),
    {"hours": 2},
    ("withdraw", 0, "sage"),
]
ANSWERED = [("file", "robin", "export"), ("ask", 0), {"days": 6}, ("answer", 0, "robin"), {"days": 1}]
LATE_QUESTION = [("file", "robin", "export"), {"days": 11}, ("ask", 0), {"days": 6}, ("answer", 0, "officer")]
MORE_TIME = [("intake", "officer", "robin", "export", True, 0), ("extend", 0), ("extend", 0)]
FOR_ADA = [
    ("file_added", "export"),
    ("file_added", "export"),
    ("confirm", 0),
    ("object", 0),
    ("file_added", "export"),
]
NOT_FOR_ADA = [("file_added", "delete"), ("object", 0), ("on_paper", 0)]
BY_WHOM = [
    ("file_added", "export"),
    ("confirm", 0),
    ("ask", 0),
    ("answer", 0, "sage"),
    ("answer", 0, "officer"),
]
SILENCE = [
    ("form", NOBODY, "export", ""),
    ("file", "robin", "export"),
    ("ask", 1),
    {"days": 14},
    {"days": 1},
    {"days": 16},
]
OVERDUE = [("file", "robin", "export"), {"days": 31}, {"days": 5}]
TWO_CASES = [
    ("file", "sage", "delete"),
    ("file", "sage", "export"),
    ("decide", 0, "officer"),
    ("approve", 0, "second_officer"),
    ("decide", 1, "officer"),
    {"days": 1},
    ("approve", 0, "second_officer"),
    {"days": 2},
]
BY_OTHERS = [
    ("intake", "third_officer", "ada", "delete", True, 0),
    ("decide", 0, "officer"),
    ("file_added", "export"),
    ("approve", 0, "second_officer"),
    ("file_added", "delete"),
    {"hours": 25},
]
BY_AN_OFFICER = [
    ("form", "officer@staff.example", "export", PHONE),
    ("vouch", 0),
    ("code", 0, "right"),
    ("decide", 0, "officer"),
]

# --- what is stored, corrected and locked; the same twice; what came earlier -------------------------------

CORRECTED = [
    ("file", "sage", "rectify", {"name": "Sage Summer", "health": "asthma"}),
    ("edit", "staff", "sage", "name", "Robin Stranger"),
    ("decide", 0, "officer", False, {"name": True}, False),
    ("decide", 0, "officer", False, {"name": True, "health": False}, True),
    ("approve", 0, "second_officer"),
    {"minutes": 1},
]
ENTERED = [
    ("form", ROBIN, "rectify", ""),
    ("link", 0),
    ("decide", 0, "officer"),
    ("enter", 0, "officer", {"phone": "+48600500600"}),
    ("enter", 0, "officer", {"name": "Robin Right"}),
    ("decide", 0, "officer"),
    {"minutes": 1},
    ("recorded", "officer", "", "+48600500600", "export", "phone", 0),
]
CORRECTED_FOR_ADA = [
    ("file_added", "rectify", {"health": "asthma"}),
    ("file_added", "rectify", {"name": "Ada Autumn"}),
    ("confirm", 0),
    ("decide", 0, "officer"),
    {"minutes": 1},
]
CORRECTED_WHILE_STOPPED = [
    ("file", "robin", "stop"),
    ("decide", 0, "officer"),
    {"minutes": 1},
    ("file", "robin", "rectify", {"health": "asthma"}),
    ("decide", 1, "officer"),
    {"minutes": 1},
]
STOPPED = [
    ("file", "robin", "stop"),
    ("decide", 0, "officer"),
    {"minutes": 1},
    ("edit", "staff", "robin", "name", "Robin Right"),
    ("edit", "robin", "robin", "name", "Robin Right"),
    ("note", "robin"),
    ("note", 3),
    ("add_order", "robin"),
    ("move_order", 1, "robin"),
    ("move_order", 3, "sage"),
    ("copy_order", 3),
    ("delete_order", 3),
    ("listed",),
]
STOPPED_TWICE = [
    ("intake", "officer", "robin", "stop", True, 0),
    ("intake", "second_officer", "robin", "stop", True, 0),
    ("decide", 0, "officer"),
    ("decide", 1, "officer"),
    {"minutes": 1},
    ("announce", 0, "officer"),
    ("announce", 0, "officer"),
    ("keep", 0, "officer"),
    {"days": 4},
    ("announce", 0, "officer"),
    {"days": 2},
    {"days": 2},
    ("keep", 0, "officer"),
    ("note", "robin"),
]
LEFT_OPEN = [
    ("file", "sage", "stop"),
    ("spare", 0, True),
    ("decide", 0, "officer"),
    {"minutes": 1},
    ("note", 1),
    ("note", "sage"),
]
LEFT_THERE = [
    ("file", "sage", "delete"),
    ("spare", 0, True),
    ("decide", 0, "officer"),
    ("decide", 0, "officer", True),
    ("approve", 0, "second_officer"),
    {"hours": 25},
    ("listed",),
    ("file", "sage", "export"),
]
ADDED_SINCE = [
    ("file", "sage", "delete"),
    ("decide", 0, "officer"),
    ("add_order", "sage"),
    ("approve", 0, "second_officer"),
    ("decide", 0, "officer"),
    ("approve", 0, "second_officer"),
    {"hours": 25},
]
TWICE = [
    ("file", "robin", "export"),
    ("intake", "officer", "robin", "export", True, 40),
    ("join", 1, 0),
    ("join", 0, 1),
    ("intake", "second_officer", "robin", "export", True, 0),
    ("join", 0, 2),
    ("settle", 1, "officer"),
    ("decide", 0, "officer"),
    {"minutes": 1},
    ("part", 0),
    ("settle", 1, "officer"),
]
TWICE_BY_NOBODY = [
    ("form", NOBODY, "export", ""),
    ("link", 0),
    ("form", NOBODY, "export", ""),
    ("link", 1),
    ("join", 1, 0),
    ("none_held", 0),
    ("settle", 1, "officer"),
]
TWICE_BY_OTHERS = [
    ("form", SHARED, "export", ""),
    ("link", 0),
    ("bind", 0, "kim"),
    ("form", SHARED, "export", ""),
    ("link", 1),
    ("bind", 1, "lee"),
    ("join", 1, 0),
    ("decide", 0, "officer"),
    {"minutes": 1},
    ("settle", 1, "officer"),
]
TWICE_ERASED = [
    ("file", "robin", "delete"),
    ("intake", "third_officer", "robin", "delete", True, 0),
    ("join", 1, 0),
    ("decide", 0, "officer"),
    ("approve", 0, "second_officer"),
    {"hours": 25},
    ("settle", 1, "officer"),
]
BY_PHONE = [
    ("recorded", "third_officer", ROBIN, "", "export", "", 40),
    ("recorded", "officer", "officer@staff.example", "", "export", "email", 0),
    ("recorded", "third_officer", "", PHONE, "delete", "phone", 3),
    ("decide", 1, "officer"),
    ("approve", 1, "third_officer"),
    ("approve", 1, "second_officer"),
    {"hours": 25},
    {"days": 5},
]
CHECKED_ONE_OF_TWO = [
    ("recorded", "officer", ROBIN, PHONE, "export", "phone", 0),
    ("vouch", 0),
    ("recorded", "officer", ROBIN, PHONE, "export", "email", 0),
    ("recorded", "officer", ROBIN, "", "export", "phone", 0),
    ("recorded", "officer", ROBIN, PHONE, "stop", "phone", 0),
    ("link", 2),
]
TWICE_ONE_WAITS = [
    ("file", "robin", "delete"),
    ("intake", "third_officer", "robin", "delete", True, 0),
    ("decide", 1, "officer"),
    ("refuse", 0),
    ("join", 1, 0),
    ("settle", 1, "officer"),
]
OF_ONESELF = [
    ("recorded", "second_officer", "officer@staff.example", "", "delete", "email", 0),
    ("recorded", "officer", "second_officer@staff.example", "", "delete", "email", 0),
    ("none_held", 0),
    ("ask", 0),
    ("extend", 0),
    ("ask", 1),
    ("answer", 1, "second_officer"),
    ("answer", 1, "third_officer"),
]
ANSWERED_BY_MAIL = [
    ("file", "robin", "export"),
    {"days": 1},
    ("ask", 0),
    {"days": 6},
    ("answer", 0, "officer", 14),
    ("answer", 0, "officer", 3),
]

HISTORIES = {
    name: value for name, value in list(globals().items()) if name.isupper() and isinstance(value, list)
}
