"""Teams with their settings, departments, and the tenant's switches."""

from __future__ import annotations

from enum import StrEnum

from daemon.client.api import Api, Scope
from daemon.client.collection import Collection, Filter, Page, Spec, narrowed, page_of
from daemon.client.payloads.base import Payload
from daemon.client.payloads.identity import Department, IngestionFailure, Team, Tenant, VerifiedDomain
from daemon.client.resources.customers import strings
from daemon.client.wire import read, read_each, segment

TEAMS = Spec("/teams", Team, frozenset(), scope=Scope.TENANT, owned_by=("tenantId",))


class Setting(StrEnum):
    """The groups of a team's settings."""

    MARKETPLACES = "marketplaces"
    PR_HEALTH = "pr-health"
    PR_HEALTH_DIGEST = "pr-health/digest"
    CODING_ASSISTANTS = "coding-assistant-filter"
    ATTRIBUTION_IDENTITY = "attribution-identity-policy"
    PROMPTS = "prompts"


class TeamSettings(Payload):
    """One group of a team's settings, kept as it comes."""


class Teams(Collection[Team]):
    """Teams and their settings."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, TEAMS)

    async def tags(self, team_id: str) -> tuple[str, ...]:
        """Read the tags that a team uses."""
        path = f"{TEAMS.of(team_id)}/tags"
        return strings(await self._api.get(path, scope=Scope.TENANT), path)

    async def settings(self, team_id: str, group: Setting) -> TeamSettings:
        """Read one group of settings."""
        path = self._settings(team_id, group)
        return read(TeamSettings, await self._api.get(path, scope=Scope.NONE), path)

    async def change_settings(self, team_id: str, group: Setting, settings: TeamSettings) -> TeamSettings:
        """Replace one group of settings."""
        path = self._settings(team_id, group)
        return read(TeamSettings, await self._api.send("PUT", path, settings.body(), scope=Scope.NONE), path)

    async def domains(self, team_id: str) -> tuple[VerifiedDomain, ...]:
        """Read the domains whose people may join."""
        path = self._domains(team_id)
        return read_each(VerifiedDomain, await self._api.get(path, scope=Scope.NONE), path)

    async def add_domain(self, team_id: str, domain: str) -> None:
        """Let the people of a domain join."""
        await self._api.send("PUT", self._domains(team_id), {"domain": domain}, scope=Scope.NONE)

    async def remove_domain(self, team_id: str, domain: str) -> None:
        """No longer let the people of a domain join."""
        await self._api.send("DELETE", self._domains(team_id), query={"domain": domain}, scope=Scope.NONE)

    def _settings(self, team_id: str, group: Setting) -> str:
        # Made again from what was given, so that no other text can become part of the path.
        return f"{TEAMS.of(team_id)}/settings/{Setting(group)}"

    def _domains(self, team_id: str) -> str:
        return f"{TEAMS.of(team_id)}/settings/verified-domains"


class Departments:
    """Departments and who is in them."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def all(self) -> tuple[Department, ...]:
        """Read all departments."""
        return read_each(Department, await self._api.get("/departments"), "departments")

    async def create(self, department: Department) -> Department:
        """Make a new one."""
        return read(Department, await self._api.send("POST", "/departments", department.body()), "departments")

    async def assign(self, email: str, department_id: int) -> None:
        """Put somebody into a department."""
        body = {"email": email, "departmentId": department_id}
        await self._api.send("PUT", "/departments/assignments", body)

    async def unassign(self, email: str) -> None:
        """Take somebody out of the department."""
        await self._api.send("DELETE", "/departments/assignments", query={"email": email})

    async def remove_person(self, person_id: int) -> None:
        """Forget somebody, by number."""
        await self._api.send("DELETE", f"/departments/persons/{person_id:d}")

    async def remove_person_by_email(self, email: str) -> None:
        """Forget somebody, by address."""
        await self._api.send("DELETE", "/departments/persons", query={"email": email})


class Tenants:
    """What holds for all teams. Without an id, the key's own tenant is meant."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def strict_ingestion(self, on: bool, *, allow_ticket_jobs: bool | None = None) -> Tenant:
        """Refuse, or again accept, usage that names unknown customers and products."""
        body = {"strictIngestionMode": on}
        if allow_ticket_jobs is not None:
            body["allowTicketJobs"] = allow_ticket_jobs
        return await self._switch("strict-ingestion-mode", body)

    async def attribution_detail_text(self, on: bool) -> Tenant:
        """Keep the wording of attributions, or not."""
        return await self._switch("attribution-detail-text", {"attributionDetailTextEnabled": on})

    async def usage_billing(self, on: bool) -> Tenant:
        """Bill customers by usage, or not."""
        return await self._switch("usage-billing", {"usageBillingEnabled": on})

    async def ingestion_failures(self, number: int = 0, size: int = 50, **filters: Filter) -> Page[IngestionFailure]:
        """Read a page of the usage that strict ingestion refused; it can be narrowed by ``error_code``."""
        path = f"{await self._path()}/ingestion-failures"
        query = {"page": number, "size": size, **narrowed(filters, frozenset({"errorCode"}), "ingestion failures")}
        return page_of(IngestionFailure, await self._api.get(path, query, scope=Scope.NONE), path, number)

    async def _switch(self, name: str, body: dict[str, bool]) -> Tenant:
        path = f"{await self._path()}/{name}"
        return read(Tenant, await self._api.send("PATCH", path, body, scope=Scope.NONE), path)

    async def _path(self) -> str:
        return f"/tenants/{segment(await self._api.tenant_id())}"
