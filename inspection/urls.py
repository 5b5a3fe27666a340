"""Every address of the house. The upper floors are named by string, so that the ground floor imports nobody."""

from django.urls import include, path
from django.utils.module_loading import import_string
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from inspection.api.description import Schema
from inspection.pages import audit, live, views

handler400 = "inspection.pages.errors.bad_request"
handler403 = "inspection.pages.errors.permission_denied"
handler404 = "inspection.pages.errors.not_found"
handler500 = "inspection.pages.errors.server_error"

FLOORS = ("rounds.urls", "petitions.urls", "rectification.urls", "inspection.reports.urls")
API = ("rounds.api", "petitions.api", "rectification.api", "rectification.api_items", "inspection.reports.api")


def api_router() -> DefaultRouter:
    """The API of all floors: each `<floor>.api` has `register(router)`."""
    router = DefaultRouter()
    router.include_format_suffixes = False
    for module in API:
        import_string(f"{module}.register")(router)
    return router


urlpatterns = [
    path("", views.work_list, name="home"),
    path("notices/", views.notices, name="notices"),
    path("notices/<int:pk>/", views.notice, name="notice"),
    path("live/<str:label>/<int:pk>/", live.live, name="live"),
    path("audit/", audit.audit, name="audit"),
    path("audit/export/", audit.export, name="audit-export"),
    path("audit/export.jsonl", audit.export_lines, name="audit-export-lines"),
    path("audit/verify/", audit.verify, name="audit-verify"),
    path("audit/verification/", audit.verification, name="audit-verification"),
    path("healthz", views.alive, name="healthz"),
    path("readyz", views.ready, name="readyz"),
    path("accounts/", include("inspection.accounts.urls")),
    *(path("", include(module)) for module in FLOORS),
    path("api/v1/schema/", Schema.as_view(), name="api-schema"),
    path("api/v1/docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("api/v1/", include(api_router().urls)),
]
