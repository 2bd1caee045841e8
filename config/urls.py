"""The addresses of the site."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path

from config.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("", include("transfers.public.urls")),
]
if apps.is_installed("arrears"):
    urlpatterns.append(path("", include("arrears.public.urls")))
