from pathlib import Path

import pytest
import yaml

from gauntlet.errors import RecordError
from gauntlet.verdict import policy
from gauntlet.verdict.policy import Policy, load_policy


def _write(path, change):
    entries = yaml.safe_load(Path(policy.__file__).with_name("policy.yaml").read_text())
    change(entries)
    path.write_text(yaml.safe_dump(entries))
    return path


def test_every_threshold_has_a_value_a_source_and_a_reason():
    assert isinstance(load_policy(), Policy)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda entries: entries["band_low"].pop("source"), "'band_low' needs exactly value, source and why"),
        (lambda entries: entries.pop("band_high"), "band_high: Field required"),
        (lambda entries: entries["informative_band"].update(value=0.5), "informative_band: .* greater than 1"),
        (lambda entries: entries.update(luck={"value": 1, "source": "s", "why": "w"}), "luck: Extra inputs"),
    ],
)
def test_a_broken_policy_names_the_entry(tmp_path, change, message):
    with pytest.raises(RecordError, match=message):
        load_policy(_write(tmp_path / "policy.yaml", change))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RecordError, match=r"nowhere\.yaml cannot be read"):
        load_policy(tmp_path / "nowhere.yaml")
