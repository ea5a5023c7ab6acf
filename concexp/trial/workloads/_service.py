"""Workloads that use a server of the user's own: its address stands in the environment of the trials.

Nothing is started here. Where no such server answers, the cells are unsupported, with what to do. No reason shows more of an
address than host, port and database.
"""

import os

from concexp.trial import tools
from concexp.trial.own_time import date_s
from concexp.trial.workloads._libraries import Library, LibraryClient

PATIENCE = 5  # seconds that a server has to answer at first
LEFTOVERS = 86_400  # seconds: what a trial that was killed has left on a server is removed when it is older
PREFIX = "concexp_"
PASSWORDS = ("PGPASSWORD", "REDISCLI_AUTH")  # variables that hold nothing else
UNREADABLE = "an address that is not a URL"


class Backend(Library):
    """Base of a library that talks to such a server."""

    def errors(self):
        """The classes of the exceptions which say that the server cannot be used."""
        raise NotImplementedError

    def trouble(self, error):
        """(whether the server answered, and refused; what one of these exceptions says)."""
        raise NotImplementedError


class Service(LibraryClient):
    """Base of a client of a user's server. `variable` is the environment variable that holds its address, a URL."""

    variable = ""

    def default(self):
        """Host and port where there is no address, as texts."""
        raise NotImplementedError

    def absence(self):
        try:
            self.remove(self.build(new_name()))
        except self.backend.errors() as error:
            return self.reason(error)
        return ""

    def reason(self, error):
        """Why the server cannot be used, and what to do."""
        url = os.environ.get(self.variable, "")
        where, (answered, detail) = place_of(url, self.default()), self.backend.trouble(error)
        said = "%s at %s refuses" if answered else "no %s answers at %s"
        what = "%s (%s)" % (said % (self.external_server, where), without_credentials(detail, url))
        if url and answered:
            return "%s: correct the address in %s" % (what, self.variable)
        if url:
            return "%s: start one there, or give the address of another in %s" % (what, self.variable)
        given = "environment: {%s: {from: caller, secret: on}}" % self.variable
        return "%s: start one, and pass its address on: %s" % (what, given)

    def prepare(self, kit):
        for package in self.packages:
            __import__(package)  # here, so that a fork inherits it
        try:
            return self.build(new_name())
        except self.backend.errors() as error:
            raise tools.Unsupported(self.reason(error)) from None

    def release(self, shared):
        self.remove(shared)

    def build(self, name):
        """Build what the workers share, under a name of its own; returns the name."""
        raise NotImplementedError

    def remove(self, shared):
        """Remove it."""
        raise NotImplementedError


def new_name():
    """A name that no other trial has; it begins with the time, so that what was left behind can be recognised."""
    return "%s%d_%s" % (PREFIX, date_s(), os.urandom(6).hex())


def is_left_over(name):
    """Whether a name is that of something which a trial has left behind long ago."""
    made = name[len(PREFIX) :].partition("_")[0]
    return name.startswith(PREFIX) and made.isdigit() and int(made) < date_s() - LEFTOVERS


def place_of(url, default):
    """Host, port and database of a URL, without user and password; `default` is (host, port), as texts."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host, port, path = parts.hostname or default[0], str(parts.port or default[1]), parts.path
    except ValueError:
        return UNREADABLE
    if url and not parts.scheme:
        return UNREADABLE
    return "%s:%s%s" % (host, port, path if path != "/" else "")


def without_credentials(text, url):
    """The first line of a library's message, without anything that only those know who may log in."""
    import re
    from urllib.parse import unquote, urlsplit

    secrets = {url} | {os.environ.get(name, "") for name in PASSWORDS}
    try:
        secrets.add(urlsplit(url).password or "")
    except ValueError:
        pass
    text = (text.strip().splitlines() or [""])[0]
    for secret in sorted(secrets | {unquote(one) for one in secrets}, key=len, reverse=True):
        text = text.replace(secret, "***") if secret else text
    return re.sub(r"[^\s'\"]*@[^\s'\"]*", "***", text)  # part of a password that has an @ in it, taken for a host
