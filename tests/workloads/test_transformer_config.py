"""config.json files: what is read, and how a wrong field is refused by its name."""

import json

import pytest

from gauntlet.errors import RegistryError, UsageError
from gauntlet.workloads import known_models
from gauntlet.workloads.known_models import model_named
from gauntlet.workloads.transformer_config import read_config, transformer_of
from gauntlet.workloads.transformer_layers import Experts, FeedForward

LLAMA = {
    "model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256, "torch_dtype": "bfloat16",
}  # fmt: skip
MIXTRAL = {**LLAMA, "model_type": "mixtral", "num_local_experts": 8, "num_experts_per_tok": 2}
GONE = object()


def changed(config, **fields):
    return {name: value for name, value in {**config, **fields}.items() if value is not GONE}


def test_a_file_or_its_folder_is_read(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(LLAMA))
    for path in (folder, folder / "config.json"):
        assert read_config(path).parameters == 8_030_261_248
        assert model_named(str(path)).name == "mine"


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (changed(LLAMA, hidden_size=GONE), "field hidden_size (or n_embd, d_model) is missing"),
        (changed(LLAMA, vocab_size=GONE), "field vocab_size is missing"),
        (changed(LLAMA, intermediate_size=GONE), "field intermediate_size"),
        (changed(LLAMA, num_hidden_layers=10**8), "num_hidden_layers = 100000000; expected at most 10000"),
        (changed(MIXTRAL, mlp_only_layers=3), "mlp_only_layers = 3; expected a list"),
        (
            changed(LLAMA, quantization_config={"quant_method": "awq", "config_groups": {"g": {"weights": [4]}}}),
            "bits = None",
        ),
        (changed(LLAMA, num_hidden_layers=0), "num_hidden_layers = 0; expected a whole number above 0"),
        (changed(LLAMA, hidden_size=-4096), "hidden_size = -4096; expected a whole number from 1"),
        (changed(LLAMA, num_attention_heads=32.5), "num_attention_heads = 32.5"),
        (changed(LLAMA, vocab_size="many"), "vocab_size = 'many'"),
        (changed(LLAMA, num_key_value_heads=7), "num_key_value_heads = 7; expected a divisor of num_attention_heads"),
        (
            changed(LLAMA, num_attention_heads=30, num_key_value_heads=30),
            "num_attention_heads = 30; expected a divisor",
        ),
        (changed(LLAMA, tie_word_embeddings="no"), "tie_word_embeddings = 'no'; expected true or false"),
        (changed(LLAMA, torch_dtype="float7"), "torch_dtype = 'float7' is unknown"),
        (
            changed(LLAMA, layer_types=["full_attention"]),
            "layer_types = '1 entries'; expected one of each of 32 layers",
        ),
        (changed(MIXTRAL, num_experts_per_tok=GONE), "field num_experts_per_tok"),
        (changed(MIXTRAL, num_experts_per_tok=9), "num_experts_per_tok = 9; expected no more than the 8 experts"),
        (changed(LLAMA, kv_lora_rank=512), "field qk_nope_head_dim is missing"),
        (changed(LLAMA, quantization_config={"quant_method": "magic"}), "quant_method = 'magic' is unknown"),
        (changed(LLAMA, quantization_config={"quant_method": "gptq"}), "bits = None; expected a whole number"),
    ],
)
def test_a_wrong_field_is_named(config, told):
    with pytest.raises(UsageError, match="place: ") as error:
        transformer_of(config, "model", "place")
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [("{", "is no JSON"), ("[1]", "holds a list"), (None, "cannot be read"), ("[" * 100_000, "is no JSON")],
)
def test_a_file_that_is_none_is_refused(tmp_path, text, told):
    file = tmp_path / "config.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(UsageError, match=told):
        read_config(file)


def test_a_huge_file_is_not_read(tmp_path):
    file = tmp_path / "config.json"
    file.write_text(" " * 4_000_001)
    with pytest.raises(UsageError, match="has 4000001 bytes"):
        read_config(file)


@pytest.mark.parametrize(
    ("stated", "precision", "bits", "expert_bits"),
    [
        ({"quant_method": "fp8"}, "fp8", 8, 8),
        ({"quant_method": "gptq", "bits": 4, "group_size": 128}, "bf16", 4.125, 4.125),
        ({"quant_method": "awq", "bits": 4, "group_size": 64}, "bf16", 4.25, 4.25),
        ({"quant_method": "mxfp4"}, "bf16", 16, 4.25),
        ({"quant_method": "modelopt", "quant_algo": "NVFP4"}, "fp4", 4.5, 4.5),
        ({"quant_method": "modelopt", "quant_algo": "FP8"}, "fp8", 8, 8),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "bf16", 4, 4),
        ({"quant_method": "compressed-tensors", "config_groups": {"g": {"weights": {"num_bits": 8, "type": "float"}}}},
         "fp8", 8, 8),
        ({"quant_method": "compressed-tensors", "config_groups": {"g": {"weights": {"num_bits": 8, "type": "int"}}}},
         "int8", 8, 8),
    ],
)  # fmt: skip
def test_quantised_weights_and_the_arithmetic_they_need(stated, precision, bits, expert_bits):
    weights = transformer_of(changed(LLAMA, quantization_config=stated), "m", "p").weights
    assert (weights.precision, weights.bits, weights.expert_bits) == (precision, bits, expert_bits)


def test_the_text_part_of_a_multimodal_config_is_read_and_the_rest_named():
    model = transformer_of({"model_type": "llava", "text_config": LLAMA, "vision_config": {"depth": 27}}, "m", "p")
    assert model.parameters == 8_030_261_248
    assert model.left_out == ("vision_config",)


def test_mixtures_may_have_dense_layers():
    first = transformer_of(changed(MIXTRAL, first_k_dense_replace=3, moe_intermediate_size=1024), "m", "p")
    assert [(type(g.mixer), g.layers) for g in first.groups] == [(FeedForward, 3), (Experts, 29)]
    every_other = transformer_of(changed(MIXTRAL, decoder_sparse_step=2), "m", "p")
    assert sum(g.layers for g in every_other.groups if isinstance(g.mixer, Experts)) == 16


@pytest.mark.parametrize("name", ["llama 2 7b", "meta-llama/Llama-2-7b-chat-hf", "LLAMA-2-7B", "Llama-2-7b-hf"])
def test_names_are_found_as_people_write_them(name):
    assert model_named(name).name == "meta-llama/Llama-2-7b-hf"


@pytest.mark.parametrize(
    ("name", "bits"),
    [("Llama-3.3-70B-Instruct-FP4", 4.5), ("Llama-3.1-70B-FP8", 8), ("Llama-3.1-70B-Instruct-AWQ", 4.125),
     ("Llama-3.1-70B-quantized.w4a16", 4.125), ("Llama-3.1-70B", 16)],
)  # fmt: skip
def test_a_name_may_say_how_weights_are_stored(name, bits):
    model = model_named(f"someone/{name}")
    assert (model.name, model.weights.bits) == ("meta-llama/Llama-3.1-70B", bits)


def test_an_unknown_name_lists_the_nearest():
    with pytest.raises(UsageError, match=r"nearest: .*Mixtral-8x7B"):
        model_named("Mixtral-9x7B")


def test_an_entry_without_a_source_is_refused(tmp_path):
    folder = tmp_path / "estimates" / "llm"
    folder.mkdir(parents=True)
    (folder / "models.json").write_text(json.dumps({"me/mine": {"aliases": [], "date": "2026", "config": LLAMA}}))
    with pytest.raises(RegistryError, match="me/mine must hold"):
        known_models.known_models(tmp_path)
