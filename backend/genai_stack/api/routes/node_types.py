"""What a canvas needs to know before it draws: node types, templates, providers."""

from typing import Any, Literal

from pydantic import BaseModel

from genai_stack.api.http.dependencies import Deps
from genai_stack.api.http.models import Page, Pages50, Pages500
from genai_stack.api.http.routing import Policy, Router
from genai_stack.engine.ports import PORT_TYPES
from genai_stack.features.workflows.templates import TEMPLATES, picture
from genai_stack.integrations.catalog import PROVIDERS

router = Router(Policy.WORKSPACE, tag="catalog")


class TemplateOut(BaseModel):
    """A ready-made workflow. `picture` is an SVG image as a data address."""

    id: str
    name: str
    description: str
    promise: str
    picture: str
    configuration: dict[str, Any]


class PortOut(BaseModel):
    name: str
    title: str
    types: list[str]
    required: bool
    multiple: bool
    streamed: bool


class NodeTypeOut(BaseModel):
    type: str
    title: str
    description: str
    category: str
    icon: str
    role: Literal["entry", "step", "exit"]
    inputs: list[PortOut]
    outputs: list[PortOut]
    config_schema: dict[str, Any]


class PortTypeOut(BaseModel):
    name: str
    title: str
    description: str


class NodeTypes(Page[NodeTypeOut]):
    """`port_types` names what flows; an edge is legal when the target lists one of the source's types."""

    port_types: list[PortTypeOut]


class ProviderOut(BaseModel):
    id: str
    title: str
    needs_key: bool
    needs_base_url: bool
    default_base_url: str | None
    key_help: str
    chat: bool
    embeds: bool


@router.get("/node-types")
async def node_types(deps: Deps, page: Pages500) -> NodeTypes:
    """Every node type with its ports and the JSON Schema of its form."""
    described = page.cut(NodeTypeOut, [node_type.describe() for node_type in deps.catalog])
    kinds = [PortTypeOut.model_validate(kind, from_attributes=True) for kind in PORT_TYPES.values()]
    return NodeTypes(**dict(described), port_types=kinds)


@router.get("/templates")
async def templates(page: Pages50) -> Page[TemplateOut]:
    """Ready-made workflows: make one's own by POST /workflows with its configuration."""
    items = [
        TemplateOut(
            id=template.id,
            name=template.name,
            description=template.description,
            promise=template.promise,
            picture=picture(template.configuration),
            configuration=template.configuration,
        )
        for template in TEMPLATES
    ]
    return page.cut(TemplateOut, items)


@router.get("/providers")
async def providers(page: Pages50) -> Page[ProviderOut]:
    """Who can answer and who can embed, and what each needs."""
    return page.cut(ProviderOut, PROVIDERS)
