"""Bank statements: the list, reading one in, and saying which column holds what."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from ..models import Statement, StatementLayout
from ..money.statements import layouts, waiting
from ..money.statements.importing import AlreadyImported, LayoutNeeded, import_statement
from ..money.statements.layouts import ALWAYS, Field, Sheet
from ..tables import TableProblem, read, reading
from .access import MONEY_READERS, MONEY_WORKERS, for_roles
from .desk import Desk, desk_of
from .pages import page_context

LINES = 50
SAMPLE = 5
_SESSION = "statement"
_UNDECIDED = Q(lines__outcome="")


class UploadForm(forms.Form):
    bank = forms.CharField(
        label=gettext_lazy("Bank"),
        max_length=80,
        help_text=gettext_lazy("The columns of its files are kept under this name."),
        widget=forms.TextInput(attrs={"list": "banks", "autocomplete": "off"}),
    )
    file = forms.FileField(
        label=gettext_lazy("Statement file (CSV or XLSX)"),
        help_text=gettext_lazy("At most 10 MB and 20,000 rows."),
        allow_empty_file=True,
        error_messages={"required": gettext_lazy("Choose a file.")},
    )

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload.size > reading.MOST_BYTES:
            raise forms.ValidationError(
                _("The file is larger than %(n)d MB.") % {"n": reading.MOST_BYTES // 1024 // 1024}
            )
        return upload


class ColumnsForm(forms.Form):
    """For each field the column that holds it."""

    def __init__(self, headers: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "–"), *((header, header) for header in headers)]
        for field in Field:
            self.fields[field.value] = forms.ChoiceField(
                label=field.label, choices=choices, required=field in ALWAYS,
                error_messages={"required": _("Choose the column.")},
            )  # fmt: skip


@require_GET
@for_roles(MONEY_READERS, in_agency=True)
def statements(request: HttpRequest) -> HttpResponse:
    return _list(request, UploadForm())


def _list(request: HttpRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    desk = desk_of(request)
    found = Statement.objects.filter(agency__in=list(desk.agencies)).select_related("imported_by")
    before = request.GET.get("before", "")
    if before.isdigit() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    rows = list(
        found.annotate(
            all_lines=Count("lines"),
            undecided=Count("lines", filter=_UNDECIDED),
            held=Count("lines", filter=Q(lines__outcome="suspense")),
        ).order_by("-pk")[: LINES + 1]
    )
    works = _works(desk)
    context = page_context(
        request,
        title=_("Bank statements"),
        rows=rows[:LINES],
        after=rows[LINES - 1].pk if len(rows) > LINES else None,
        form=form if works else None,
        banks=_banks(desk) if works else [],
        show_agency=len(desk.agencies) > 1,
    )
    if form.errors:
        context["browser_title"] = _("Error: %(title)s") % {"title": context["title"]}
    return render(request, "staff/statements.html", context, status=status)


def _works(desk: Desk) -> bool:
    return bool(desk.roles & MONEY_WORKERS)


def _banks(desk: Desk) -> list[str]:
    kept = StatementLayout.objects.filter(agency=desk.user.agency_id)
    return list(kept.values_list("bank", flat=True))


@require_http_methods(["GET", "POST"])
@for_roles(MONEY_WORKERS, in_agency=True)
def upload(request: HttpRequest) -> HttpResponse:
    """Read a file in, or keep it until somebody has named its columns."""
    if request.method == "GET":
        return redirect("admin:statements")
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form, status=422)
    file, bank = form.cleaned_data["file"], form.cleaned_data["bank"].strip()
    content = file.read()
    try:
        return _read_in(request, bank, file.name, content, None)
    except LayoutNeeded as needed:
        _forget_waiting(request)
        request.session[_SESSION] = {
            "word": waiting.put(content),
            "name": file.name[:120],
            "bank": bank,
        }
        if needed.problem is not None:
            messages.warning(request, str(needed.problem))
        return redirect("admin:statement_columns")
    except TableProblem as problem:
        form.add_error("file", str(problem))
        return _list(request, form, status=422)


@require_http_methods(["GET", "POST"])
@for_roles(MONEY_WORKERS, in_agency=True)
def columns(request: HttpRequest) -> HttpResponse:
    """The file kept before, read in with the columns that are named now."""
    kept = request.session.get(_SESSION)
    content = waiting.get(kept["word"]) if kept is not None else None
    if kept is None or content is None:
        if request.method == "POST":
            messages.error(request, _("The file is no longer kept here. Choose it once more."))
        return redirect("admin:statements")
    bank = kept["bank"]
    try:
        if request.method == "POST":
            given = {field: request.POST.get(field, "") for field in Field.values}
            return _read_in(request, bank, kept["name"], content, given)
        sheet = layouts.sheet_of(read(content))
    except LayoutNeeded as needed:
        form = ColumnsForm(needed.sheet.headers, request.POST)
        if form.is_valid() and needed.problem is not None:
            form.add_error(None, str(needed.problem))
        return _ask_columns(request, bank, needed.sheet, form)
    except TableProblem as problem:
        messages.error(request, str(problem))
        return redirect("admin:statements")
    known = StatementLayout.objects.filter(agency=desk_of(request).user.agency_id, bank=bank)
    suggested = layouts.suggest(known.values_list("columns", flat=True).first(), sheet.headers)
    return _ask_columns(request, bank, sheet, ColumnsForm(sheet.headers, initial=suggested))


def _read_in(
    request: HttpRequest, bank: str, name: str, content: bytes, given: dict[str, str] | None
) -> HttpResponse:
    desk = desk_of(request)
    assert desk.agency is not None, "the page asks for membership of an agency"
    try:
        statement = import_statement(
            desk.agency, bank=bank, file_name=name, content=content, by=desk.user, at=timezone.now(),
            columns=given,
        )  # fmt: skip
    except AlreadyImported as already:
        _forget_waiting(request)
        messages.warning(
            request, _("This very file was read in before. Nothing was read in a second time.")
        )
        return redirect("admin:statement", already.statement.pk)
    _forget_waiting(request)
    count = statement.lines.count()
    text = ngettext(
        "%(n)d receipt was read in; %(out)d outgoing left out.",
        "%(n)d receipts were read in; %(out)d outgoing left out.",
        count,
    )
    messages.success(request, text % {"n": count, "out": statement.left_out})
    return redirect("admin:statement", statement.pk)


def _forget_waiting(request: HttpRequest) -> None:
    kept = request.session.pop(_SESSION, None)
    if kept is not None:
        waiting.drop(kept["word"])


def _ask_columns(request: HttpRequest, bank: str, sheet: Sheet, form: ColumnsForm) -> HttpResponse:
    title = _("Which column is which")
    width = len(sheet.header.cells)
    context = page_context(
        request,
        title=title,
        browser_title=_("Error: %(title)s") % {"title": title} if form.errors else title,
        form=form,
        bank=bank,
        header=sheet.header.cells,
        sample=[[row[place] for place in range(width)] for row in sheet.rows[:SAMPLE]],
    )
    return render(
        request, "staff/statement_columns.html", context, status=422 if form.errors else 200
    )
