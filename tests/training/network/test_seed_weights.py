"""The seed weights: all of them in their place, and the fields that they must give."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pointfuse import InputFileNotFoundError, ModelFileError
from pointfuse_training import load_seed_network

pytestmark = pytest.mark.slow

SEED = Path(__file__).parents[3] / "models" / "seed"
WEIGHTS, STATIC = SEED / "weights.npz", SEED / "static_channels.npz"


@pytest.fixture(scope="module")
def network():
    return load_seed_network(WEIGHTS, STATIC)


@pytest.fixture
def arrays():
    with np.load(WEIGHTS) as archive:
        return dict(archive)


def saved(folder: Path, arrays: dict[str, np.ndarray]) -> Path:
    np.savez(folder / "weights.npz", **arrays)
    return folder / "weights.npz"


# The fifth case has humidity and wind; the others take half a minute more.
@pytest.mark.parametrize(
    "case", [*(pytest.param(case, marks=pytest.mark.slow) for case in range(4)), 4]
)
def test_gives_the_golden_fields(network, case):
    with np.load(SEED / "golden.npz") as golden:
        observations, observed, pm25 = (
            torch.from_numpy(golden[name][case : case + 1].astype(np.float32))
            for name in ("observations", "observed", "pm25")
        )
    with torch.no_grad():
        fields = network(observations, observed)
    # Both in float32, one of them through Fourier transforms: 2e-4 where fields reach 330.
    torch.testing.assert_close(fields[:, 0], pm25, rtol=0, atol=1e-3)


def test_holds_every_array_of_the_archive(network, arrays):
    state = {n: t for n, t in network.state_dict().items() if t.is_floating_point()}
    assert len(state) == len(arrays) == 104
    assert sum(tensor.numel() for tensor in state.values()) == 2_242_679
    # Each array once: the sums of all entries agree, and no two arrays were swapped for each other.
    found = sorted(float(tensor.double().sum()) for tensor in state.values())
    expected = sorted(float(array.astype(np.float64).sum()) for array in arrays.values())
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-9)


def test_kernels_are_flipped_once(network, arrays):
    found = network.point_conv.wide.log_kernel.detach().numpy()[:, 0]
    np.testing.assert_array_equal(found[:, 0, 3], arrays["pc.a"][:, 20, 17])
    assert not np.array_equal(found, arrays["pc.a"])


def test_a_lacking_array_is_named(tmp_path, arrays):
    del arrays["u.b.1_2.4.running_var"]
    with pytest.raises(ModelFileError, match=r"lacks regr_unetpp\.nodes\.1_2\.norm2\.running_var"):
        load_seed_network(saved(tmp_path, arrays), STATIC)


@pytest.mark.parametrize("name", ["u.b.0_4.0.weight", "pc.c", "u.out.scale", "u.b.0_0.2.weight"])
def test_a_surplus_array_is_named(tmp_path, arrays, name):
    arrays[name] = np.zeros(3, np.float32)
    ending = name.removeprefix("u.out.").removeprefix("u.b.0_4.0.")
    with pytest.raises(ModelFileError, match=f"lacks nothing and has .*{ending} too many"):
        load_seed_network(saved(tmp_path, arrays), STATIC)


def test_an_array_of_the_wrong_shape_is_named(tmp_path, arrays):
    arrays["u.out.weight"] = arrays["u.out.weight"][:, :16]
    with pytest.raises(ModelFileError, match=r"head\.weight.*\(1, 16, 1, 1\).*\(1, 32, 1, 1\)"):
        load_seed_network(saved(tmp_path, arrays), STATIC)


def test_static_layers_of_another_number_are_refused(tmp_path):
    np.savez(tmp_path / "static.npz", static=np.zeros((5, 16, 16), np.float32))
    with pytest.raises(ModelFileError, match=r"conv1\.weight.*\(32, 14, 3, 3\).*\(32, 13, 3, 3\)"):
        load_seed_network(WEIGHTS, tmp_path / "static.npz")


def test_static_file_with_other_arrays_is_refused(tmp_path):
    np.savez(tmp_path / "static.npz", height=np.zeros((6, 16, 16), np.float32))
    with pytest.raises(ModelFileError, match="one array 'static', got height"):
        load_seed_network(WEIGHTS, tmp_path / "static.npz")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputFileNotFoundError, match=r"there is no file .*absent\.npz"):
        load_seed_network(tmp_path / "absent.npz", STATIC)


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs", b"PK\x03\x04 cut short"])
def test_a_damaged_file_is_refused(tmp_path, content):
    (tmp_path / "weights.npz").write_bytes(content)
    with pytest.raises(ModelFileError, match="is not a numpy archive"):
        load_seed_network(tmp_path / "weights.npz", STATIC)
