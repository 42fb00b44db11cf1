# Everything here works on a machine that has Python (3.11 or newer) and make, and nothing else.
PYTHON ?= python3
VENV := .venv
DEMO := .demo-venv
GPU_VENV := .gpu-venv
BENCH_VENV := $(if $(GPU),$(GPU_VENV),$(VENV))
REAL_DATA := $(or $(POINTFUSE_REAL_DATA),../shared/data)

.PHONY: demo test lint bench accuracy model clean

demo:  ## build the light wheel, install it alone, fuse the example, draw the map, score it
	rm -rf $(DEMO) dist demo
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/pip install --quiet --disable-pip-version-check --upgrade pip
	$(DEMO)/bin/pip wheel --quiet --no-deps --wheel-dir dist .
	$(DEMO)/bin/pip install --quiet "$$(ls dist/pointfuse-*.whl)[plot]"
	mkdir demo
	$(DEMO)/bin/pointfuse fuse examples/air_quality.csv examples/weather.csv --network-alone -o demo/pm25.nc
	$(DEMO)/bin/pointfuse plot demo/pm25.nc -o demo/pm25.png --stations
	$(DEMO)/bin/python examples/score.py demo/pm25.nc

test: $(VENV)/installed  ## run all tests
	$(VENV)/bin/python -m pytest

lint: $(VENV)/installed  ## check style and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

bench: $(BENCH_VENV)/installed  ## measure this machine (GPU=1: with its NVIDIA GPU) into benchmarks/machines
	$(if $(GPU),,$(VENV)/bin/pip install --quiet --disable-pip-version-check -e 'benchmarks[peers]')
	$(BENCH_VENV)/bin/python -m pointfuse_benchmarks.latency
	$(BENCH_VENV)/bin/python -m pointfuse_benchmarks.precision
	$(BENCH_VENV)/bin/python -m pointfuse_benchmarks.peers
	$(BENCH_VENV)/bin/python -m pointfuse_benchmarks.performance

accuracy: $(VENV)/installed  ## compare with the baselines on real data (hours on two cores)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -e 'benchmarks[peers]'
	$(VENV)/bin/python -m pointfuse_benchmarks.accuracy --data $(REAL_DATA) -o benchmarks/accuracy.json

model: $(VENV)/installed  ## make the shipped model file again from its weights
	$(VENV)/bin/pointfuse-export models/pointfuse-china12.toml -o models

clean:  ## remove everything that can be made again
	rm -rf $(VENV) $(GPU_VENV) $(DEMO) build dist demo

# One environment for tests, lint, training, export and benchmarks. The file marks a complete installation.
$(VENV)/installed: pyproject.toml training/pyproject.toml export/pyproject.toml benchmarks/pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --upgrade pip
	$(VENV)/bin/pip install --quiet --group dev -e '.[plot,xarray,parquet,dask]' -e 'training[static]' -e 'export[rtx]' -e benchmarks
	touch $@

# ONNX Runtime and PyTorch for GPUs, which cannot be installed beside those for processors.
$(GPU_VENV)/installed: pyproject.toml training/pyproject.toml export/pyproject.toml benchmarks/pyproject.toml
	$(PYTHON) -m venv $(GPU_VENV)
	$(GPU_VENV)/bin/pip install --quiet --disable-pip-version-check --upgrade pip
	$(GPU_VENV)/bin/pip install --quiet -e '.[plot]' -e training -e export -e 'benchmarks[peers]'
	$(GPU_VENV)/bin/pip uninstall --quiet --yes onnxruntime onnxruntime-gpu
	$(GPU_VENV)/bin/pip install --quiet 'onnxruntime-gpu[cuda,cudnn]'
	touch $@
