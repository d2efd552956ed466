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


def version() -> str:
    """OpenVINO's version, such as "2026.4.1"."""
    import openvino

    return str(openvino.__version__).split("-")[0]


def convert(module: Any, example: Mapping[str, Any]) -> Any:
    """A torch module of (input_ids, attention_mask), both (n, length) int64, traced into a graph with free shapes."""
    import openvino

    inputs = [(name, openvino.PartialShape([-1, -1]), openvino.Type.i64) for name in (IDS, MASK)]
    return openvino.convert_model(module, example_input=dict(example), input=inputs)


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
