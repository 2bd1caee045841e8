"""Signing in and out, and passwords. An agency makes the account; nobody registers by themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import forms as auth_forms
from django.contrib.auth import logout
from django.contrib.auth import views as auth_views
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from ..pages import by_button_only
from .access import acts_for_employer, for_employers

_WRONG = _("No account has this code and this password. Please check both.")


class SignInForm(auth_forms.AuthenticationForm):
    """The unified social credit code and the password."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        username, password = self.fields["username"], self.fields["password"]
        username.label = _("Unified social credit code")
        username.error_messages["required"] = _("Enter the unified social credit code.")
        username.widget.attrs |= {"spellcheck": "false", "autocapitalize": "characters"}
        username.widget.attrs.pop("autofocus", None)
        password.label = _("Password")
        password.error_messages["required"] = _("Enter the password.")
        self.error_messages = {**self.error_messages, "invalid_login": _WRONG}

    def clean_username(self) -> str:
        """As it is stored; a code typed in lower case or with spaces is the same."""
        return "".join(str(self.cleaned_data["username"]).split()).upper()

    def confirm_login_allowed(self, user: Any) -> None:
        """A member of staff gets the answer that a wrong password gets."""
        if user.employer_id is None or not user.is_active:
            raise self.get_invalid_login_error()


class _Refused:
    """A form that was not accepted answers 422."""

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        answer: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        answer.status_code = 422
        return answer


class SignIn(_Refused, auth_views.LoginView):
    template_name = "public/employer/login.html"
    form_class = SignInForm
    next_page = reverse_lazy("employer")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if acts_for_employer(request):
            return redirect("employer")
        return super().get(request, *args, **kwargs)


@by_button_only("employer")
def sign_out(request: HttpRequest) -> HttpResponseRedirect:
    logout(request)
    return redirect("employer-login")


def _plain(form: forms.Form) -> None:
    """Password fields without autofocus, with short hints."""
    form.use_required_attribute = False
    for name in ("new_password1", "new_password2", "old_password"):
        if name in form.fields:
            form.fields[name].widget.attrs.pop("autofocus", None)
    form.fields["new_password1"].help_text = _("At least 12 characters, not only digits.")
    form.fields["new_password2"].help_text = ""


class ChangeForm(auth_forms.PasswordChangeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self)


class FirstForm(auth_forms.SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self)


@method_decorator(for_employers, name="dispatch")
class ChangePassword(_Refused, auth_views.PasswordChangeView):
    template_name = "public/employer/password.html"
    form_class = ChangeForm
    success_url = reverse_lazy("employer")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Your password is changed."))
        return super().form_valid(form)


@method_decorator(never_cache, name="dispatch")
class FirstPassword(_Refused, auth_views.PasswordResetConfirmView):
    """The page behind the link that an agency hands out. It works once, and only for employers."""

    template_name = "public/employer/welcome.html"
    form_class = FirstForm
    success_url = reverse_lazy("employer-login")

    def get_user(self, uidb64: str) -> Any:
        user = super().get_user(uidb64)
        return user if user is not None and user.employer_id is not None else None

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponseBase = super().form_valid(form)
        messages.success(self.request, _("Your password is set. Sign in with it."))
        return answer  # type: ignore[return-value]
