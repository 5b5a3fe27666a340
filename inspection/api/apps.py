from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "inspection.api"
    label = "api"
    verbose_name = "接口"
