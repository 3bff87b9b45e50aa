"""Replications of a discrete-event simulation (Ciw), and Student's interval of what they measure."""

import ciw
import numpy as np

RUNS = 20
STUDENT = {RUNS - 1: 3.883, RUNS - 2: 3.922}
"""Quantile of Student's t that a half of a thousandth exceeds, by degrees of freedom: two-sided 99.9 %."""


def exponential(mean):
    return ciw.dists.Exponential(1 / mean)


def hyperexponential(mean, scv):
    """Two phases with balanced means."""
    first = (1 + np.sqrt((scv - 1) / (scv + 1))) / 2
    return ciw.dists.HyperExponential([2 * first / mean, 2 * (1 - first) / mean], [first, 1 - first])


def one_station(arrival, service, servers=1, **more):
    """A function that builds a network of one station."""
    return lambda: ciw.create_network(
        arrival_distributions=[arrival], service_distributions=[service], number_of_servers=[servers], **more
    )


def waits(records):
    return np.array([record.waiting_time for record in records if record.record_type == "service"])


def responses(records):
    return np.array([record.exit_date - record.arrival_date for record in records if record.record_type == "service"])


def services(records):
    return np.array([record.service_time for record in records if record.record_type == "service"])


def replicate(build, measure, until, work=services, node_class=ciw.Node):
    """What is measured of records that arrive after a tenth of the time, and the work they bring per second.

    One row per run, the work last; run k has seed k.
    """
    rows = []
    for seed in range(RUNS):
        ciw.seed(seed)
        simulation = ciw.Simulation(build(), node_class=node_class)
        simulation.simulate_until_max_time(until)
        records = [record for record in simulation.get_all_records() if record.arrival_date > until / 10]
        rows.append([*measure(records), work(records).sum() / (0.9 * until)])
    return np.array(rows)


def interval(column, control=None):
    """Mean and half width of the 99.9 % interval over the runs.

    A control, measured less its known mean, takes away the part of the scatter that it explains by regression.
    Source: Lavenberg and Welch, Management Science 27(3), 1981.
    """
    design = np.ones((RUNS, 1)) if control is None else np.column_stack([np.ones(RUNS), control])
    freedom = RUNS - design.shape[1]
    coefficients = np.linalg.lstsq(design, column)[0]
    variance = ((column - design @ coefficients) ** 2).sum() / freedom * np.linalg.inv(design.T @ design)[0, 0]
    return coefficients[0], STUDENT[freedom] * np.sqrt(variance)
