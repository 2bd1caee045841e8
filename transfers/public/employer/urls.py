"""Addresses of the employers' pages. Each shows what belongs to the employer signed in, else 404."""

from django.urls import URLPattern, path

from . import account, batches, cases, downloads

urlpatterns: list[URLPattern] = [
    path("", batches.home, name="employer"),
    path("login/", account.SignIn.as_view(), name="employer-login"),
    path("logout/", account.sign_out, name="employer-logout"),
    path("password/", account.ChangePassword.as_view(), name="employer-password"),
    path("welcome/<uidb64>/<token>/", account.FirstPassword.as_view(), name="employer-welcome"),
    path("template.xlsx", downloads.template, name="employer-template"),
    path("batches/<str:reference>/", batches.batch, name="batch"),
    path("batches/<str:reference>/submit/", batches.submit, name="batch-submit"),
    path("batches/<str:reference>/discard/", batches.discard, name="batch-discard"),
    path("batches/<str:reference>/cases/", cases.cases, name="batch-cases"),
    path(
        "batches/<str:reference>/cases/<str:case>/withdraw/", cases.withdraw, name="batch-withdraw"
    ),
    path("batches/<str:reference>/problems.xlsx", downloads.annotated, name="batch-problems"),
    path("batches/<str:reference>/cases.<str:kind>", downloads.export, name="batch-export"),
]
