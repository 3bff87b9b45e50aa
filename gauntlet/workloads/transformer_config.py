"""A Hugging Face config.json as a `Transformer`: dense, GQA, MLA, sliding and linear attention, MoE, quantised.

Fields carry the names of the transformers library; a field that is missing without a default, or that contradicts
another, is refused by name. Source: huggingface/transformers, `configuration_*.py` of each model type (Apache-2.0).
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gauntlet.errors import UsageError
from gauntlet.workloads.transformer import Transformer
from gauntlet.workloads.transformer_layers import (
    Attention,
    Experts,
    FeedForward,
    GroupedQuery,
    Latent,
    LayerGroup,
    Linear,
)
from gauntlet.workloads.transformer_weights import weights_of

_LARGEST_FILE_BYTES = 4_000_000
_MOST, _MOST_LAYERS = 10**9, 10**4
"""No size in a config is larger."""

_TWO_MATRICES = frozenset(
    ("bloom", "codegen", "falcon", "gpt2", "gpt_bigcode", "gpt_neo", "gpt_neox", "gptj", "mpt", "opt", "persimmon",
     "phi", "starcoder2", "stablelm_epoch")
)  # fmt: skip
_TIED = frozenset(("bloom", "cohere", "cohere2", "falcon", "gemma", "gemma2", "gemma3", "gemma3_text", "gpt2",
                   "gpt_bigcode", "mpt", "opt"))  # fmt: skip
_BIASED = frozenset(("gpt2", "gpt_bigcode", "gpt_neox", "opt", "phi", "starcoder2"))
_LEARNT_POSITIONS = {"gpt2": 0, "gpt_bigcode": 0, "opt": 2}
"""Model types with a table of positions, and rows it has beyond the longest context."""
_BIASED_QKV = frozenset(("qwen2", "qwen2_moe", "qwen2_vl", "qwen2_5_vl"))
_NORMED_QK = frozenset(
    ("glm4_moe", "gemma3", "gemma3_text", "qwen3", "qwen3_moe", "qwen3_next", "qwen3_5_moe", "qwen3_5_moe_text")
)
_FOUR_NORMS = frozenset(("gemma2", "gemma3", "gemma3_text"))


def read_config(path: Path) -> Transformer:
    """The model of a config.json (or of the folder that holds one); UsageError names the file and the field."""
    file = path / "config.json" if path.is_dir() else path
    try:
        if file.stat().st_size > _LARGEST_FILE_BYTES:
            raise UsageError(f"{file} has {file.stat().st_size} bytes; a config.json has far fewer.")
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror}); name a config.json.") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is no JSON ({error}); name a Hugging Face config.json.") from None
    if not isinstance(data, dict):
        raise UsageError(f"{file} holds a {type(data).__name__}; a Hugging Face config.json is an object.")
    return transformer_of(data, name=str(data.get("_name_or_path") or file.parent.name or file.stem), where=str(file))


def transformer_of(config: Mapping[str, Any], name: str, where: str) -> Transformer:
    """The model that `config` describes; `where` names its place in messages."""
    fields = _Fields(config, where)
    hidden = fields.count("hidden_size", "n_embd", "d_model")
    layers = fields.layers()
    kinds = [(_attention(fields, index, hidden), _mixer(fields, index, hidden)) for index in range(layers)]
    groups: list[LayerGroup] = []
    norms = 4 if fields.kind in _FOUR_NORMS else 2 * (2 if fields.kind in _BIASED else 1)
    for attention, mixer in kinds:
        last = groups[-1] if groups else None
        same = next((i for i, group in enumerate(groups) if group[1:3] == (attention, mixer)), None)
        if last is None or same is None:
            groups.append(LayerGroup(1, attention, mixer, norms))
        else:
            groups[same] = groups[same]._replace(layers=groups[same].layers + 1)
    longest = fields.optional("max_position_embeddings", "n_positions", "max_seq_len", "seq_length")
    learnt = fields.kind in _LEARNT_POSITIONS and longest
    return Transformer(
        name=name,
        hidden=hidden,
        vocabulary=fields.count("vocab_size"),
        groups=tuple(groups),
        tied=fields.flag("tie_word_embeddings", fields.kind in _TIED),
        weights=weights_of(fields.quantisation, fields.words("torch_dtype", "dtype"), where),
        positions=longest + _LEARNT_POSITIONS[fields.kind] if learnt and longest else 0,
        longest_context=longest,
        left_out=tuple(fields.left_out()),
    )


def _attention(fields: "_Fields", index: int, hidden: int) -> Attention:
    heads = fields.count("num_attention_heads", "n_head", "n_heads")
    if fields.layer_kind(index) == "linear_attention":
        return Linear(
            fields.count("linear_num_key_heads"),
            fields.count("linear_num_value_heads"),
            fields.count("linear_key_head_dim"),
            fields.count("linear_value_head_dim"),
            fields.count("linear_conv_kernel_dim", default=4),
        )
    if fields.optional("kv_lora_rank") is not None:
        sparse = fields.optional("index_topk")
        return Latent(
            heads,
            fields.count("kv_lora_rank"),
            fields.optional("q_lora_rank") or 0,
            fields.count("qk_nope_head_dim"),
            fields.count("qk_rope_head_dim"),
            fields.count("v_head_dim"),
            window=sparse or math.inf,
            index_heads=fields.count("index_n_heads", default=0, least=0) if sparse else 0,
            index_dim=fields.count("index_head_dim", default=0, least=0) if sparse else 0,
        )
    return GroupedQuery(
        heads,
        _kv_heads(fields, heads),
        _head_dim(fields, hidden, heads),
        window=fields.window(index),
        gated=fields.flag("attn_output_gate", fields.kind == "qwen3_next"),
        biased=fields.flag("attention_bias", fields.kind in _BIASED_QKV | _BIASED),
        output_biased=fields.kind in _BIASED or (fields.kind == "gpt_oss" and fields.flag("attention_bias", True)),
        normed=fields.kind in _NORMED_QK,
    )


def _kv_heads(fields: "_Fields", heads: int) -> int:
    multi_query = fields.flag("multi_query", False) and not fields.flag("new_decoder_architecture", False)
    kv_heads = fields.count("num_key_value_heads", "num_kv_heads", "n_head_kv", default=1 if multi_query else heads)
    if multi_query and not fields.optional("num_key_value_heads"):
        return 1
    if heads % kv_heads:
        raise fields.refusal("num_key_value_heads", kv_heads, f"a divisor of num_attention_heads = {heads}")
    return kv_heads


def _head_dim(fields: "_Fields", hidden: int, heads: int) -> int:
    stated = fields.optional("head_dim")
    if stated is None and hidden % heads:
        raise fields.refusal("num_attention_heads", heads, f"a divisor of hidden_size = {hidden}, or a stated head_dim")
    return stated or hidden // heads


def _mixer(fields: "_Fields", index: int, hidden: int) -> FeedForward | Experts:
    gated, biased = fields.kind not in _TWO_MATRICES, fields.kind in _BIASED
    width = fields.optional("intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size")
    experts = fields.optional("n_routed_experts", "num_local_experts", "num_experts")
    if experts is None or experts == 1 or fields.is_dense_layer(index):
        dense = fields.optional("intermediate_size_mlp") if experts else None
        if (dense or width) is None and fields.kind in _TWO_MATRICES:
            return FeedForward(4 * hidden, gated, biased)
        return FeedForward(dense or fields.count("intermediate_size", "n_inner", "ffn_dim"), gated, biased)
    top_k = fields.count("num_experts_per_tok", "num_experts_per_token", "experts_per_token", "moe_topk", "moe_top_k")
    if top_k > experts:
        raise fields.refusal("num_experts_per_tok", top_k, f"no more than the {experts} experts")
    each = fields.optional("moe_intermediate_size") or fields.count("intermediate_size")
    shared = fields.optional("shared_expert_intermediate_size") or (
        (fields.optional("n_shared_experts", "num_shared_experts") or (fields.kind == "llama4_text")) * each
    )
    expert = FeedForward(each, gated, biased)
    if fields.kind == "gpt_oss":  # two biases of the gate, one of the output
        expert = FeedForward(each, gated)
    own_gate = fields.kind in ("qwen2_moe", "qwen3_next", "qwen3_5_moe", "qwen3_5_moe_text")
    return Experts(experts, top_k, expert, FeedForward(shared, gated) if shared else None, own_gate and bool(shared))


class _Fields:
    """A config's fields by their several names, with refusals that name the field."""

    def __init__(self, config: Mapping[str, Any], where: str) -> None:
        text = config.get("text_config")
        inner = text if isinstance(text, dict) and "hidden_size" in text else {}
        self._outer, self._data, self._where = config, {**config, **inner}, where
        self.kind = str(inner.get("model_type") or config.get("model_type") or "")
        quantised = self._data.get("quantization_config") or config.get("compression_config")
        self.quantisation = quantised if isinstance(quantised, dict) else None

    def refusal(self, name: str, found: Any, expected: str) -> UsageError:
        """The error that names a field."""
        return UsageError(f"{self._where}: {name} = {found!r}; expected {expected}.")

    def optional(self, *names: str) -> int | None:
        """The first of `names` that is there, as a whole number above 0; None where none is (or it is null or 0)."""
        for name in names:
            found = self._data.get(name)
            if found is None or found == 0:
                continue
            if isinstance(found, bool) or not isinstance(found, int) or not 0 < found <= _MOST:
                raise self.refusal(name, found, f"a whole number from 1 to {_MOST:.0g}")
            return found
        return None

    def count(self, *names: str, default: int | None = None, least: int = 1) -> int:
        """As `optional`, with a default; refused where there is neither."""
        for name in names:
            if name in self._data and self._data[name] == 0 and least > 0 and not isinstance(self._data[name], bool):
                raise self.refusal(name, 0, "a whole number above 0")
        found = self.optional(*names)
        if found is not None:
            return found
        if default is None:
            also = f" (or {', '.join(names[1:])})" if len(names) > 1 else ""
            raise UsageError(
                f"{self._where}: field {names[0]}{also} is missing; a decoder-only Hugging Face config.json states it."
            )
        return default

    def layers(self) -> int:
        """How many layers there are."""
        found = self.count("num_hidden_layers", "n_layer", "n_layers", "num_layers")
        if found > _MOST_LAYERS:
            raise self.refusal("num_hidden_layers", found, f"at most {_MOST_LAYERS}")
        return found

    def listed(self, name: str) -> list[Any]:
        """A list, empty where there is none."""
        found = self._data.get(name)
        if not isinstance(found, list | None):
            raise self.refusal(name, found, "a list")
        return found or []

    def flag(self, name: str, default: bool) -> bool:
        """A truth value."""
        found = self._data.get(name, self._outer.get(name))
        if found is None:
            return default
        if not isinstance(found, bool):
            raise self.refusal(name, found, "true or false")
        return found

    def words(self, *names: str) -> str:
        """The first word that is there, or none."""
        return next((str(self._data[name]) for name in names if self._data.get(name)), "")

    def layer_kind(self, index: int) -> str:
        """What `layer_types` (or an interval) says of layer `index`; empty where nothing does."""
        kinds = self._data.get("layer_types")
        if isinstance(kinds, list):
            layers = self.layers()
            if len(kinds) != layers:
                raise self.refusal("layer_types", f"{len(kinds)} entries", f"one of each of {layers} layers")
            return str(kinds[index])
        every = self.optional("full_attention_interval")
        if every is not None:
            return "full_attention" if (index + 1) % every == 0 else "linear_attention"
        pattern = self.optional("sliding_window_pattern")
        if pattern is not None:
            return "full_attention" if (index + 1) % pattern == 0 else "sliding_attention"
        if self.kind in ("gemma2", "gpt_oss"):
            return "sliding_attention" if index % 2 == 0 else "full_attention"
        return ""

    def window(self, index: int) -> float:
        """Past tokens that a query of layer `index` sees."""
        size = self.optional("sliding_window")
        if size is None or self._data.get("use_sliding_window") is False:
            return math.inf
        kind = self.layer_kind(index)
        if self.kind.startswith("qwen2") and not kind:
            return float(size) if index >= (self.optional("max_window_layers") or 0) else math.inf
        return float(size) if kind in ("", "sliding_attention") else math.inf

    def is_dense_layer(self, index: int) -> bool:
        """Whether a layer of a mixture has an ordinary feed-forward."""
        if index < (self.optional("first_k_dense_replace") or 0) or index in self.listed("mlp_only_layers"):
            return True
        if listed := self.listed("moe_layers"):
            return index not in listed
        every = self.optional("interleave_moe_layer_step", "decoder_sparse_step", "moe_layer_freq") or 1
        return (index + 1) % every != 0

    def left_out(self) -> list[str]:
        """Parts of the checkpoint that decoding text does not use."""
        parts = [name for name in ("vision_config", "audio_config") if name in self._outer]
        predictors = self.optional("num_nextn_predict_layers", "mtp_num_hidden_layers")
        return parts + ([f"{predictors} multi-token prediction layer(s)"] if predictors else [])
