"""OpenVINO: convert, save, compile, run. The only module that imports `openvino`."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from recommender.errors import ModelError
from recommender.vectors import Float32, Int64

IDS = "input_ids"
MASK = "attention_mask"
_DEVICE = "CPU"
_NEVER = np.float32(np.finfo(np.float16).min)
"""What is added to the score of a token that is not to be looked at: its share is 0, and weights may be float16."""


def version() -> str:
    """OpenVINO's version, such as "2026.4.1"."""
    import openvino

    return str(openvino.__version__).split("-")[0]


def convert(module: Any, example: Mapping[str, Any]) -> Any:
    """A torch module of (input_ids, attention_mask), both (n, length) int64, traced into a graph with free shapes."""
    import openvino

    inputs = [(name, openvino.PartialShape([-1, -1]), openvino.Type.i64) for name in (IDS, MASK)]
    graph = openvino.convert_model(module, example_input=dict(example), input=inputs)
    for node in graph.get_ops():
        if node.get_type_name() == "ScaledDotProductAttention":
            _spell_out(node)
        elif node.get_type_name() == "MatMul":
            _keep_apart(node)
    return graph


def _keep_apart(product: Any) -> None:
    """Put a step that changes nothing between a gate and the layer that reads what it lets through.

    Where a processor computes bf16 in matrix units OpenVINO makes one operation of a gated feed-forward layer (those of
    ModernBERT, Qwen, Gemma), which divides by zero if it has one thread alone: the process is killed.
    """
    from openvino import opset13 as op

    through, weights = product.input_values()
    factors = through.get_node().input_values() if through.get_node().get_type_name() == "Multiply" else []
    if factors and _is_constant(weights) and not any(map(_is_constant, factors)):
        product.input(0).replace_source_output(op.minimum(through, op.constant(np.float32(np.inf))).output(0))


def _is_constant(value: Any) -> bool:
    return bool(value.get_node().get_type_name() == "Constant")


def _spell_out(attention: Any) -> None:
    """Put softmax(scale * q k' + mask) v in the place of one attention.

    The same function, as the operation's own definition (`ScaledDotProductAttention-13`) has it. OpenVINO spells it
    out as well, but scales the scores in place of the queries and transposes more: texts of 240 words took 6 to 8 %
    longer.
    """
    import openvino
    from openvino import opset13 as op

    query, key, value, *rest = attention.input_values()
    mask, scale = (*rest, None, None)[:2]
    width = query.get_partial_shape()[-1]
    if attention.get_attributes()["causal"] or (scale is None and width.is_dynamic):
        return
    if scale is None:
        scale = op.constant(np.float32(width.get_length() ** -0.5))
    scores = op.matmul(op.multiply(query, scale), key, transpose_a=False, transpose_b=True)
    if mask is not None:
        if mask.get_element_type() == openvino.Type.boolean:
            mask = op.select(mask, op.constant(np.float32(0)), op.constant(_NEVER))
        scores = op.add(scores, mask)
    result = op.matmul(op.softmax(scores, -1), value, transpose_a=False, transpose_b=False)
    attention.output(0).replace(result.output(0))


def save(graph: Any, path: Path, *, half: bool) -> None:
    """Write the graph beside its weights (`path` with .bin), the weights as float16 if `half`."""
    import openvino

    openvino.save_model(graph, str(path), compress_to_fp16=half)


class Graph:
    """A compiled encoder: (n, length) token ids and mask to (n, dim) float32 unit rows.

    `precision` is "bf16" where the processor computes in it, else "f32". Not thread-safe: one owner at a time.
    """

    def __init__(
        self, path: Path, *, threads: int | None = None, streams: int = 1, precision: str | None = None
    ) -> None:
        import openvino

        core = openvino.Core()
        capabilities = core.get_property(_DEVICE, "OPTIMIZATION_CAPABILITIES")
        self.precision = precision or ("bf16" if "BF16" in capabilities else "f32")
        settings: dict[str, Any] = {"INFERENCE_PRECISION_HINT": self.precision, "NUM_STREAMS": streams}
        if threads:
            settings["INFERENCE_NUM_THREADS"] = threads
        try:
            self._compiled = core.compile_model(core.read_model(str(path)), _DEVICE, settings)
        except RuntimeError as error:
            raise ModelError(f"{path} is no graph that OpenVINO {version()} can run: {error}") from error
        self._request = self._compiled.create_infer_request()
        self._queue = openvino.AsyncInferQueue(self._compiled, streams + 1)
        self.dim = int(self._compiled.output(0).partial_shape[1].get_length())

    def run(self, ids: Int64, mask: Int64) -> Float32:
        """One batch, now."""
        # Inputs are copied: a request that shares them points to their memory after it was freed, and crashes at times.
        self._request.infer({IDS: ids, MASK: mask}, share_inputs=False, share_outputs=True)
        return np.array(self._request.get_output_tensor(0).data, np.float32)

    def run_all(self, batches: Iterable[tuple[Int64, Int64, Int64]], rows: Float32) -> None:
        """Every batch (places, ids, mask): its first results go to `rows[places]`; the next is prepared meanwhile."""

        def keep(request: Any, places: Int64) -> None:
            rows[places] = request.get_output_tensor(0).data[: len(places)]

        self._queue.set_callback(keep)
        try:
            for places, ids, mask in batches:
                self._queue.start_async({IDS: ids, MASK: mask}, places)
        finally:
            self._queue.wait_all()
