from django.urls import path

from requests.views import intake, letters, link, messages, officer, subject

app_name = "dsr_requests"
urlpatterns = [
    path("privacy/requests/new/", subject.new, name="new"),
    path("privacy/requests/<uuid:case>/", subject.status, name="status"),
    path("privacy/requests/<uuid:case>/withdraw/", subject.withdraw, name="withdraw"),
    path("requests/confirm/<str:token>/", link.confirm, name="confirm"),
    path("requests/answered/<slug:answer>/", link.answered, name="answered"),
    path("desk/cases/", officer.queue, name="queue"),
    path("desk/cases/new/", intake.new, name="intake"),
    path("desk/cases/<uuid:case>/", officer.case, name="case"),
    path("desk/cases/<uuid:case>/show/", officer.uncover, name="uncover"),
    path("desk/cases/<uuid:case>/progress/", officer.progress, name="progress"),
    path("desk/cases/<uuid:case>/take/", officer.take, name="take"),
    path("desk/cases/<uuid:case>/approve-request/", officer.decide_yes, name="decide-yes"),
    path("desk/cases/<uuid:case>/refuse/", officer.decide_no, name="decide-no"),
    path("desk/cases/<uuid:case>/approve/", officer.approve, name="approve"),
    path("desk/cases/<uuid:case>/send-back/", officer.send_back, name="send-back"),
    path("desk/cases/<uuid:case>/resume/", officer.resume, name="resume"),
    path("privacy/requests/<uuid:case>/messages/", messages.talk, name="talk"),
    path("privacy/requests/<uuid:case>/letters/<uuid:letter>/", letters.own, name="letter"),
    path("requests/read/<str:token>/", messages.read, name="read"),
    path("desk/cases/<uuid:case>/messages/", messages.desk, name="desk-talk"),
    path("desk/cases/<uuid:case>/messages/say/", messages.say, name="say"),
    path("desk/cases/<uuid:case>/messages/note/", messages.note, name="note"),
    path("desk/cases/<uuid:case>/messages/seen/", messages.seen, name="seen"),
    path("desk/cases/<uuid:case>/letters/<uuid:letter>/", letters.desk, name="desk-letter"),
    path("desk/cases/<uuid:case>/letters/<uuid:letter>/posted/", letters.mark_posted, name="posted"),
    path("desk/letters/", letters.templates, name="letter-templates"),
    path("desk/letters/<slug:kind>/<slug:language>/", letters.template, name="letter-template"),
    path("desk/letters/<slug:kind>/<slug:language>/revert/", letters.revert, name="letter-revert"),
]
