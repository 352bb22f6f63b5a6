# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proper answers to odd requests, on which views of Postorius, HyperKitty and others fail.

They take numbers, dates and names from a request without a look. What then fails in them is the request's fault,
and is answered with 400 or 404; it is logged as a warning, with where it happened. What fails because the
server lacks something (a database, Mailman, a template, space) stays an error.
"""

from __future__ import annotations

import logging
from urllib.error import HTTPError

from django.core.exceptions import (
    FieldError,
    ImproperlyConfigured,
    ObjectDoesNotExist,
    PermissionDenied,
    SuspiciousOperation,
)
from django.core.paginator import InvalidPage
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404
from django.shortcuts import render
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.urls import NoReverseMatch
from postorius.models import Mailman404Error

from listops_web.pages import page

logger = logging.getLogger("listops_web")

# Django answers these.
ANSWERED = (Http404, PermissionDenied, SuspiciousOperation)
# Nothing that a request could be guilty of, whatever it derives from.
SERVER = (ImproperlyConfigured, TemplateDoesNotExist, TemplateSyntaxError, ImportError)
REQUEST = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    InvalidPage,
    # HyperKitty's administration of threads searches a field that no thread has
    FieldError,
    DataError,
    IntegrityError,
)
# What is a number in a query; Mailman and databases know no longer ones.
NUMBERS = ("page", "count", "limit", "offset", "last_view", "p", "o", "parent", "vote")
DIGITS = 12
# How HyperKitty begins, with status 500, pages that nobody has written yet, and what it says of a tag that is none.
UNWRITTEN = b"Not implemented yet"
INVALID = b"Error adding tag: invalid data"


class Faults:
    """The last of the middlewares, so that it sees what a view raised before the others do."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request):
        if "\0" in request.path_info:
            return not_found(request)
        if any(odd(key, value) for key, values in request.GET.lists() for value in values):
            return bad_request(request)
        response = self.get_response(request)
        if response.status_code == 500 and response.content.startswith(UNWRITTEN):
            return not_found(request)
        if response.status_code == 500 and response.content.startswith(INVALID):
            response.status_code = 400
        return response

    def process_exception(self, request, exception):
        if isinstance(exception, ANSWERED):
            return None
        if isinstance(exception, (NoReverseMatch, Mailman404Error, ObjectDoesNotExist)):
            # a page of what is not there, or not switched on
            return self._answer(request, exception, not_found)
        if isinstance(exception, OperationalError):
            return self._answer(request, exception, busy)
        if isinstance(exception, HTTPError) and exception.code >= 500:
            asked = request.GET or request.POST or request.resolver_match.kwargs
            return self._answer(request, exception, bad_request if asked else busy)
        if isinstance(exception, REQUEST) and not isinstance(exception, SERVER):
            return self._answer(request, exception, bad_request)
        return None

    def _answer(self, request, exception, answer):
        logger.warning("%s %s: %s", request.method, request.path, type(exception).__name__, exc_info=exception)
        return answer(request)


def odd(key: str, value: str) -> bool:
    """Whether a part of a query is nothing that a link or a form of these pages has in it."""
    return "\0" in key or "\0" in value or (key in NUMBERS and len(value.strip()) > DIGITS)


def bad_request(request):
    return page(400)


def not_found(request):
    return render(request, "404.html", status=404)


def busy(request):
    return page(503, wait=60)
