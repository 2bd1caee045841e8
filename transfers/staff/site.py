"""The staff site: Django's admin with our pages, our theme and our rules of access."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from .. import plugs
from . import (
    books,
    case,
    contact,
    counter,
    disclosure,
    employers,
    feedback,
    finance,
    inbox,
    lines,
    materials,
    moves,
    outbox,
    papers,
    queue,
    record,
    remittances,
    search,
    statements,
    years,
)
from .desk import desk_of
from .uncounted import or_no_calendar


class StaffSite(admin.AdminSite):
    site_title = _("Transfer desk")
    site_header = _("Transfer desk")
    index_title = _("What you may manage")
    enable_nav_sidebar = False
    empty_value_display = "–"

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page needs; without Django's list of apps, which only the index shows."""
        allowed = self.has_permission(request)
        context = {
            "site_title": self.site_title,
            "site_header": self.site_header,
            "site_url": self.site_url,
            "has_permission": allowed,
            "is_popup": False,
            "is_nav_sidebar_enabled": False,
        }
        if allowed:
            context["desk"] = desk_of(request)
        return context

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(or_no_calendar(view), cacheable)

    @method_decorator(never_cache)
    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A member of an agency starts with the queue, everybody else with what they manage."""
        if desk_of(request).sees_cases:
            return redirect("admin:queue")
        context = {**self.each_context(request), "title": self.index_title, **(extra_context or {})}
        return render(request, "staff/index.html", context)

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is one index, whatever app a model lives in."""
        return redirect("admin:index")

    def get_urls(self) -> list[URLResolver | URLPattern]:
        # These register themselves with this site, so it must be there first.

        def page(route: str, view: Any, name: str) -> URLPattern:
            return path(route, self.admin_view(view), name=name)

        ours = [
            page("queue/", queue.queue, "queue"),
            page("queue/assign/", queue.assign, "assign"),
            page("inbox/", inbox.inbox, "inbox"),
            page("inbox/acknowledge/", inbox.acknowledge, "acknowledge"),
            page("feedback/", feedback.feedback, "feedback"),
            page("feedback/queries/<int:pk>/", feedback.answer, "feedback_answer"),
            page("feedback/ratings/<int:pk>/", feedback.reply, "feedback_reply"),
            page("outbox/", outbox.outbox, "outbox"),
            page("outbox/retry/", outbox.retry, "retry"),
            page("finance/", finance.finance, "finance"),
            page("books/", books.books, "books"),
            page("books/<int:pk>/release/", books.release_break, "break_release"),
            page("statements/", statements.statements, "statements"),
            page("statements/read/", statements.upload, "statement_read"),
            page("statements/columns/", statements.columns, "statement_columns"),
            page("statements/<int:pk>/", lines.statement, "statement"),
            page("statements/<int:pk>/accept/", lines.accept_exact, "statement_accept"),
            page("statements/<int:pk>/lines/<int:line>/", lines.line, "statement_line"),
            page("remittances/", remittances.remittances, "remittances"),
            page("remittances/export/", remittances.export, "remittances_export"),
            page("search/", search.search, "search"),
            page("calendar/", years.calendar, "calendar"),
            page("calendar/load/", years.load, "calendar_load"),
            page("employers/<int:pk>/link/", employers.link, "employer_link"),
            page("cases/new/", counter.new, "case_new"),
            page("cases/<str:reference>/", case.case, "case"),
            page("cases/<str:reference>/applicant/", case.applicant, "case_applicant"),
            page("cases/<str:reference>/record/", record.record, "case_record"),
            page("cases/<str:reference>/contact/", contact.contact, "case_contact"),
            page("cases/<str:reference>/identity/", disclosure.identity, "case_identity"),
            page("cases/<str:reference>/files/<uuid:token>/", materials.material, "case_file"),
            page("cases/<str:reference>/papers/certificate/", papers.certificate, "certificate"),
            page("cases/<str:reference>/papers/<str:number>/", papers.paper, "case_paper"),
            page("cases/<str:reference>/papers/<str:number>.pdf", papers.pdf, "case_paper_pdf"),
            page("cases/<str:reference>/<slug:verb>/", moves.move, "case_move"),
        ]
        plugged = [page(each.route, each.view, each.name) for each in plugs.staff_pages]
        return plugged + ours + super().get_urls()
