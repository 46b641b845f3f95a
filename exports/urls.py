from django.urls import path

from exports.views import auditor, subject

app_name = "exports"
urlpatterns = [
    path("privacy/downloads/<uuid:bundle>/", subject.download, name="download"),
    path("download/<str:token>/", subject.redeem, name="redeem"),
    path("audit/", auditor.case_list, name="audit"),
    path("audit/cases/<uuid:case>/", auditor.case_page, name="audit-case"),
    path("audit/cases/<uuid:case>/evidence/", auditor.ask_evidence, name="audit-evidence"),
    path("audit/evidence/<uuid:bundle>/", auditor.take_evidence, name="take-evidence"),
    path("audit/log/", auditor.log_page, name="log"),
    path("audit/check/", auditor.check_page, name="check"),
]
