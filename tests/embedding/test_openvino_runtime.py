from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from recommender.embedding import openvino_runtime
from recommender.embedding.openvino_runtime import Graph
from recommender.embedding.torch_runtime import tracing

LONG, WIDE = 5, 8
Mask = Callable[[torch.Tensor], torch.Tensor]


class Attention(torch.nn.Module):
    """Attention of two heads over embedded tokens, pooled to a row a text."""

    def __init__(self, mask: Mask | None, **options: Any) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.words = torch.nn.Embedding(50, 2 * WIDE)
        self.parts = torch.nn.Linear(2 * WIDE, 6 * WIDE)
        self.mask, self.options = mask, options

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        parts = self.parts(self.words(input_ids)).unflatten(2, (3, 2, WIDE))
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        mask = self.mask and self.mask(attention_mask)
        found = scaled_dot_product_attention(query, key, value, mask, **self.options)
        return found.transpose(1, 2).flatten(2).mean(1)


class Gated(torch.nn.Module):
    """A feed-forward layer of which one half decides what the other lets through, pooled to a row a text."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.words = torch.nn.Embedding(50, 32)
        self.gate, self.up, self.down = (torch.nn.Linear(32, 32, bias=False) for _ in range(3))

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        words = self.words(input_ids)
        return self.down(torch.nn.functional.silu(self.gate(words)) * self.up(words)).mean(1)


def allowed(mask: torch.Tensor) -> torch.Tensor:
    return mask[:, None, None, :].bool()


def added(mask: torch.Tensor) -> torch.Tensor:
    return (1 - mask[:, None, None, :].float()) * -1e4


def graph_of(module: torch.nn.Module) -> Any:
    ids = torch.arange(2 * LONG).reshape(2, LONG)
    with tracing():
        return openvino_runtime.convert(module.eval(), {"input_ids": ids, "attention_mask": torch.ones_like(ids)})


@pytest.mark.parametrize(
    ("mask", "options"),
    [
        (None, {}),
        (allowed, {}),
        (added, {}),
        (allowed, {"scale": 0.7}),
        (None, {"scale": 0.7}),
        (None, {"is_causal": True}),
    ],
)
def test_attention_is_torchs_however_it_is_masked(mask: Mask | None, options: dict[str, Any], tmp_path: Path) -> None:
    module = Attention(mask, **options)
    openvino_runtime.save(graph_of(module), tmp_path / "model.xml", half=False)
    ids = np.random.default_rng(5).integers(0, 50, (3, 2 * LONG))
    seen = (np.arange(2 * LONG) < np.array([[3], [2 * LONG], [7]])).astype(np.int64)
    with torch.no_grad():
        expected = module(torch.tensor(ids), torch.tensor(seen)).numpy()
    found = Graph(tmp_path / "model.xml", precision="f32").run(ids, seen)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(("options", "left"), [({}, 0), ({"is_causal": True}, 1)])
def test_attention_is_spelled_out_unless_it_is_causal(options: dict[str, Any], left: int) -> None:
    kinds = [node.get_type_name() for node in graph_of(Attention(None, **options)).get_ops()]
    assert kinds.count("ScaledDotProductAttention") == left


def test_a_saved_encoder_has_its_attention_spelled_out(mean_graph: Path) -> None:
    kinds = {node.get_type_name() for node in openvino.Core().read_model(str(mean_graph / "model.xml")).get_ops()}
    assert "ScaledDotProductAttention" not in kinds


def test_a_gated_layer_is_not_made_one_operation_which_some_processors_die_of(tmp_path: Path) -> None:
    module = Gated()
    graph = graph_of(module)
    openvino_runtime.save(graph, tmp_path / "model.xml", half=True)
    saved = openvino.Core().read_model(str(tmp_path / "model.xml"))
    layers = [node for node in saved.get_ops() if node.get_type_name() == "MatMul"]
    assert "Multiply" not in {layer.input_value(0).get_node().get_type_name() for layer in layers}
    ids = np.random.default_rng(5).integers(0, 50, (3, 2 * LONG))
    with torch.no_grad():
        expected = module(torch.tensor(ids), torch.ones(ids.shape, dtype=torch.int64)).numpy()
    found = Graph(tmp_path / "model.xml", threads=1).run(ids, np.ones_like(ids))
    np.testing.assert_allclose(found, expected, atol=0.02)
