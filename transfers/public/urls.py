"""Addresses of the pages for applicants and employers."""

from django.urls import URLPattern, URLResolver, include, path

from . import (
    apply,
    calendar_file,
    deadline,
    dispute,
    lookup,
    pages,
    papers,
    progress,
    rating,
    statistics,
    uploading,
    verify,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.start, name="start"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("language/", pages.language, name="language"),
    path("text-size/", pages.text_size, name="text-size"),
    path("contrast/", pages.contrast, name="contrast"),
    path("apply/", apply.answer, name="apply"),
    path("apply/not-yet/", apply.not_yet, name="apply-not-yet"),
    path("apply/check/", apply.check, name="apply-check"),
    path("apply/done/", apply.done, name="apply-done"),
    path("status/", lookup.look_up, name="lookup"),
    path("status/leave/", lookup.leave, name="leave"),
    path("status/<str:reference>/", progress.status, name="status"),
    path("status/<str:reference>/papers/<str:number>/", papers.page, name="paper"),
    path("status/<str:reference>/papers/<str:number>.pdf", papers.pdf, name="paper-pdf"),
    path("uploads/<uuid:token>/", uploading.upload, name="upload"),
    path("statistics/", statistics.statistics, name="statistics"),
    path("statistics/figures.csv", statistics.as_table, name="statistics-csv"),
    path("employer/", include("transfers.public.employer.urls")),
    path("verify/", verify.enter, name="verify"),
    path("verify/<str:number>/<str:code>/", verify.scanned, name="verify-paper"),
    path("status/<str:reference>/withdraw/", progress.withdraw, name="withdraw"),
    path("status/<str:reference>/dispute/", dispute.dispute, name="dispute"),
    path("status/<str:reference>/rate/", rating.rate, name="rate"),
    path("status/<str:reference>/calendar.ics", calendar_file.calendar_file, name="status-ics"),
    path("deadline/", deadline.deadline, name="deadline"),
    path("status/<str:reference>/again/", progress.again, name="apply-again"),
]
