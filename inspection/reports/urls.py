"""Addresses of the reports."""

from django.urls import path

from . import views

app_name = "reports"
urlpatterns = [
    path("reports/", views.run_list, name="list"),
    path("reports/new/", views.order, name="new"),
    path("reports/definitions/", views.definition_list, name="definitions"),
    path("reports/definitions/new/", views.definition_new, name="definition-new"),
    path("reports/definitions/<int:pk>/", views.definition_edit, name="definition"),
    path("reports/runs/<int:pk>/", views.run_detail, name="run"),
    path("reports/runs/<int:pk>/row/", views.run_row, name="row"),
    path("reports/runs/<int:pk>/repeat/", views.repeat, name="repeat"),
    path("reports/runs/<int:pk>/file.pdf", views.file, {"name": "pdf"}, name="pdf"),
    path("reports/runs/<int:pk>/file.xlsx", views.file, {"name": "xlsx"}, name="xlsx"),
]
