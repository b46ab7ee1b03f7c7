"""Pages in HAL form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from local_platform.http.errors import ApiError, invalid
from local_platform.wire import dumps

LARGEST_PAGE = 100
_LARGEST_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of a collection is asked for."""

    page: int
    size: int

    @property
    def offset(self) -> int:
        """How many items come before the page."""
        return self.page * self.size


def paging_of(request: web.Request, default_size: int = 10) -> Paging:
    """Read `page` and `size`; a size above the platform's maximum is cut to it."""
    page = _whole(request, "page", 0)
    size = _whole(request, "size", default_size)
    if page < 0:
        raise invalid({"page": "must be greater than or equal to 0"})
    if size < 1:
        raise invalid({"size": "must be greater than or equal to 1"})
    return Paging(page, min(size, LARGEST_PAGE))


def hal_page(request: web.Request, key: str, items: Sequence[str], paging: Paging, total: int) -> web.Response:
    """Answer with a page of items that are rendered already; an empty page has no `_embedded`."""
    pages = -(-total // paging.size)
    href = f"{request.url.origin()}{request.path}?page={paging.page}&size={paging.size}"
    embedded = f'"_embedded":{{"{key}":[{",".join(items)}]}},' if items else ""
    links = dumps({"self": {"href": href}})
    page = dumps(
        {
            "size": paging.size,
            "totalElements": total,
            "totalPages": pages,
            "number": paging.page,
        }
    )
    return web.Response(text=f'{{{embedded}"_links":{links},"page":{page}}}', content_type="application/json")


def _whole(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name)
    if not text:
        return default
    try:
        return min(int(text), _LARGEST_NUMBER)
    except ValueError:
        raise bad_value(name, text) from None


def bad_value(name: str, text: str) -> ApiError:
    """Return the refusal of a query value that cannot be read, in the wording clients look for."""
    message = f"Failed to convert value of type 'String' for value [{text}] of parameter '{name}'"
    return ApiError(HTTPStatus.BAD_REQUEST, message)
