"""The law of the response behind one queue: Poisson arrivals, service of any mixture, one or several servers.

Wait and service are combined in a Laplace transform, inverted numerically. What is sharp in time is left out of the
transform and added in closed form: behind a constant service stands the wait alone, and a narrow one jumps.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gauntlet.mechanisms._inputs import Floats
from gauntlet.mechanisms._inversion import Complexes, invert
from gauntlet.mechanisms._numerics import find_root
from gauntlet.mechanisms._services import Services, Transforms, mean_excess
from gauntlet.mechanisms.queueing import mmc

_TOGETHER = 384
"""Queues whose transforms are inverted at once: a few dozen complex numbers for each fit the cache."""

_TOLERANCE = 1e-5
"""Relative error of a tail at which its time is found; that of the time is smaller still."""


@dataclass(frozen=True)
class SharedQueue:
    """A row of queues with jobs of `services` and a constant `overhead`, which occupies a server, at `rho` below 1.

    Arrays have one element per queue, or one for all; numpy's arithmetic of single numbers rounds otherwise. The unit
    of time is the mean of a job, overhead included. A job finds all servers busy with probability `prob_wait`. Then it
    waits for a geometric number of residual services, each divided among the servers: exact for one server
    (Pollaczek and Khinchine) and for exponential service.
    """

    services: Services
    overhead: Floats
    servers: Floats
    rho: Floats
    prob_wait: Floats

    @classmethod
    def at(cls, rho: Floats, services: Services, overhead: Floats, servers: Floats) -> "SharedQueue":
        """The queue at a utilisation that it can serve."""
        prob_wait = np.where(servers == 1, rho, mmc(rho * servers, 1.0, servers).prob_wait)
        return cls(services, overhead, servers, rho, prob_wait)

    def wait(self, order: int) -> Floats:
        """First or second moment of the wait."""
        per_wait, idle = self.prob_wait / (1 - self.rho), 1 - self.rho
        first = self.services.moment(2, self.overhead) / (2 * self.servers)
        if order == 1:
            return per_wait * first
        second = self.services.moment(3, self.overhead) / (3 * self.servers**2)
        return per_wait * (second + 2 * self.rho * first**2 / idle)

    def survival(self, time: Floats) -> Floats:
        """P(wait + service > t), where the service of the job itself is without the overhead."""
        service = self.services.shares, self.services.means, self.services.scvs
        own = np.broadcast_arrays(self.rho, self.overhead, self.servers, self.prob_wait, *(part[0] for part in service))
        time = np.broadcast_arrays(time, own[0])[0]
        found = np.where(time > 0, 0.0, 1.0)
        for some, queue in self._groups((time > 0) & (time < np.inf)):
            after = time[some]
            idle = self.services.law == "lognormal" and not np.any(queue.prob_wait)
            found[some] = np.clip(queue.services.survival(after) if idle else queue._inverted(after), 0.0, 1.0)
        return found

    def _groups(self, some: npt.NDArray[np.bool_]) -> Iterator[tuple[npt.NDArray[np.intp], "SharedQueue"]]:
        """Some of the queues, a cacheful at a time, those without any wait apart: places and queues."""
        waits = np.broadcast_to(self.prob_wait > 0, some.shape)
        for alike in (some & waits, some & ~waits):
            places = np.flatnonzero(alike)
            for first in range(0, places.size, _TOGETHER):
                chosen = places[first : first + _TOGETHER]
                yield chosen, self._rows(chosen)

    def _inverted(self, time: Floats) -> Floats:
        """`survival` by inversion of its transform, for a row of times inside."""
        found = np.zeros(time.shape)
        for part, constant in enumerate(self.services.constant):
            if np.any(constant):
                behind = np.where(constant, self._waiting(time - self.services.means[part], constant), 0.0)
                found = found + self.services.shares[part] * behind
        if not np.all(self.services.constant):
            found = found + invert(lambda s: self._smooth(s, time), time)
        for part, narrow in enumerate(self.services.narrow):
            if np.any(narrow):
                found = found + (1 - self.prob_wait) * narrow * self.services.narrow_survival(part, time)
        return found

    def time_of(self, tail: Floats) -> Floats:
        """The time that wait and service exceed with probability `tail`, one of each per queue."""
        low, high = self._bracket(tail)
        open_ = low < high

        def excess(time: Floats) -> Floats:
            """ln tail - ln P(> t): only where it has not been 0 before."""
            log_ratio = np.zeros(tail.shape)
            log_ratio[open_] = np.log(tail[open_]) - np.log(self._rows(open_).survival(time[open_]))
            log_ratio[np.abs(log_ratio) < _TOLERANCE] = 0.0
            open_[log_ratio == 0] = False
            return log_ratio

        return find_root(excess, low, high)

    def _bracket(self, tail: Floats) -> tuple[Floats, Floats]:
        """Times around the one that is exceeded with probability `tail`; equal where it is that of a jump.

        Cantelli's inequality bounds it; constant services and a guess from the exponential law narrow it down.
        """
        service, none = self.services, np.zeros(())
        mean = service.moment(1, none) + self.wait(1)
        square = service.moment(2, none) + 2 * service.moment(1, none) * self.wait(1) + self.wait(2)
        spread = np.sqrt(np.maximum(square - mean**2, 0.0))
        low, high = np.zeros(tail.shape), mean + spread * np.sqrt((1 - tail) / tail)
        probes = [(np.minimum(mean - spread * np.log(tail), high), none)]
        probes += [(at, (1 - self.prob_wait) * share) for at, share in service.jumps()]
        for at, jump in probes:
            after = self.survival(at)
            low = np.where(after + jump > tail, np.maximum(low, at), low)
            high = np.where(after <= tail, np.minimum(high, at), high)
        return low, np.maximum(low, high)

    def _waiting(self, time: Floats, some: npt.NDArray[np.bool_]) -> Floats:
        """P(wait > t), where `some`; what one residual constant service would leave is added in closed form."""
        asked = (time > 0) & some
        found = np.where(time < 0, 1.0, self.prob_wait + np.zeros(time.shape))
        if np.any(asked):
            queue, after = self._rows(asked), time[asked]
            found[asked] = invert(lambda s: queue._smooth_wait(s, after), after) + queue._bend(after)
        return found

    def _bend(self, time: Floats) -> Floats:
        """P(wait > t) of jobs that wait for one residual service that is nearly constant."""
        service, c = self.services, self.servers
        total = np.zeros(time.shape)
        for part, share in enumerate(service.sharp):
            mean = (service.means[part] + self.overhead) / c
            spread = service.means[part] / c
            total = total + share * mean_excess(mean - spread, spread, service.scvs[part], time)
        return self._begin * total

    @property
    def _begin(self) -> Floats:
        """Density of the wait just above 0."""
        return self.prob_wait * (1 - self.rho) * self.servers

    def _smooth_wait(self, s: Complexes, time: Floats) -> Complexes:
        """Transform of P(wait > t) without `_bend`, at Euler's places `s` for a row of times."""
        service, c = self.services, self.servers
        before = service.transforms(time * c)
        mean = (service.sharp * (service.means + self.overhead)).sum(axis=0) / c
        bend = self._begin * (mean - (service.sharp.sum(axis=0) - self._with_overhead(s, before.sharp)) / s)
        smooth: Complexes = (1 - self._wait(s, before) - bend) / s
        return smooth

    def _wait(self, s: Complexes, before: Transforms) -> Complexes:
        """Transform of the density of the wait, from those of services divided among the servers."""
        residual = (1 - self._with_overhead(s, before.all)) * (self.servers / s)
        wait: Complexes = 1 - self.prob_wait + self.prob_wait * (1 - self.rho) * residual / (1 - self.rho * residual)
        return wait

    def _with_overhead(self, s: Complexes, transform: Complexes) -> Complexes:
        """The transform with the overhead divided among the servers added to its time."""
        return transform * np.exp(-s * self.overhead / self.servers) if np.any(self.overhead) else transform

    def _smooth(self, s: Complexes, time: Floats) -> Complexes:
        """Transform of P(wait + service > t), where service is not constant; without the jumps of narrow services."""
        service, c = self.services, self.servers
        own = service.transforms(time)
        before = own if np.all(c == 1) else service.transforms(time * c)
        whole = 1 - service.still.sum(axis=0) - self._wait(s, before) * own.varied
        jump = service.narrow.sum(axis=0) - own.narrow
        smooth: Complexes = (whole - (1 - self.prob_wait) * jump) / s
        return smooth

    def _rows(self, some: npt.NDArray[Any]) -> "SharedQueue":
        """Some of the queues."""

        def rows(array: Floats) -> Floats:
            return array if array.shape[-1] == 1 else array[..., some]

        one = rows(self.overhead), rows(self.servers), rows(self.rho), rows(self.prob_wait)
        return SharedQueue(self.services.each(rows), *one)
