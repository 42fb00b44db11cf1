"""A model that breaks the contract is refused, whatever it breaks."""

import dataclasses

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from pointfuse import InputFileNotFoundError, ModelFileError
from pointfuse_export.checks.verify import (
    Days,
    Golden,
    check_contract,
    check_golden,
    probing_days,
    read_golden,
)
from pointfuse_export.errors import VerificationError

SHAPE = (42, 53)


def _foreign_domain(model):
    model.graph.node[0].domain = "com.example"
    model.opset_import.append(helper.make_opsetid("com.example", 1))


def _fixed_time(model):
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1


def _double_precision(model):
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.DOUBLE


def _renamed_input(model):
    for node in model.graph.node:
        for i, name in enumerate(node.input):
            if name == "observed":
                node.input[i] = "mask"
    model.graph.input[1].name = "mask"


def _newer_operators(model):
    model.opset_import[0].version = 21


def _newer_format(model):
    model.ir_version = 11


def _own_function(model):
    identity = helper.make_node("Identity", ["a"], ["b"])
    opset = [helper.make_opsetid("", 18)]
    model.functions.append(helper.make_function("", "Own", ["a"], ["b"], [identity], opset))


def _nearest_resize(model):
    resize = next(node for node in model.graph.node if node.op_type == "Resize")
    next(a for a in resize.attribute if a.name == "mode").s = b"nearest"


def _external_tensor(model):
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.append(onnx.StringStringEntryProto(key="location", value="weights.bin"))


def _dangling_input(model):
    model.graph.node[3].input[0] = "nowhere"


def _batch_normalisation(model):
    relu = next(node for node in model.graph.node if node.op_type == "Relu")
    ones = helper.make_tensor("ones", TensorProto.FLOAT, [4], [1.0] * 4)
    model.graph.initializer.append(ones)
    relu.op_type = "BatchNormalization"
    relu.input.extend(["ones"] * 4)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_foreign_domain, "operator sets of the model.*com.example"),
        (_fixed_time, "inputs of the model.*FLOAT., .1, 3, 42, 53"),
        (_double_precision, "not valid ONNX.*elem type"),
        (_renamed_input, "inputs of the model.*'observed'.*'mask'"),
        (_newer_operators, r"operator sets of the model.*18.*21"),
        (_newer_format, "file format of the model: expected 10, got 11"),
        (_own_function, "functions of its own.*Own"),
        (_nearest_resize, "ways to resize.*linear.*nearest"),
        (_external_tensor, "not valid ONNX.*weights.bin"),
        (_dangling_input, "not valid ONNX.*nowhere"),
        (_batch_normalisation, "unwanted.*BatchNormalization"),
    ],
)
def test_a_broken_contract_is_refused(stripped_graph, damage, message):
    model = onnx.ModelProto()
    model.CopyFrom(stripped_graph)
    check_contract(model, SHAPE)
    damage(model)
    with pytest.raises(VerificationError, match=f"(?s){message}"):
        check_contract(model, SHAPE)


def test_another_grid_is_refused(stripped_graph):
    with pytest.raises(VerificationError, match=r"inputs of the model.*53, 42.*42, 53"):
        check_contract(stripped_graph, SHAPE[::-1])


def test_probing_days_probe_what_they_say():
    days = {each.name: each for each in probing_days(20, 30)}
    assert {len(each.observations) for each in days.values()} == {1, 3}
    for each in days.values():
        assert each.observations.dtype == each.observed.dtype == np.float32
        assert (each.observations[each.observed == 0] == 0).all()
    calm = days["a calm"]
    assert calm.observed[:, 2].sum() > 0
    assert (calm.observations[:, 2] == 0).all()
    assert days["PM2.5 alone"].observed[:, 1:].sum() == 0
    assert days["a single station"].observed.sum() == 1
    assert days["no station"].observed.sum() == 0


def test_golden_that_is_not_a_number_is_no_agreement(stripped_graph):
    days = probing_days(*SHAPE)[1]
    golden = Golden(days, np.full((1, *SHAPE), np.nan, np.float32))
    with pytest.raises(VerificationError, match="got a difference of nan"):
        check_golden(stripped_graph.SerializeToString(), golden)


def test_golden_of_another_shape_is_refused(stripped_graph):
    days = Days("days", *(np.zeros((1, 3, *SHAPE), np.float32) for _ in range(2)))
    golden = Golden(days, np.zeros((1, 1, 1), np.float32))
    with pytest.raises(VerificationError, match=r"shape \(1, 1, 1\), got \(1, 42, 53\)"):
        check_golden(stripped_graph.SerializeToString(), golden)


def test_golden_file_is_read_as_float32(tmp_path):
    arrays = {"observations": np.ones((1, 3, 2, 2)), "observed": np.ones((1, 3, 2, 2), np.uint8)}
    np.savez(tmp_path / "golden.npz", **arrays, pm25=np.full((1, 2, 2), 7.0))
    golden = read_golden(tmp_path / "golden.npz")
    for array in (*dataclasses.astuple(golden.days)[1:], golden.pm25):
        assert array.dtype == np.float32
    assert golden.pm25.tolist() == [[[7, 7], [7, 7]]]


def test_golden_file_without_fields_is_refused(tmp_path):
    np.savez(tmp_path / "golden.npz", observations=np.zeros(1), observed=np.zeros(1))
    with pytest.raises(VerificationError, match="it lacks pm25"):
        read_golden(tmp_path / "golden.npz")
    (tmp_path / "golden.npz").write_bytes(b"nothing of the kind")
    with pytest.raises(ModelFileError, match="not a numpy archive"):
        read_golden(tmp_path / "golden.npz")
    with pytest.raises(InputFileNotFoundError, match="there is no file"):
        read_golden(tmp_path / "absent.npz")
