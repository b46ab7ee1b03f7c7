"""AI models and their prices."""

from __future__ import annotations

from daemon.client.api import Api
from daemon.client.collection import PAGE_SIZE, Listing, Page, Spec, page_of
from daemon.client.payloads.models import Model, ModelPricing, PricingDimension
from daemon.client.resources.customers import strings
from daemon.client.wire import read, segment

MODELS = Spec(
    "/sources/ai/models",
    Model,
    frozenset({"query", "modelType", "provider", "mode", "exactMatch"}),
)


class Models(Listing[Model]):
    """Models that usage can name. They are the platform's; their prices can be overridden."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, MODELS)

    async def providers(self, *, model_type: str | None = None) -> tuple[str, ...]:
        """Read the names of all providers."""
        path = f"{MODELS.path}/providers"
        return strings(await self._api.get(path, {"modelType": model_type}), path)

    async def search(self, query: str) -> Page[Model]:
        """Find models by a part of the name."""
        path = f"{MODELS.path}/search"
        return page_of(Model, await self._api.get(path, {"query": query, "page": 0, "size": PAGE_SIZE}), path)

    async def by_name(self, name: str) -> Model:
        """Read the model of a name."""
        path = f"{MODELS.path}/name/{segment(name)}"
        return read(Model, await self._api.get(path), path)

    async def reprice(self, item_id: str, prices: Model) -> Model:
        """Override prices."""
        path = MODELS.of(item_id)
        body = {**prices.body(), "teamId": await self._api.team_id()}
        return read(Model, await self._api.send("PATCH", path, body), path)

    async def delete(self, item_id: str) -> None:
        """Remove a model of one's own."""
        await self._api.send("DELETE", MODELS.of(item_id))

    async def pricing(self, item_id: str) -> ModelPricing:
        """Read everything that a model charges for."""
        path = f"{MODELS.of(item_id)}/pricing"
        return read(ModelPricing, await self._api.get(path), path)

    async def add_dimension(self, item_id: str, dimension: PricingDimension) -> PricingDimension:
        """Add a price for pictures, seconds and the like."""
        path = self._dimensions(item_id)
        return read(PricingDimension, await self._api.send("POST", path, dimension.body()), path)

    async def replace_dimension(self, item_id: str, dimension_id: str, dimension: PricingDimension) -> PricingDimension:
        """Replace such a price."""
        path = f"{self._dimensions(item_id)}/{segment(dimension_id)}"
        return read(PricingDimension, await self._api.send("PUT", path, dimension.body()), path)

    async def delete_dimension(self, item_id: str, dimension_id: str) -> None:
        """Remove such a price."""
        await self._api.send("DELETE", f"{self._dimensions(item_id)}/{segment(dimension_id)}")

    def _dimensions(self, item_id: str) -> str:
        return f"{MODELS.of(item_id)}/pricing/dimensions"
