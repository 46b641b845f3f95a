from django.urls import path

from requests.views import figures, intake, link, officer, queue, rules, subject

app_name = "dsr_requests"
urlpatterns = [
    path("privacy/requests/new/", subject.new, name="new"),
    path("privacy/requests/<uuid:case>/", subject.status, name="status"),
    path("privacy/requests/<uuid:case>/withdraw/", subject.withdraw, name="withdraw"),
    path("requests/confirm/<str:token>/", link.confirm, name="confirm"),
    path("requests/answered/<slug:answer>/", link.answered, name="answered"),
    path("desk/cases/", queue.queue, name="queue"),
    path("desk/cases/assign/", queue.assign, name="assign"),
    path("desk/cases/views/", queue.save_view, name="view-save"),
    path("desk/cases/views/begin/", queue.choose_view, name="view-choose"),
    path("desk/cases/views/<uuid:view>/delete/", queue.delete_view, name="view-delete"),
    path("desk/cases/workload/", figures.workload, name="workload"),
    path("desk/cases/figures/", figures.plots, name="figures"),
    path("desk/cases/register/", figures.register, name="register"),
    path("desk/cases/rules/", rules.listed, name="rules"),
    path("desk/cases/rules/new/", rules.edit, name="rule-new"),
    path("desk/cases/rules/<uuid:rule>/", rules.edit, name="rule"),
    path("desk/cases/rules/<uuid:rule>/delete/", rules.remove, name="rule-delete"),
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
]
