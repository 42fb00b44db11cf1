# From nothing to the shipped model: make -f models/train.mk (or make train). Each step is a command of its
# own, is left alone when its result is there, and goes on where it was interrupted. SHORT=1 takes minutes: it
# shows that the chain runs, and its network is of no use. DATA holds real stations, which only three small fits
# see (the process of the samples, the covariance of the interpolation, and the last factor of the error's size);
# without it the shipped process and covariance are taken, and the error's size stays as it was learned.
VENV ?= .venv
BUILD ?= build/train
DATA ?= ../shared/data/cnemc
THREADS ?= 2
LAYERS ?= $(BUILD)/china12.npz
TRAIN := $(VENV)/bin/pointfuse-train
EXPORT := $(VENV)/bin/pointfuse-export

# Scenarios of simulated days (20 days each), and of samples of processes (8 days each).
# The last four of each are held out.
SIMULATED := $(if $(SHORT),6,91)
SIMULATED_DAYS := $(if $(SHORT),5,20)
SAMPLED := $(if $(SHORT),5,128)
SAMPLED_DAYS := $(if $(SHORT),1,8)
LENGTH = $(if $(SHORT),--iterations 2)

# As Natural Earth has them: China, Taiwan, Hong Kong, Macao.
CHINA := $(addprefix --country ,156 158 344 446)

# Days at least three days away from those that are scored (every 8th), and half of the cities.
UNSCORED := --days :2019-12-01 --exclude-every 8 --half-of-cities 7
STATIONS := $(wildcard $(DATA)/station_list.csv)
READ := $(DATA)/pm25_daily_2019_even_weeks.csv.gz --stations $(DATA)/station_list.csv $(UNSCORED)
# As many processes with a thread each learn nearly twice as fast as one process with as many threads.
FIT = OMP_NUM_THREADS=1 $(VENV)/bin/python -m torch.distributed.run --nproc-per-node $(THREADS) \
	-m pointfuse_training fit --static $(BUILD)/layers.npz --threads 1 $(LENGTH) \
	$(addprefix --network ,$(STATIONS)) --archive $(BUILD)/simulated --archive $(BUILD)/samples
# A training that was begun is gone on with.
RESUME = $(if $(wildcard $(dir $@)state*),--resume)

.PHONY: all
all: $(BUILD)/model/pointfuse-china12.onnx

$(BUILD)/china12.npz:  ## 1 minute
	mkdir -p $(BUILD)
	$(TRAIN) static $(CHINA) -o $@

$(BUILD)/simulated/done: $(LAYERS)  ## 80 minutes on one core
	$(TRAIN) simulate --static $(LAYERS) --scenarios $(SIMULATED) --days $(SIMULATED_DAYS) --seed 1 -o $(@D)
	touch $@

$(BUILD)/process.toml: $(LAYERS)  ## 2 minutes
	$(if $(STATIONS),$(TRAIN) process $(READ) --every $(if $(SHORT),9,3) --static $(LAYERS) -o $@,cp models/process.toml $@)

$(BUILD)/samples/done: $(LAYERS) $(BUILD)/process.toml  ## 12 minutes on one core
	$(TRAIN) sample --static $(LAYERS) --process $(BUILD)/process.toml --scenarios $(SAMPLED) --days $(SAMPLED_DAYS) --seed 1 -o $(@D)
	touch $@

$(BUILD)/layers.npz: $(LAYERS) $(BUILD)/simulated/done  ## 1 minute
	$(TRAIN) patterns $(BUILD)/simulated --static $< --target-layer country $(if $(SHORT),--every 1 --held-out 2,--every 4) -o $@

$(BUILD)/covariance.npz: $(BUILD)/layers.npz  ## 4 minutes
	$(if $(STATIONS),$(TRAIN) covariance $(READ) --every $(if $(SHORT),30,3) --archive $(BUILD)/simulated --simulated $(if $(SHORT),2,12) --static $< --recipe models/recipes/regression.toml --threads $(THREADS) -o $@,cp models/pointfuse-china12.checkpoint.npz $@)

$(BUILD)/regression/checkpoint.npz: $(BUILD)/covariance.npz $(BUILD)/samples/done
	$(FIT) --from $< --recipe models/recipes/regression.toml $(RESUME) -o $(@D)

$(BUILD)/checkpoint.npz: $(BUILD)/regression/checkpoint.npz
	$(if $(STATIONS),$(TRAIN) calibrate $(READ) --every $(if $(SHORT),30,2) --checkpoint $< --threads $(THREADS) -o $@,cp $< $@)

$(BUILD)/simulated_days.npz: $(BUILD)/simulated/done
	$(EXPORT) days $(BUILD)/simulated $(addprefix --stations ,$(STATIONS)) -o $@

$(BUILD)/model/pointfuse-china12.onnx: $(BUILD)/checkpoint.npz $(BUILD)/simulated_days.npz models/pointfuse-china12.toml
	mkdir -p $(@D)
	cp models/pointfuse-china12.toml $(BUILD)/simulated_days.npz $(@D)
	cp $(BUILD)/checkpoint.npz $(@D)/pointfuse-china12.checkpoint.npz
	$(EXPORT) $(@D)/pointfuse-china12.toml $(if $(SHORT),--precision fp32) -o $(@D)

$(BUILD)/paper/checkpoint.npz: $(LAYERS) $(BUILD)/simulated/done
	OMP_NUM_THREADS=1 $(TRAIN) fit --static $< --archive $(BUILD)/simulated --recipe models/recipes/paper.toml $(if $(SHORT),--iterations 2) $(RESUME) -o $(@D)

.PHONY: paper
paper: $(BUILD)/paper/checkpoint.npz  ## the published network, for comparison: 2 hours on one core
	cp $< models/paper/pointfuse-china12-paper.checkpoint.npz
	$(EXPORT) models/paper/pointfuse-china12-paper.toml --precision fp32 -o models/paper

.PHONY: ship
ship: all  ## put the files of the model where the packages take them from
	cp $(BUILD)/model/* models/
	cp $(BUILD)/process.toml models/
	$(VENV)/bin/pointfuse verify
