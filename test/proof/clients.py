"""Asks a served model with a client that others wrote, as it is, and compares with ONNX Runtime's own predictions.

Usage: `python clients.py triton|kserve URL NAME VERSION MODEL.onnx`. Prints what was seen, a line each.
"""

import asyncio
import sys
from collections.abc import Iterator

import numpy as np
import onnxruntime as ort

client, url, name, version, file = sys.argv[1:]
session = ort.InferenceSession(file)
ROWS = 3
TYPES = {
    "tensor(float16)": ("FP16", np.float16, [0.5, -65504]),
    "tensor(float)": ("FP32", np.float32, [1.5, -3.4028234663852886e38]),
    "tensor(double)": ("FP64", np.float64, [0.1, 1.7e308]),
    "tensor(int8)": ("INT8", np.int8, [-128, 127]),
    "tensor(int16)": ("INT16", np.int16, [-(2**15), 2**15 - 1]),
    "tensor(int32)": ("INT32", np.int32, [-(2**31), 2**31 - 1]),
    "tensor(int64)": ("INT64", np.int64, [-(2**63), 2**63 - 1]),
    "tensor(uint8)": ("UINT8", np.uint8, [0, 255]),
    "tensor(uint16)": ("UINT16", np.uint16, [0, 2**16 - 1]),
    "tensor(uint32)": ("UINT32", np.uint32, [0, 2**32 - 1]),
    "tensor(uint64)": ("UINT64", np.uint64, [0, 2**64 - 1]),
    "tensor(bool)": ("BOOL", np.bool_, [True, False]),
    "tensor(string)": ("BYTES", np.object_, ["", "grüße \U0001f600"]),
}
"""ONNX's types: the protocol's name, NumPy's, and values at the edges."""


def tensors() -> dict[str, tuple[str, np.ndarray]]:
    """Type and values of each input: every free dimension is 3; small numbers where the model computes with them."""
    made = {}
    for item in session.get_inputs():
        datatype, dtype, edges = TYPES[item.type]
        shape = [dim if isinstance(dim, int) else ROWS for dim in item.shape]
        size = int(np.prod(shape, dtype=int))
        computes = len(session.get_inputs()) == 1
        values = np.linspace(0.5, 60, size) if computes else [edges[index % 2] for index in range(size)]
        made[item.name] = (datatype, np.array(values, dtype).reshape(shape))
    return made


inputs = tensors()
outputs = [item.name for item in session.get_outputs()]
expected = dict(zip(outputs, session.run(outputs, {key: array for key, (_, array) in inputs.items()}), strict=True))


def text(array: np.ndarray) -> np.ndarray:
    """Strings as strings: clients give some of them as bytes."""
    return np.array([item.decode() if isinstance(item, bytes) else item for item in array.ravel()], object).reshape(
        array.shape
    )


def same(key: str, got: np.ndarray | None) -> None:
    want = expected[key]
    assert got is not None, f"{key} is missing"
    if want.dtype == object:
        got = text(got)
    assert list(got.shape) == list(want.shape), f"{key}: {got.shape} is not {want.shape}"
    np.testing.assert_array_equal(got, want, err_msg=key)


def triton() -> Iterator[str]:
    import tritonclient.http as http
    from tritonclient.utils import InferenceServerException

    def asked(binary: bool) -> list[http.InferInput]:
        made = []
        for key, (datatype, array) in inputs.items():
            tensor = http.InferInput(key, list(array.shape), datatype)
            # The client itself has no FP16 in JSON.
            tensor.set_data_from_numpy(array, binary_data=binary or datatype == "FP16")
            made.append(tensor)
        return made

    with http.InferenceServerClient(url.removeprefix("http://")) as server:
        assert server.is_server_live()
        assert server.is_server_ready()
        assert server.is_model_ready(name)
        assert server.is_model_ready(name, version)
        assert not server.is_model_ready("another")
        yield "health"
        assert "binary_tensor_data" in server.get_server_metadata()["extensions"]
        for given in (server.get_model_metadata(name), server.get_model_metadata(name, version)):
            assert given["name"] == name
            assert given["versions"] == [version]
            assert {item["name"]: item["datatype"] for item in given["inputs"]} == {
                key: kind for key, (kind, _) in inputs.items()
            }
            assert [item["name"] for item in given["outputs"]] == outputs
        yield "metadata"
        absent = (
            lambda: server.get_model_config(name),
            server.get_model_repository_index,
            lambda: server.get_inference_statistics(name),
            lambda: server.get_model_metadata("another"),
            lambda: server.infer(name, asked(True), model_version="77"),
        )
        for ask in absent:
            try:
                ask()
            except InferenceServerException as error:
                assert error.status() == "404", error
            else:
                raise AssertionError("what is not there was answered")
        yield "what there is none of"
        for binary in (True, False):
            result = server.infer(name, asked(binary), request_id="order-7")
            assert result.get_response()["id"] == "order-7"
            for key in outputs:
                same(key, result.as_numpy(key))
            yield f"infer with {'binary tensors' if binary else 'JSON'}"
        for binary in (True, False):
            wanted = [
                http.InferRequestedOutput(key, binary_data=binary or expected[key].dtype == np.float16)
                for key in reversed(outputs)
            ]
            result = server.infer(name, asked(not binary), outputs=wanted, model_version=version)
            assert [item["name"] for item in result.get_response()["outputs"]] == outputs[::-1]
            for key in outputs:
                same(key, result.as_numpy(key))
            yield f"outputs in {'binary' if binary else 'JSON'}, chosen, of the named version"
        result = server.infer(name, asked(True), outputs=[http.InferRequestedOutput(outputs[-1])])
        assert [item["name"] for item in result.get_response()["outputs"]] == outputs[-1:]
        same(outputs[-1], result.as_numpy(outputs[-1]))
        yield "one output"
        for coding in ("gzip", "deflate"):
            for binary in (True, False):
                result = server.infer(
                    name, asked(binary), request_compression_algorithm=coding, response_compression_algorithm=coding
                )
                same(outputs[0], result.as_numpy(outputs[0]))
            yield f"{coding} both ways"
        waiting = [server.async_infer(name, asked(True), request_id=str(number)) for number in range(20)]
        for number, result in enumerate(waiting):
            answer = result.get_result()
            assert answer.get_response()["id"] == str(number)
            same(outputs[0], answer.as_numpy(outputs[0]))
        yield "async_infer"
        wrong = http.InferInput(next(iter(inputs)), [7, 7, 7, 7], next(iter(inputs.values()))[0])
        wrong.set_data_from_numpy(np.zeros([7, 7, 7, 7], next(iter(inputs.values()))[1].dtype))
        try:
            server.infer(name, [wrong])
        except InferenceServerException as error:
            assert error.status() == "400"
            assert "shape" in error.message(), error
        else:
            raise AssertionError("a wrong shape was answered")
        yield "an error with its message"

    async def asynchronous() -> None:
        import tritonclient.http.aio as aio

        async with aio.InferenceServerClient(url.removeprefix("http://")) as server:
            assert await server.is_model_ready(name)
            results = await asyncio.gather(*(server.infer(name, asked(number % 2 == 0)) for number in range(20)))
            for result in results:
                same(outputs[0], result.as_numpy(outputs[0]))

    asyncio.run(asynchronous())
    yield "the asyncio client"


async def kserve() -> list[str]:
    from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig

    def asked(binary: bool) -> list[InferInput]:
        made = []
        for key, (datatype, array) in inputs.items():
            tensor = InferInput(key, list(array.shape), datatype)
            tensor.set_data_from_numpy(array, binary_data=binary or datatype == "FP16")
            made.append(tensor)
        return made

    seen = []
    async with InferenceRESTClient(RESTConfig(protocol="v2", retries=0)) as server:
        assert await server.is_server_live(url) is True
        assert await server.is_server_ready(url) is True
        assert await server.is_model_ready(url, name) is True
        assert await server.is_model_ready(url, "another") is False
        seen.append("health")
        for binary in (True, False):
            request = InferRequest(model_name=name, infer_inputs=asked(binary), request_id="order-7")
            answer = await server.infer(url, request, model_name=name)
            assert answer.id == "order-7"
            assert answer.model_name == name
            for output in answer.outputs:
                same(output.name, output.as_numpy())
            assert [output.name for output in answer.outputs] == outputs
            seen.append(f"infer with {'binary tensors' if binary else 'JSON'}")
        plain = {
            "inputs": [
                {
                    "name": key,
                    "shape": array.shape,
                    "datatype": datatype,
                    "data": array.tolist() if array.ndim else [array.item()],
                }
                for key, (datatype, array) in inputs.items()
            ]
        }
        answer = await server.infer(url, plain, model_name=name)
        for output in answer.outputs:
            same(output.name, output.as_numpy())
        seen.append("infer with a dict of nested lists")
    return seen


for line in triton() if client == "triton" else asyncio.run(kserve()):
    print(line, flush=True)
