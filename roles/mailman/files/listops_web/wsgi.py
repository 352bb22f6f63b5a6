# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The application for uwsgi: whatever number of requests is being received, Django works on a few at a time.

A thread of uwsgi waits until the body of a request is there, however slowly it comes, and is cheap; only then does the
request take one of the places that Django has.
"""

import os
import threading

from django.core.wsgi import get_wsgi_application

PATIENCE_SECONDS = 60
BUSY = [("Content-Type", "text/plain"), ("Retry-After", "60")]


class Places:
    """A WSGI application that lets a number of requests in at a time."""

    def __init__(self, application, number):
        self.application = application
        self.free = threading.BoundedSemaphore(number)

    def __call__(self, environ, start_response):
        if not self.free.acquire(timeout=PATIENCE_SECONDS):
            start_response("503 Service Unavailable", BUSY)
            return [b"The server is busy. Please try again in a minute.\n"]
        try:
            return self.application(environ, start_response)
        finally:
            # sending the answer takes no place: the client decides how long that lasts
            self.free.release()


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
application = Places(get_wsgi_application(), int(os.environ["LISTOPS_WEB_PLACES"]))
