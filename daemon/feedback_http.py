"""What people say about alerts, over the daemon's unix socket alone: its file belongs to the owner, so no token is needed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from daemon.errors import MonitorError, StorageError
from daemon.operations import Feedback, Operations

PATH = "/feedback"

Answer = Callable[[Request], Awaitable[BaseModel]]


class Said(BaseModel):
    """Feedback on its way to the daemon, with who gives it."""

    feedback: Feedback
    actor: str = Field(min_length=1, max_length=100)
    preview: bool = False


def routes(operations: Operations) -> list[BaseRoute]:
    """Return the routes: POST says something, GET lists it, DELETE takes it back."""

    async def give(request: Request) -> BaseModel:
        said = Said.model_validate_json(await request.body())
        act = operations.preview_feedback if said.preview else operations.give_feedback
        return await act(said.feedback, actor=said.actor)

    async def listing(request: Request) -> BaseModel:
        query = request.query_params
        return await operations.list_feedback(query.get("pattern", "*"), undone=query.get("undone") == "true")

    async def undo(request: Request) -> BaseModel:
        return await operations.undo_feedback(request.path_params["id"], actor=request.query_params["actor"])

    return [
        Route(PATH, _answered(give), methods=["POST"]),
        Route(PATH, _answered(listing), methods=["GET"]),
        Route(f"{PATH}/{{id:path}}", _answered(undo), methods=["DELETE"]),
    ]


def in_words(error: ValidationError) -> str:
    """Return the first thing that is wrong with what was said."""
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


def _answered(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    """Refuse whoever does not come through the socket, and turn refusals into words."""

    async def endpoint(request: Request) -> Response:
        # A unix socket has no port.
        if request.scope.get("server", ("", None))[1] is not None:
            return _problem(403, "feedback is given through the daemon's own socket or through MCP")
        try:
            result = await answer(request)
        except ValidationError as error:
            return _problem(400, in_words(error))
        except KeyError as error:
            return _problem(400, f"the parameter {error} is missing")
        except StorageError as error:
            return _problem(503, str(error))
        except MonitorError as error:
            return _problem(400, str(error))
        return Response(result.model_dump_json(), media_type="application/json")

    return endpoint


def _problem(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": message}, status_code=status)
