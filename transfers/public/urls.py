"""Addresses of the pages for applicants and employers."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
