"""Every address of the program, and two more that are there to be compared with."""

from django.urls import include, path

from . import views

handler400 = "inspection.pages.errors.bad_request"
handler403 = "inspection.pages.errors.permission_denied"
handler404 = "inspection.pages.errors.not_found"
handler500 = "inspection.pages.errors.server_error"

urlpatterns = [
    path("benchmark/floor/", views.floor),
    path("benchmark/plain/<str:number>/", views.plain),
    path("", include("inspection.urls")),
]
