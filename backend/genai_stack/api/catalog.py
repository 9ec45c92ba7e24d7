"""What a canvas needs to know before it draws: node types, templates, providers."""

import msgspec

from genai_stack.api.given import Here
from genai_stack.api.routing import Policy, Router
from genai_stack.api.shapes import (
    Limit,
    NodeTypeOut,
    NodeTypes,
    Page,
    PortTypeOut,
    ProviderOut,
    Skip,
    TemplateOut,
)
from genai_stack.engine.ports import PORT_TYPES
from genai_stack.llm.providers import PROVIDERS
from genai_stack.workflows.templates import TEMPLATES, picture

router = Router(Policy.WORKSPACE, tag="catalog")


@router.get("/node-types")
async def node_types(here: Here, skip: Skip = 0, limit: Limit = 500) -> NodeTypes:
    """Every node type with its ports and the JSON Schema of its form."""
    described = [NodeTypeOut.model_validate(node_type.describe()) for node_type in here.catalog]
    kinds = [PortTypeOut.model_validate(kind, from_attributes=True) for kind in PORT_TYPES.values()]
    chosen = described[skip : skip + limit]
    return NodeTypes(items=chosen, total=len(described), skip=skip, limit=limit, port_types=kinds)


@router.get("/templates")
async def templates(skip: Skip = 0, limit: Limit = 50) -> Page[TemplateOut]:
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
    return Page(items=items[skip : skip + limit], total=len(items), skip=skip, limit=limit)


@router.get("/providers")
async def providers(skip: Skip = 0, limit: Limit = 50) -> Page[ProviderOut]:
    """Who can answer and who can embed, and what each needs."""
    items = [ProviderOut(**msgspec.to_builtins(provider)) for provider in PROVIDERS]
    return Page(items=items[skip : skip + limit], total=len(items), skip=skip, limit=limit)
