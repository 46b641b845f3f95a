from django.urls import path

from requests.views import approval, clock, intake, link, officer, subject, subject_answer

app_name = "dsr_requests"
urlpatterns = [
    path("privacy/requests/new/", subject.new, name="new"),
    path("privacy/requests/<uuid:case>/", subject.status, name="status"),
    path("privacy/requests/<uuid:case>/withdraw/", subject.withdraw, name="withdraw"),
    path("privacy/requests/<uuid:case>/answer/", subject_answer.answer, name="answer"),
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
    path("desk/cases/<uuid:case>/ask/", clock.ask, name="ask"),
    path("desk/cases/<uuid:case>/record-answer/", clock.record_answer, name="record-answer"),
    path("desk/cases/<uuid:case>/extend/", clock.extend, name="extend"),
    path("desk/cases/<uuid:case>/resume/", officer.resume, name="resume"),
    path("desk/cases/<uuid:case>/recall/", approval.recall, name="recall"),
    path("desk/cases/<uuid:case>/link/", approval.link, name="link"),
    path("desk/cases/<uuid:case>/unlink/", approval.unlink, name="unlink"),
    path("desk/cases/<uuid:case>/settle/", approval.settle, name="settle"),
    path("desk/cases/<uuid:case>/authority/", approval.authority, name="authority"),
]
