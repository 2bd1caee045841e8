"""What every page of the staff site has in common."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


def page_context(request: HttpRequest, **context: Any) -> dict[str, Any]:
    """What every page of the site needs, and what this one adds."""
    return {**admin.site.each_context(request), **context}
