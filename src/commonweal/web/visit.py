"""One request by somebody, or by nobody yet: the campaign, the session, the language, and how to answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import jinja2
from litestar import MediaType, Request, Response
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.response import Redirect
from litestar.utils.scope.state import ScopeState
from markupsafe import Markup

from commonweal.access.model import Account, Permission, Role, Session
from commonweal.access.rules import may
from commonweal.campaign import LANGUAGES, Campaign
from commonweal.store.ledger import Connection, LedgerRole
from commonweal.web import menu, words
from commonweal.web.language import Language, negotiate
from commonweal.web.links import Links

HERE = Path(__file__).parent
STATIC = HERE / "static"
LANGUAGE_COOKIE = "language"

Html = Response[str]


class Frame:
    """What all visits of one application share: the campaign, the key of links, the templates of each language."""

    def __init__(self, campaign: Campaign, key: bytes) -> None:
        self.campaign = campaign
        self.links = Links(key)
        self.languages = {
            code: Language(code, campaign.settings.timezone, campaign.settings.currency) for code in LANGUAGES
        }
        self._environments = {code: self._environment(language) for code, language in self.languages.items()}

    def template(self, name: str, language: str) -> jinja2.Template:
        """A template whose texts, numbers and dates are in `language`."""
        return self._environments[language].get_template(name)

    def _environment(self, language: Language) -> jinja2.Environment:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        )
        environment.policies["ext.i18n.trimmed"] = True
        environment.install_gettext_callables(language.gettext, language.ngettext, newstyle=True)  # type: ignore[attr-defined]
        environment.filters |= {
            "number": language.number,
            "signed": language.signed,
            "gain": language.gain,
            "percent": language.percent,
            "money": language.money,
            "day": language.day,
            "short_day": language.short_day,
            "when": lambda value: language.when(value, self.campaign.clock()),
            "lasting": language.lasting,
            "listing": language.listing,
            "link": lambda number, kind: self.links.make(kind, number),
            "shown": language.shown,
            "told": lambda name: words.told(name, language.gettext),
            "target": lambda name: words.target(name, language.gettext),
            "word": lambda code, table: words.word(table, code, language.gettext),
        }
        environment.tests["here"] = menu.Entry.is_here
        environment.globals |= {
            "campaign": self.campaign.settings,
            "language": language,
            "LANGUAGES": LANGUAGES,
            "menu": menu.groups,
            "Permission": Permission,
            "Role": Role,
            "static": static_url,
            "words": words,
            "csrf": _csrf_field,
        }
        return environment


def static_url(name: str, _known: dict[str, str] = {}) -> str:  # noqa: B006  the default is the cache
    """The address of a static file, with its hash: it may be kept for ever."""
    if name not in _known:
        digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
        _known[name] = f"/static/{name}?v={digest}"
    return _known[name]


@jinja2.pass_context
def _csrf_field(context: jinja2.runtime.Context) -> Markup:
    return Markup('<input type="hidden" name="_csrf_token" value="{}">').format(context["csrf_token"])


@dataclass
class Visit:
    """One request."""

    frame: Frame
    request: Request[Session | None, Any, Any]

    @property
    def campaign(self) -> Campaign:
        """The one campaign that this application serves."""
        return self.frame.campaign

    @property
    def user(self) -> Session | None:
        """Who is signed in, if anybody. Where no route was found, nobody was looked up."""
        user: Session | None = self.request.scope.get("user")
        return user

    @cached_property
    def session(self) -> Session:
        """Who is signed in; only on routes that need it."""
        assert self.user is not None, "a route that needs no sign-in has no session"
        return self.user

    @property
    def account(self) -> Account:
        """The account that is signed in."""
        return self.session.account

    @property
    def actor(self) -> str:
        """How the audit names who is signed in."""
        return self.account.actor

    def may(self, permission: Permission) -> bool:
        """Whether who is signed in has a permission; nobody has none."""
        return self.user is not None and may(self.user.account.role, permission)

    @cached_property
    def language(self) -> Language:
        """?lang=, else the account's language, else the cookie's, the browser's, the campaign's."""
        code = negotiate(
            self.request.query_params.get("lang"),
            self.user.account.language if self.user else None,
            self.request.cookies.get(LANGUAGE_COOKIE),
            self.request.headers.get("accept-language"),
            self.campaign.settings.locale,
        )
        return self.frame.languages[code]

    @property
    def by_htmx(self) -> bool:
        """Whether a part of a page is asked for, rather than a whole one."""
        return self.request.headers.get("hx-request") == "true"

    def read(self) -> AbstractContextManager[Connection]:
        """A connection that reads what this account may see."""
        return self.campaign.ledger.read(LedgerRole.WEB, account=self.account.account_id)

    def transaction(self) -> AbstractContextManager[Connection]:
        """A transaction in the name of this account."""
        return self.campaign.ledger.transaction(LedgerRole.WEB, account=self.account.account_id)

    def id_of(self, kind: str, token: str) -> int:
        """The id behind a token of an address. Raises NotFoundException when it was not made here."""
        number = self.frame.links.read(kind, token)
        if number is None:
            raise NotFoundException
        return number

    def link(self, kind: str, number: int) -> str:
        """The token that stands for an id in addresses."""
        return self.frame.links.make(kind, number)

    def page(
        self, template: str, status: int = 200, headers: dict[str, str] | None = None, **context: Any
    ) -> Html:
        """A page or a part of one."""
        return Response(
            self.rendered(template, **context), media_type=MediaType.HTML, status_code=status, headers=headers
        )

    def rendered(self, template: str, **context: Any) -> str:
        """A template's text."""
        token = ScopeState.from_scope(self.request.scope).csrf_token
        given: dict[str, Any] = {
            "visit": self,
            "path": self.request.url.path,
            "csrf_token": token if isinstance(token, str) else "",
            "now": self.campaign.clock(),
        }
        return self.frame.template(template, self.language.code).render(given | context)

    def shared(self, template: str, **context: Any) -> str:
        """A part's text as any page of equal sight may take it: without the token and the path of this request."""
        return self.rendered(template, csrf_token="", path="", **context)

    def go(self, path: str) -> Response[Any]:
        """Send the browser to another page."""
        if self.by_htmx:
            return Response(None, status_code=200, headers={"HX-Redirect": path})
        return Redirect(path, status_code=303)

    @property
    def gettext(self) -> Callable[[str], str]:
        """Texts in the reader's language."""
        return self.language.gettext


Here: TypeAlias = NamedDependency[Visit]
"""How a route asks for its visit."""
