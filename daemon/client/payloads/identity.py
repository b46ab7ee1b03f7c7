"""People, teams and the tenant."""

from __future__ import annotations

from daemon.client.payloads.base import Many, Moment, Payload, Reference, Resource


class User(Resource):
    """Somebody who can sign in."""

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone_number: str | None = None
    roles: Many[str] = ()
    teams: Many[Reference] = ()
    team_ids: Many[str] = ()
    default_team_id: str | None = None
    tenant: Reference | None = None
    tenant_id: str | None = None
    can_view_prompt_data: bool | None = None
    primary_user: bool | None = None
    subscriber_id: str | None = None
    persona: str | None = None
    homepage_preference: str | None = None


class Team(Resource):
    """A team, which owns everything that is metered."""

    name: str | None = None
    tenant: Reference | None = None
    tenant_id: str | None = None
    parent: Reference | None = None
    parent_id: str | None = None
    types: Many[str] = ()
    currency: str | None = None
    external_id: str | None = None
    email_address: str | None = None
    billing_email: str | None = None
    prompt_capture_enabled: bool | None = None
    element_definition_auto_discovery_enabled: bool | None = None
    source_auto_discovery_enabled: bool | None = None
    user_count: int | None = None


class Tenant(Resource):
    """The company that the teams belong to."""

    name: str | None = None
    description: str | None = None
    strict_ingestion_mode: bool | None = None
    strict_ingestion_allow_ticket_jobs: bool | None = None
    attribution_detail_text_enabled: bool | None = None
    usage_billing_enabled: bool | None = None
    billing_plan: str | None = None


class VerifiedDomain(Payload):
    """A domain whose people may join."""

    domain: str
    join_policy: str | None = None
    source: str | None = None


class Department(Payload):
    """A part of the company; unlike other ids its is a number."""

    id: int | None = None
    name: str | None = None
    parent_id: int | None = None
    path: str | None = None
    external_ref: str | None = None
    source: str | None = None


class FieldError(Payload):
    """Why a field was refused."""

    code: str | None = None
    field: str | None = None
    message: str | None = None
    resolution: str | None = None


class IngestionFailure(Payload):
    """Usage that strict ingestion did not take; the unknown fields hold what was sent."""

    failure_timestamp: Moment | None = None
    errors: Many[FieldError] = ()
