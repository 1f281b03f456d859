"""Make a TFLite flatbuffer smaller: 8-bit constants, and nothing that only people read."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from fink_t2.training.compression.eight_bits import FEWEST_ELEMENTS, to_eight_bits

IDENTIFIER = b"TFL3"

#: Operator versions that take 8-bit weights with inputs quantized as they come, and that
#: dequantize 8-bit constants.
HYBRID_FULLY_CONNECTED_VERSION = 9
DEQUANTIZE_VERSION = 2


def store_constants_as_int8(model: bytes, integer_products: bool = True) -> bytes:
    """Store float32 constants as 8-bit integers with one scale per array.

    One scale per array keeps equal weights equal, so k shared values stay at most k.

    Parameters
    ----------
    model : bytes
        A flatbuffer with float32 constants.
    integer_products : bool
        Whether weights of fully connected layers are multiplied as integers, with inputs
        quantized as they come ("dynamic range"). All other constants are turned back into
        floats when the network is loaded.

    Returns
    -------
    bytes
        The smaller flatbuffer; see `strip`.
    """
    content = _read(model)
    for graph in content.subgraphs:
        uses: dict[int, list[tuple[Any, int]]] = {}
        for operator in graph.operators:
            for place, tensor in enumerate(operator.inputs):
                uses.setdefault(int(tensor), []).append((operator, place))
        restored = []
        for index in range(len(graph.tensors)):
            values = _float_constant(content, graph.tensors[index])
            if values is None or values.size < FEWEST_ELEMENTS or index not in uses:
                continue
            if integer_products and all(_is_weight(content, *use) for use in uses[index]):
                _store(content, graph.tensors[index], values)
                for operator, _ in uses[index]:
                    operator.builtinOptions.asymmetricQuantizeInputs = True
                    code = content.operatorCodes[operator.opcodeIndex]
                    code.version = max(code.version, HYBRID_FULLY_CONNECTED_VERSION)
            else:
                restored.append(_restore_on_load(content, graph, index, values))
        graph.operators = restored + list(graph.operators)
    return strip(_write(content))


def strip(model: bytes) -> bytes:
    """Drop names of inner tensors, empty records and notes of the converter.

    Parameters
    ----------
    model : bytes
        A flatbuffer.

    Returns
    -------
    bytes
        It computes the same; inputs and outputs keep their names. Equal records are stored
        once.
    """
    content = _read(model)
    content.description = None
    content.metadata = None
    content.metadataBuffer = None
    constants: dict[int, int] = {}
    for graph in content.subgraphs:
        outside = {int(tensor) for tensor in (*graph.inputs, *graph.outputs)}
        for index, tensor in enumerate(graph.tensors):
            if index not in outside:
                tensor.name = None
            if tensor.quantization is not None and tensor.quantization.scale is None:
                tensor.quantization = None
            # Only a scalar needs to be told from a tensor of unknown rank.
            tensor.hasRank = tensor.shape is None or len(tensor.shape) == 0
            data = content.buffers[tensor.buffer].data
            if data is None or not len(data):
                tensor.buffer = 0
            else:
                tensor.buffer = constants.setdefault(tensor.buffer, len(constants) + 1)
    content.buffers = [schema.BufferT(), *(content.buffers[old] for old in constants)]
    return _write(content)


def distinct_weights(model: bytes) -> list[int]:
    """Return how many distinct values every 8-bit constant matrix has."""
    content = _read(model)
    counts = []
    for graph in content.subgraphs:
        for tensor in graph.tensors:
            data = content.buffers[tensor.buffer].data
            if tensor.type == schema.TensorType.INT8 and data is not None:
                counts.append(len(np.unique(np.asarray(data, np.uint8))))
    return counts


def _read(model: bytes) -> Any:
    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(model, 0))


class _SharingBuilder(flatbuffers.Builder):
    """A builder that stores equal vectors once; the format allows several references."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._vectors: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: np.ndarray) -> int:
        """Store a vector, or return where an equal one is."""
        key = (x.dtype.str, x.tobytes())
        if key not in self._vectors:
            self._vectors[key] = super().CreateNumpyVector(x)
        return self._vectors[key]


class _PackedOnce:
    """Options of an operator, packed where equal options of another one are."""

    def __init__(self, options: Any, places: dict[str, int]) -> None:
        self._options, self._places = options, places
        self._key = f"{type(options).__name__} {sorted(vars(options).items())!r}"

    def Pack(self, builder: flatbuffers.Builder) -> int:
        """Do as the generated classes do."""
        if self._key not in self._places:
            self._places[self._key] = self._options.Pack(builder)
        return self._places[self._key]


def _write(content: Any) -> bytes:
    places: dict[str, int] = {}
    for graph in content.subgraphs:
        for operator in graph.operators:
            if operator.builtinOptions is not None:
                operator.builtinOptions = _PackedOnce(operator.builtinOptions, places)
    builder = _SharingBuilder(1 << 16)
    builder.Finish(content.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


def _float_constant(content: Any, tensor: Any) -> np.ndarray | None:
    data = content.buffers[tensor.buffer].data
    if tensor.type != schema.TensorType.FLOAT32 or data is None or not len(data):
        return None
    return np.frombuffer(np.asarray(data, np.uint8).tobytes(), dtype="<f4")


def _is_weight(content: Any, operator: Any, place: int) -> bool:
    code = content.operatorCodes[operator.opcodeIndex]
    kind = max(code.builtinCode, code.deprecatedBuiltinCode)
    return bool(kind == schema.BuiltinOperator.FULLY_CONNECTED and place == 1)


def _store(content: Any, tensor: Any, values: np.ndarray) -> None:
    """Replace a tensor's constant by 8-bit integers in [-127, 127]."""
    integers, scale = to_eight_bits(values)
    buffer = schema.BufferT()
    buffer.data = integers.view(np.uint8)
    content.buffers.append(buffer)
    content.buffers[tensor.buffer].data = None
    tensor.buffer = len(content.buffers) - 1
    tensor.type = schema.TensorType.INT8
    tensor.quantization = schema.QuantizationParametersT()
    tensor.quantization.scale = np.array([scale], dtype=np.float32)
    tensor.quantization.zeroPoint = np.array([0], dtype=np.int64)


def _restore_on_load(content: Any, graph: Any, index: int, values: np.ndarray) -> Any:
    """Store a constant as integers in a new tensor; return the operator that restores it."""
    original = graph.tensors[index]
    stored = schema.TensorT()
    stored.shape, stored.buffer = original.shape, original.buffer
    stored.type = schema.TensorType.FLOAT32
    _store(content, stored, values)
    graph.tensors.append(stored)
    # Buffer 0 is the empty one by convention: the tensor is computed now.
    original.buffer = 0
    operator = schema.OperatorT()
    operator.opcodeIndex = _dequantize_code(content)
    operator.inputs = np.array([len(graph.tensors) - 1], dtype=np.int32)
    operator.outputs = np.array([index], dtype=np.int32)
    operator.builtinOptionsType = schema.BuiltinOptions.DequantizeOptions
    operator.builtinOptions = schema.DequantizeOptionsT()
    return operator


def _dequantize_code(content: Any) -> int:
    wanted = schema.BuiltinOperator.DEQUANTIZE
    for index, code in enumerate(content.operatorCodes):
        if max(code.builtinCode, code.deprecatedBuiltinCode) == wanted:
            return index
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = wanted
    code.version = DEQUANTIZE_VERSION
    content.operatorCodes.append(code)
    return len(content.operatorCodes) - 1
