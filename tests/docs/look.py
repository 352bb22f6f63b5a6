# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens each page of the documentation site in Chromium, as a reader would; for the test hosts' image `outside`.

It serves /site, begins at the first page, and follows all links. Each link must lead to a page and, with an anchor, to
a place on it; each picture must be drawn; the browser must have no complaint; no page may be without a link to it; and
the search must find the procedures by what people see. The last line it prints is what it saw, as JSON. Pictures of some
pages are left in /pictures. Links to other hosts are not followed.
"""

import functools
import http.server
import json
import pathlib
import socketserver
import threading
import urllib.parse

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

SITE = pathlib.Path("/site")
PICTURES = pathlib.Path("/pictures")
SHOWN = {
    "index": "index.html",
    "getting-started": "getting-started.html",
    "symptoms": "operations/when-it-burns.html",
    "module": "reference/mailman_list_module.html",
}
# What somebody might type in an emergency, and the page that must be among the first of what is found.
SEARCHES = {
    "spam unmarked": "operations/when-it-burns",
    "disk full": "operations/tested-failure-modes",
    "restore": "operations/backup",
    "ratelimit": "operations/limits",
    "leave_addresses": "operations/remove-an-individual-from-all-mailing-lists",
    "SPF": "dns",
}
# Sphinx's own pages, to which it has no links in the text.
OWN = {"genindex.html", "search.html"}
READ = """
const seen = new URL(location.href);
return {
  title: document.title,
  status: performance.getEntriesByType('navigation')[0].responseStatus,
  links: [...document.querySelectorAll('a[href]')].map(link => link.href),
  ids: [...document.querySelectorAll('[id]')].map(element => element.id),
  pictures: [...document.images].map(image => [image.src, image.complete && image.naturalWidth > 0]),
  wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
}
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_words):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


def start_browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in ("headless", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "window-size=1280,900"):
        options.add_argument(f"--{argument}")
    browser = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    browser.set_page_load_timeout(60)
    return browser


def look(browser, base):
    """What each page has, from the first one on; and what is wrong."""
    pages, wrong, pictures = {}, [], 0
    links = {}
    left = ["index.html"]
    while left:
        page = left.pop()
        if page in pages:
            continue
        browser.get(base + page)
        seen = browser.execute_script(READ)
        pages[page] = set(seen["ids"])
        if seen["status"] != 200:
            wrong.append(f"{page}: status {seen['status']}")
            continue
        wrong += [f"{page}: {entry['message']}" for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
        wrong += [f"{page}: the picture {source} is not drawn" for source, drawn in seen["pictures"] if not drawn]
        wrong += [f"{page}: is wider than the window"] if seen["wide"] else []
        pictures += len(seen["pictures"])
        for link in seen["links"]:
            if not link.startswith(base):
                continue
            url = urllib.parse.urlsplit(link)
            name = url.path.lstrip("/") or "index.html"
            links.setdefault((name, urllib.parse.unquote(url.fragment)), page)
            if name.endswith(".html"):
                left.append(name)
    for (name, anchor), page in sorted(links.items()):
        if not (SITE / name).is_file():
            wrong.append(f"{page}: the link to {name} leads nowhere")
        elif anchor and name.endswith(".html") and anchor not in pages[name]:
            wrong.append(f"{page}: {name} has no {anchor}")
    there = {str(path.relative_to(SITE)) for path in SITE.rglob("*.html")}
    wrong += [f"{page}: no page has a link to it" for page in sorted(there - pages.keys() - OWN)]
    return sorted(pages), wrong, len(links), pictures


def search(browser, base, words, page):
    """What is wrong with the search for these words."""
    browser.get(f"{base}search.html?q={urllib.parse.quote(words)}")
    found = "return [...document.querySelectorAll('#search-results li a')].map(link => link.href)"
    done = "const text = document.querySelector('#search-results p'); return text && /finished|found/i.test(text.innerText)"
    WebDriverWait(browser, 30).until(lambda driver: driver.execute_script(done))
    first = [urllib.parse.urlsplit(link).path.strip("/") for link in browser.execute_script(found)][:5]
    return [] if f"{page}.html" in first else [f"search.html: {words!r} finds {first}, and not {page}"]


def main():
    handler = functools.partial(Quiet, directory=str(SITE))
    server = Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}/"
    browser = start_browser()
    try:
        pages, wrong, links, pictures = look(browser, base)
        for words, page in SEARCHES.items():
            wrong += search(browser, base, words, page)
        for name, page in SHOWN.items():
            browser.get(base + page)
            browser.save_screenshot(str(PICTURES / f"{name}.png"))
    finally:
        browser.quit()
    print(json.dumps({"pages": pages, "wrong": wrong, "links": links, "pictures": pictures, "searches": len(SEARCHES)}))


if __name__ == "__main__":
    main()
