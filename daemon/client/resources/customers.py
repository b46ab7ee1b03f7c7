"""Organizations, their people, subscriptions and credentials."""

from __future__ import annotations

from typing import TypeVar

from typing_extensions import override

from daemon.client.api import Api, Scope
from daemon.client.collection import PAGE_SIZE, Collection, Listing, Page, Spec, page_of
from daemon.client.payloads.base import Payload
from daemon.client.payloads.customers import (
    BilledAmount,
    Credential,
    Customer,
    ProviderCredential,
    QuotaConsumed,
    Subscriber,
    Subscription,
)
from daemon.client.payloads.identity import User
from daemon.client.wire import Json, read, segment
from daemon.errors import ContractError

P = TypeVar("P", bound=Payload)

CUSTOMERS = Spec(
    "/organizations", Customer, scope=Scope.TENANT, owned_by=("tenantId",), defaults={"types": ["CONSUMER"]}
)
SUBSCRIBERS = Spec(
    "/subscribers", Subscriber, owned_by=("teamId", "ownerId"), defaults={"roles": ["ROLE_API_CONSUMER"]}
)
USERS = Spec("/users", User, frozenset({"query", "teamIds"}), owned_by=("ownerId",))
SUBSCRIPTIONS = Spec("/subscriptions", Subscription, owned_by=("teamId", "ownerId"))
CREDENTIALS = Spec(
    "/credentials",
    Credential,
    frozenset({"query", "type"}),
    unscoped=frozenset({"create", "change", "delete"}),
    secrets=("externalSecret",),
)
PROVIDER_CREDENTIALS = Spec("/provider-credentials", ProviderCredential, secrets=("apiKey",))


def strings(body: Json, what: str) -> tuple[str, ...]:
    """Return an answer that is a list of words.

    Raises:
        ContractError: It is something else.
    """
    if not isinstance(body, list) or not all(isinstance(each, str) for each in body):
        raise ContractError(f"{what} answered something else than expected: not a list of words")
    return tuple(body)


class Customers(Collection[Customer]):
    """Organizations that buy."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, CUSTOMERS)

    async def tags(self, item_id: str) -> tuple[str, ...]:
        """Read the tags of one."""
        path = f"{CUSTOMERS.of(item_id)}/tags"
        return strings(await self._api.get(path, scope=Scope.TENANT), path)

    async def children(self, item_id: str, number: int = 0) -> Page[Customer]:
        """Read a page of the organizations below one."""
        path = f"{CUSTOMERS.path}/parent/{segment(item_id)}"
        query = {"page": number, "size": PAGE_SIZE}
        return page_of(Customer, await self._api.get(path, query, scope=Scope.TENANT), path, number)


class Subscribers(Collection[Subscriber]):
    """People who use what was bought."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, SUBSCRIBERS)

    async def by_email(self, email: str) -> Subscriber:
        """Find one by the address.

        Raises:
            NotFoundError: Nobody has it.
        """
        return await _by_email(self._api, SUBSCRIBERS, email)


class Users(Collection[User]):
    """People who can sign in."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, USERS)

    async def me(self) -> User:
        """Read whose key this is."""
        return read(User, await self._api.get("/users/me", scope=Scope.NONE), "users/me")

    async def current(self) -> User:
        """Read who acts for the team."""
        return read(User, await self._api.get("/users/current"), "users/current")

    async def by_email(self, email: str) -> User:
        """Find one by the address.

        Raises:
            NotFoundError: Nobody has it.
        """
        return await _by_email(self._api, USERS, email)

    @override
    async def _owned(self, body: dict[str, Json]) -> dict[str, Json]:
        """A user belongs to teams rather than to one team."""
        owned = await super()._owned(body)
        return owned if owned.get("teamIds") else owned | {"teamIds": [await self._api.team_id()]}


class Subscriptions(Collection[Subscription]):
    """Products that were bought. Deleting one cancels it."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, SUBSCRIPTIONS)

    async def billed(self, item_id: str) -> BilledAmount:
        """Read what was billed so far."""
        path = f"{SUBSCRIPTIONS.of(item_id)}/billed-amount"
        return read(BilledAmount, await self._api.get(path), path)

    async def quota(self, item_id: str) -> QuotaConsumed:
        """Read how far the quota is used up."""
        path = f"{SUBSCRIPTIONS.of(item_id)}/quota-consumed"
        return read(QuotaConsumed, await self._api.get(path), path)


class Credentials(Collection[Credential]):
    """Keys by which usage names subscribers."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, CREDENTIALS)

    def of_customer(self, customer_id: str) -> Listing[Credential]:
        """Return the credentials of one organization, to be listed."""
        path = f"{CREDENTIALS.path}/by-organization/{segment(customer_id)}"
        return Listing(self._api, Spec(path, Credential, scope=Scope.NONE))


async def _by_email(api: Api, spec: Spec[P], email: str) -> P:
    path = f"{spec.path}/lookup-by-email"
    return read(spec.model, await api.get(path, {"email": email}, scope=Scope.NONE), path)
