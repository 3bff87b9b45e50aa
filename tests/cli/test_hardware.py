"""hardware shows values with units and sources."""

import json

from gauntlet.hardware.registry import Registry


def test_hardware_is_listed_whole_and_shown_with_sources(call):
    registry = Registry.load()
    listed = call("hardware", "list").stdout.splitlines()
    assert [line.split()[0] for line in listed] == list(registry.ids())
    device = registry.devices()[0]
    shown = call("hardware", "show", device.id.upper()).stdout
    for fact in device.facts:
        assert fact.label in shown
        assert fact.source in shown
    assert json.loads(call("hardware", "show", device.key, "--json").stdout)["id"] == device.id


def test_unknown_and_ambiguous_devices_are_named(call):
    unknown = call("hardware", "show", "h9000")
    assert (unknown.exit_code, "h9000" in unknown.stderr) == (2, True)
    ambiguous = call("hardware", "show", "A100")
    assert ambiguous.exit_code == 2
    assert "gpu/a100_40gb" in ambiguous.stderr
