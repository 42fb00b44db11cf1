# Everything here works on a machine that has Python (3.11 or newer) and make, and nothing else.
PYTHON ?= python3
VENV := .venv
DEMO := .demo-venv
GPU_VENV := .gpu-venv
BENCH_VENV := $(if $(GPU),$(GPU_VENV),$(VENV))
PAGE := inference/web/node_modules/installed
BROWSER := tests/web/chromium/installed
PORT ?= 8000
REAL_DATA := $(or $(POINTFUSE_REAL_DATA),../shared/data)

.PHONY: demo web test quick lint bench accuracy train model site clean

demo:  ## build the light wheel, install it alone, fuse the example, draw the map, score it
	rm -rf $(DEMO) dist demo
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/pip install --quiet --disable-pip-version-check --upgrade pip
	$(DEMO)/bin/pip wheel --quiet --no-deps --wheel-dir dist .
	$(DEMO)/bin/pip install --quiet "$$(ls dist/pointfuse-*.whl)[plot]"
	mkdir demo
	$(DEMO)/bin/pointfuse fuse examples/air_quality.csv examples/weather.csv -o demo/pm25.nc
	$(DEMO)/bin/pointfuse plot demo/pm25.nc -o demo/pm25.png --stations
	$(DEMO)/bin/python examples/score.py demo/pm25.nc

web: $(PAGE)  ## make the page that fuses in a browser, and serve it (PORT=8000)
	$(PYTHON) inference/web/assemble.py build/web
	$(PYTHON) inference/web/serve.py build/web $(PORT)

# Two processes with a thread each, since more threads than processors only wait for each other.
PYTEST := OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest -n 2 --dist loadgroup

# Without npm the tests in a browser are skipped.
test: $(VENV)/installed $(if $(shell command -v npm),$(PAGE) $(BROWSER))  ## run all tests
	$(PYTEST)

quick: $(VENV)/installed  ## run the tests that take no time, while working
	$(PYTEST) -m 'not slow' -q

lint: $(VENV)/installed  ## check style, types and the way of imports
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: $(BENCH_VENV)/installed  ## measure this machine (GPU=1: with its NVIDIA GPU) into benchmarks/machines
	$(if $(GPU),,$(VENV)/bin/pip install --quiet --disable-pip-version-check -e 'benchmarks[peers]')
	$(BENCH_VENV)/bin/python -m pointfuse_benchmarks.speed.latency
	$(BENCH_VENV)/bin/python -m pointfuse_benchmarks.speed.precision
	$(BENCH_VENV)/bin/python -m pointfuse_benchmarks.speed.peers
	$(BENCH_VENV)/bin/python -m pointfuse_benchmarks.speed.performance

accuracy: $(VENV)/installed  ## compare with the baselines on real data (hours on two cores)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -e 'benchmarks[peers]'
	$(VENV)/bin/python -m pointfuse_benchmarks.accuracy --data $(REAL_DATA) -o benchmarks/results/accuracy.json

train: $(VENV)/installed  ## make the shipped model from nothing, over night on two cores (SHORT=1: in minutes, of no use)
	$(MAKE) -f models/train.mk

model: $(VENV)/installed  ## make the files of the shipped model again from its checkpoint
	$(VENV)/bin/pointfuse-export models/pointfuse-china12.toml -o models

site: $(VENV)/installed  ## build the documentation as a site in site/ (SERVE=1: and serve it)
	$(VENV)/bin/python -m sphinx --fail-on-warning --keep-going --quiet --jobs auto -c docs/sphinx -d build/doctrees . site
	$(if $(SERVE),$(VENV)/bin/python -m http.server --bind 127.0.0.1 --directory site $(PORT),@echo open site/index.html)

clean:  ## remove everything that can be made again
	rm -rf $(VENV) $(GPU_VENV) $(DEMO) build dist demo site inference/web/node_modules tests/web/node_modules tests/web/chromium

# One environment for tests, lint, training, export and benchmarks. The file marks a complete installation.
$(VENV)/installed: pyproject.toml training/pyproject.toml export/pyproject.toml benchmarks/pyproject.toml world/pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --upgrade pip
	$(VENV)/bin/pip install --quiet --group dev -e '.[plot,xarray,parquet,geotiff,zarr,shapefile,dask,serve]' -e 'training[static]' -e 'export[rtx]' -e benchmarks -e world
	touch $@

# The runtime of the page, from npm.
$(PAGE): inference/web/package-lock.json
	npm ci --prefix inference/web --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

# A browser for the tests, which needs neither an installation nor rights to make one.
$(BROWSER): tests/web/package-lock.json tests/web/unpack_chromium.mjs
	npm ci --prefix tests/web --ignore-scripts --no-audit --no-fund --loglevel=error
	node tests/web/unpack_chromium.mjs
	touch $@

# ONNX Runtime and PyTorch for GPUs, which cannot be installed beside those for processors.
$(GPU_VENV)/installed: pyproject.toml training/pyproject.toml export/pyproject.toml benchmarks/pyproject.toml
	$(PYTHON) -m venv $(GPU_VENV)
	$(GPU_VENV)/bin/pip install --quiet --disable-pip-version-check --upgrade pip
	$(GPU_VENV)/bin/pip install --quiet -e '.[plot]' -e training -e export -e 'benchmarks[peers]' -e world
	$(GPU_VENV)/bin/pip uninstall --quiet --yes onnxruntime onnxruntime-gpu
	$(GPU_VENV)/bin/pip install --quiet 'onnxruntime-gpu[cuda,cudnn]'
	touch $@
