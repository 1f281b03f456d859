"""Reduction of TFLite files: constants in 8 bits, without names and metadata."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from fink_t2.training.compression.eight_bits import FEWEST_ELEMENTS, to_eight_bits

IDENTIFIER = b"TFL3"

#: Versions of the operators that multiply 8-bit weights with inputs quantized at run time, and that
#: dequantize 8-bit constants.
HYBRID_FULLY_CONNECTED_VERSION = 9
DEQUANTIZE_VERSION = 2


def store_constants_as_int8(model: bytes, integer_products: bool = True) -> bytes:
    """Store float32 constants as 8-bit integers with one scale for each array.

    With a single scale equal weights remain equal, so that clustered weights keep their number of
    distinct values.

    Parameters
    ----------
    model : bytes
        Content of a TFLite file with float32 constants.
    integer_products : bool
        Whether the weights of fully connected layers are multiplied as integers with inputs that
        are quantized at run time ("dynamic range"). All other constants are converted to float32
        when the network is loaded.

    Returns
    -------
    bytes
        Content of the smaller TFLite file, without names and metadata (`strip`).
    """
    content = _read(model)
    for graph in content.subgraphs:
        uses: dict[int, list[tuple[Any, int]]] = {}
        for operator in graph.operators:
            for position, tensor in enumerate(operator.inputs):
                uses.setdefault(int(tensor), []).append((operator, position))
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
    """Remove the names of inner tensors, empty records, and the metadata of the converter.

    Parameters
    ----------
    model : bytes
        Content of a TFLite file.

    Returns
    -------
    bytes
        Content of an equivalent TFLite file in which inputs and outputs keep their names, and
        equal records are stored once.
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
            # The flag distinguishes a scalar from a tensor of unknown rank.
            tensor.hasRank = tensor.shape is None or len(tensor.shape) == 0
            data = content.buffers[tensor.buffer].data
            if data is None or not len(data):
                tensor.buffer = 0
            else:
                tensor.buffer = constants.setdefault(tensor.buffer, len(constants) + 1)
    content.buffers = [schema.BufferT(), *(content.buffers[old] for old in constants)]
    return _write(content)


def distinct_weights(model: bytes) -> list[int]:
    """Return the number of distinct values of every 8-bit constant."""
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
    """A builder that stores equal vectors once, which the format allows."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._vectors: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: np.ndarray) -> int:
        """Store a vector, or return the offset of an equal one."""
        key = (x.dtype.str, x.tobytes())
        if key not in self._vectors:
            self._vectors[key] = super().CreateNumpyVector(x)
        return self._vectors[key]


class _PackedOnce:
    """Options of an operator that are stored once together with equal options of others."""

    def __init__(self, options: Any, offsets: dict[str, int]) -> None:
        self._options, self._offsets = options, offsets
        self._key = f"{type(options).__name__} {sorted(vars(options).items())!r}"

    def Pack(self, builder: flatbuffers.Builder) -> int:
        """Store the options, or return the offset of equal ones."""
        if self._key not in self._offsets:
            self._offsets[self._key] = self._options.Pack(builder)
        return self._offsets[self._key]


def _write(content: Any) -> bytes:
    offsets: dict[str, int] = {}
    for graph in content.subgraphs:
        for operator in graph.operators:
            if operator.builtinOptions is not None:
                operator.builtinOptions = _PackedOnce(operator.builtinOptions, offsets)
    builder = _SharingBuilder(1 << 16)
    builder.Finish(content.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


def _float_constant(content: Any, tensor: Any) -> np.ndarray | None:
    data = content.buffers[tensor.buffer].data
    if tensor.type != schema.TensorType.FLOAT32 or data is None or not len(data):
        return None
    return np.frombuffer(np.asarray(data, np.uint8).tobytes(), dtype="<f4")


def _is_weight(content: Any, operator: Any, position: int) -> bool:
    code = content.operatorCodes[operator.opcodeIndex]
    builtin = max(code.builtinCode, code.deprecatedBuiltinCode)
    return bool(builtin == schema.BuiltinOperator.FULLY_CONNECTED and position == 1)


def _store(content: Any, tensor: Any, values: np.ndarray) -> None:
    """Replace the constant of a tensor by 8-bit integers in [-127, 127]."""
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
    """Store a constant as integers in a new tensor, and return the operator that dequantizes it."""
    original = graph.tensors[index]
    stored = schema.TensorT()
    stored.shape, stored.buffer = original.shape, original.buffer
    stored.type = schema.TensorType.FLOAT32
    _store(content, stored, values)
    graph.tensors.append(stored)
    # Buffer 0 is empty by convention; the tensor is now the result of an operator.
    original.buffer = 0
    operator = schema.OperatorT()
    operator.opcodeIndex = _dequantize_code(content)
    operator.inputs = np.array([len(graph.tensors) - 1], dtype=np.int32)
    operator.outputs = np.array([index], dtype=np.int32)
    operator.builtinOptionsType = schema.BuiltinOptions.DequantizeOptions
    operator.builtinOptions = schema.DequantizeOptionsT()
    return operator


def _dequantize_code(content: Any) -> int:
    dequantize = schema.BuiltinOperator.DEQUANTIZE
    for index, code in enumerate(content.operatorCodes):
        if max(code.builtinCode, code.deprecatedBuiltinCode) == dequantize:
            return index
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = dequantize
    code.version = DEQUANTIZE_VERSION
    content.operatorCodes.append(code)
    return len(content.operatorCodes) - 1
