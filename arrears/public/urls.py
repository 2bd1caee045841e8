"""Addresses of the calculator. What was answered stands in the query; none of it names anybody."""

from django.urls import URLPattern, path

from . import views

urlpatterns: list[URLPattern] = [
    path("arrears/", views.start, name="arrears"),
    path("arrears/questions/", views.questions, name="arrears-questions"),
    path("arrears/result/", views.result, name="arrears-result"),
]
