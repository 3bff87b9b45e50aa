"""What a vision network asks of a machine, as far as its published counts say it, and the features drawn from them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt

from gauntlet.errors import UsageError

Floats = npt.NDArray[np.float64]

FLOP_PER_MAC = 2


@dataclass(frozen=True)
class NetworkWork:
    """Counts of networks, one entry each; all arrays have one length.

    `mac` are multiply-accumulates and `activations` the elements that convolutions and linear layers write, both for
    one image of the network as it runs: branches that are folded before it runs are not counted, or the bound is too
    strict. `image_side` is in pixels, `batch` in images a step. `graph` is the seam for operator graphs: further
    shares of each network by name (such as the share of work in depthwise convolutions); a fit uses those it was
    given, and a network without them is estimated from its counts. UsageError for a count that is not above zero.
    """

    parameters: Floats
    mac: Floats
    activations: Floats
    image_side: Floats
    batch: Floats
    graph: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = {len(values) for values in self._columns().values()}
        if len(sizes) != 1:
            raise UsageError(f"counts of networks differ in length: {sorted(sizes)}; give one of each per network.")
        for name in ("parameters", "mac", "activations", "image_side", "batch"):
            wrong = np.flatnonzero(~(np.isfinite(values := self._columns()[name]) & (values > 0)))
            if wrong.size:
                raise UsageError(f"network {wrong[0] + 1}: {name} is {values[wrong[0]]:g}; a number above 0 is needed.")

    def __len__(self) -> int:
        return len(self.mac)

    def at(self, places: npt.ArrayLike) -> "NetworkWork":
        """The networks at these places, or where this mask holds."""
        chosen = {name: values[np.asarray(places)] for name, values in self._columns().items()}
        graph = {name: chosen.pop(name) for name in self.graph}
        return NetworkWork(**chosen, graph=graph)

    def _columns(self) -> dict[str, Floats]:
        names = ("parameters", "mac", "activations", "image_side", "batch")
        return {name: getattr(self, name) for name in names} | dict(self.graph)


def network_work(columns: Mapping[str, Iterable[float]]) -> NetworkWork:
    """Work of networks from columns named as its fields; any other column is a share of an operator graph."""
    arrays = {name: np.asarray(list(values), dtype=np.float64) for name, values in columns.items()}
    needed = ("parameters", "mac", "activations", "image_side", "batch")
    if missing := [name for name in needed if name not in arrays]:
        raise UsageError(f"counts of networks lack {', '.join(missing)}; there are {', '.join(arrays) or 'none'}.")
    counts = {name: arrays.pop(name) for name in needed}
    return NetworkWork(**counts, graph=arrays)


def logarithms(work: NetworkWork) -> Floats:
    """(networks, 4): logarithms of multiply-accumulates, activations, parameters and image side."""
    return np.log(np.stack([work.mac, work.activations, work.parameters, work.image_side], axis=1))


def features(work: NetworkWork, centre: Floats, spread: Floats, graph: Sequence[str] = ()) -> Floats:
    """(networks, 1 + 4 + 10 + graph): one, the standardised logarithms, their products, the shares named in `graph`.

    A share that a network does not bring counts as 0, so that it stays an estimate from the counts.
    """
    scaled = (logarithms(work) - centre) / spread
    pairs = combinations_with_replacement(range(scaled.shape[1]), 2)
    products = [scaled[:, one] * scaled[:, other] for one, other in pairs]
    shares = [work.graph.get(name, np.zeros(len(work))) for name in graph]
    return np.stack([np.ones(len(work)), *scaled.T, *products, *shares], axis=1)
