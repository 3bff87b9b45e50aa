"""Mechanisms: the ordered steps of one system, its operations, and components shared between systems."""

from typing import Literal

from pydantic import Field

from gauntlet.records import Record
from gauntlet.specs.evidence import Evidence, Identifier


class Waits(Record):
    """What a step waits for: `k` of `of` replies, a lock, a log prefix, a timer. Counts may be expressions."""

    what: str
    k: str | None = None
    of: str | None = None


class Step(Record):
    """One action of an algorithm.

    `occupies` is the station whose capacity the step uses; `delays` is a path that adds latency but never load.
    Counts (`repeat`, `instances`) and shares are expressions over variables: a message sent to f + 1 acceptors has
    repeat 'f + 1', one answered by one replica of n has share_per_instance '1 / n'.
    """

    id: Identifier
    operation: Identifier = Field(default="request", description="The operation this step belongs to.")
    actor: str
    action: str
    sender: str | None = None
    receiver: str | None = None
    on: str | None = Field(default=None, description="Machine that runs it, when roles share machines.")
    occupies: str | None = Field(default=None, description="Station or resource used.")
    delays: str | None = None
    per: Literal["operation", "batch", "page", "entry", "byte", "step", "other"] = "operation"
    repeat: str = "1"
    instances: str = "1"
    servers: str = Field(default="1", description="Servers behind the one queue of the station.")
    share_per_instance: str = "1"
    local_share: str | None = Field(default=None, description="Share of messages that stay on the same machine.")
    message_class: str | None = None
    probability: str = "1"
    when: str | None = None
    order: Literal["sequential", "parallel", "overlapped", "pipelined"] = "sequential"
    on_path: Literal["foreground", "background"] = "foreground"
    coupling: Literal["none", "backpressure", "shared_resource"] = "none"
    waits: Waits | None = None
    replaces: tuple[Identifier, ...] = ()
    removes: tuple[Identifier, ...] = ()
    same_as: Identifier | None = None
    evidence: tuple[Evidence, ...] = ()


class Mechanism(Record):
    """The ordered steps of one system. `described_is_measured`: does its own data follow its description?"""

    id: Identifier
    name: str
    aliases: tuple[str, ...] = ()
    kind: Literal["baseline", "proposed", "ablation", "competitor", "reference", "ideal"]
    steps: tuple[Step, ...]
    stated_domain: str | None = Field(default=None, description="Where the text says that it holds.")
    described_is_measured: Literal["yes", "unknown", "refuted"] = "unknown"
    evidence: tuple[Evidence, ...] = ()


class Component(Record):
    """A part with constants of its own, used by several mechanisms (an LSM tree inside two stores).

    `facts` are per-mechanism expressions, such as entry_bytes '16 + value_bytes' in one store and '16 + 12' in the
    other.
    """

    id: Identifier
    name: str
    used_by: tuple[Identifier, ...]
    facts: tuple["ComponentFact", ...] = ()


class ComponentFact(Record):
    """One quantity of a component inside one mechanism."""

    mechanism: Identifier
    name: Identifier
    expression: str
    unit: str


Component.model_rebuild()
