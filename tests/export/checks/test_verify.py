"""A model that breaks the contract is refused, whatever it breaks."""

import dataclasses

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from pointfuse.model.model_file import read_model_file
from pointfuse.trust.golden_case import GoldenCase, Values
from pointfuse_export.checks.golden_case import golden_case
from pointfuse_export.checks.verify import (
    Days,
    check_contract,
    check_golden_case,
    probing_days,
    run_file,
)
from pointfuse_export.errors import VerificationError
from pointfuse_export.files.description import read_description

SHAPE = (42, 53)
OUTPUTS = ("pm25", "pm25_scale")


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
    check_contract(model, SHAPE, OUTPUTS)
    damage(model)
    with pytest.raises(VerificationError, match=f"(?s){message}"):
        check_contract(model, SHAPE, OUTPUTS)


def test_another_grid_is_refused(stripped_graph):
    with pytest.raises(VerificationError, match=r"inputs of the model.*53, 42.*42, 53"):
        check_contract(stripped_graph, SHAPE[::-1], OUTPUTS)


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
    several = days["several stations in a cell"].observed
    assert set(np.unique(several)) <= {0, *range(2, 9)}
    assert len(np.unique(several)) > 3
    assert days["a single station"].observed.sum() == 1
    assert days["no station"].observed.sum() == 0


def a_case(metadata, value):
    cells = (20,), (30,)
    given = {"pm25": Values(*cells, (40.0,), (3,))}
    return GoldenCase(64 * "0", "by hand", given, Values(*cells, (value,)), value)


def test_a_golden_case_is_compared_with_what_the_file_gives(tiny_model):
    _, metadata, _ = read_model_file(tiny_model)
    content = tiny_model.read_bytes()
    days = Days("case", *a_case(metadata, 0.0).inputs(metadata))
    assert days.observed[0, 0, 20, 30] == days.observed.sum() == 3
    (field,) = run_file(content, days, ["pm25"])
    case = a_case(metadata, float(field[0, 0, 20, 30]))
    case = dataclasses.replace(case, mean=float(field.mean(dtype=float)))
    # The same file on the same machine.
    assert check_golden_case(content, case, metadata, 1e-6) <= 1e-6
    wrong = dataclasses.replace(case, mean=case.mean + 0.01)
    with pytest.raises(VerificationError, match=r"the golden case differs by 0\.01"):
        check_golden_case(content, wrong, metadata, 1e-3)


def test_a_golden_case_that_is_not_a_number_is_no_agreement(tiny_model):
    _, metadata, _ = read_model_file(tiny_model)
    with pytest.raises(VerificationError, match="the golden case differs by nan"):
        check_golden_case(tiny_model.read_bytes(), a_case(metadata, np.nan), metadata, 1e-3)


def test_the_golden_case_of_a_network_has_several_stations_in_a_cell(small, tiny_description):
    """The file's fields, in single precision, agree with PyTorch in double."""
    network, model = small
    metadata = read_description(tiny_description).metadata({}, 64 * "0")
    case = golden_case(network, metadata)
    assert set(case.observations["pm25"].stations) == {1, 2, 3, 4}
    days = Days("case", *case.inputs(metadata))
    assert days.observed[0, 0].max() == 4
    assert days.observed[0, 1:].max() == 1
    # Fields are of the order of 100 ug/m3, and the inverse of the interpolation costs two digits.
    assert 0 < check_golden_case(model.SerializeToString(), case, metadata, 1e-2) < 1e-2
