# Everything here works on a machine that has Python (3.11 or newer) and make, and nothing else.
PYTHON ?= python3
VENV := .venv
DEMO := .demo-venv
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

bench: $(VENV)/installed  ## measure time and memory from files to file
	$(VENV)/bin/python benchmarks/first_light.py -n 11 -o benchmarks/first_light.json

accuracy: $(VENV)/installed  ## compare with the baselines on real data (hours on two cores)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -e 'benchmarks[peers]'
	$(VENV)/bin/python -m pointfuse_benchmarks.accuracy --data $(REAL_DATA) -o benchmarks/accuracy.json

model: $(VENV)/installed  ## make the shipped model file again from its weights
	$(VENV)/bin/pointfuse-export models/pointfuse-china12.toml -o models

clean:  ## remove everything that can be made again
	rm -rf $(VENV) $(DEMO) build dist demo

# One environment for tests, lint, training, export and benchmarks. The file marks a complete installation.
$(VENV)/installed: pyproject.toml training/pyproject.toml export/pyproject.toml benchmarks/pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --upgrade pip
	$(VENV)/bin/pip install --quiet --group dev -e '.[plot,xarray,parquet]' -e 'training[static]' -e export -e benchmarks
	touch $@
