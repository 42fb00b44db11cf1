# From nothing to the shipped model: make -f models/train.mk (or make train), and to that of another pollutant:
# make -f models/train.mk POLLUTANT=no2. Each step is a command of its
# own, is left alone when its result is there, and goes on where it was interrupted. SHORT=1 takes minutes: it
# shows that the chain runs, and its network is of no use. DATA holds real stations, which only three small fits
# see (the process of the samples, the covariance of the interpolation, and the last factor of the error's size);
# without it the shipped process and covariance are taken, and the error's size stays as it was learned.
VENV ?= .venv
BUILD ?= build/train
DATA ?= ../shared/data/cnemc
THREADS ?= 2
# pm25, or one of OTHERS, which are simulated together.
POLLUTANT ?= pm25
OTHERS := pm10 so2 no2 co o3 o3_mda8
LAYERS ?= $(BUILD)/china12.npz
ALONE := $(filter pm25,$(POLLUTANT))
NAME := pointfuse-china12$(if $(ALONE),,-$(POLLUTANT))
RECIPE := models/recipes/$(if $(ALONE),regression,pollutants).toml
# What is made of the pollutant, and the archive of its simulated days.
OWN := $(BUILD)$(if $(ALONE),,/$(POLLUTANT))
DAYS := $(BUILD)/simulated$(if $(ALONE),,-others/$(POLLUTANT))
SIMULATION := $(BUILD)/simulated$(if $(ALONE),,-others)/done
TRAIN := $(VENV)/bin/pointfuse-train
EXPORT := $(VENV)/bin/pointfuse-export

# Scenarios of simulated days (20 days each), and of samples of processes (8 days each).
# The last four of each are held out.
SIMULATED := $(if $(SHORT),6,$(if $(ALONE),91,24))
SIMULATED_DAYS := $(if $(SHORT),5,20)
SAMPLED := $(if $(SHORT),5,$(if $(ALONE),128,64))
SAMPLED_DAYS := $(if $(SHORT),1,8)
LENGTH = $(if $(SHORT),--iterations 2)

# As Natural Earth has them: China, Taiwan, Hong Kong, Macao.
CHINA := $(addprefix --country ,156 158 344 446)

# Days at least three days away from those that are scored (every 8th), and half of the cities.
UNSCORED := --days :2019-12-01 --exclude-every 8 --half-of-cities 7
STATIONS := $(wildcard $(DATA)/station_list.csv)
READ := $(DATA)/$(if $(ALONE),pm25,pollutants)_daily_2019_even_weeks.csv.gz --variable $(POLLUTANT) --stations $(DATA)/station_list.csv $(UNSCORED)
# As many processes with a thread each learn nearly twice as fast as one process with as many threads.
FIT = OMP_NUM_THREADS=1 $(VENV)/bin/python -m torch.distributed.run --standalone --nproc-per-node $(THREADS) \
	-m pointfuse_training fit --static $(OWN)/layers.npz --threads 1 $(LENGTH) \
	$(addprefix --network ,$(STATIONS)) --archive $(DAYS) --archive $(OWN)/samples
# A training that was begun is gone on with.
RESUME = $(if $(wildcard $(dir $@)state*),--resume)

.PHONY: all
all: $(OWN)/model/manifest.json

$(BUILD)/china12.npz:  ## 1 minute
	mkdir -p $(BUILD)
	$(TRAIN) static $(CHINA) -o $@

$(SIMULATION): $(LAYERS)  ## PM2.5: 36 minutes on one core; all others together: 30
	$(TRAIN) simulate --static $(LAYERS) --scenarios $(SIMULATED) --days $(SIMULATED_DAYS) --seed 1 $(addprefix --variable ,$(if $(ALONE),pm25,$(OTHERS))) -o $(@D)
	touch $@

$(OWN)/process.toml: $(LAYERS)  ## 2 minutes
	mkdir -p $(@D)
	$(if $(STATIONS),$(TRAIN) process $(READ) --every $(if $(SHORT),9,$(if $(ALONE),3,9)) --static $(LAYERS) -o $@,cp models/process.toml $@)

$(OWN)/samples/done: $(LAYERS) $(OWN)/process.toml  ## 5 minutes
	$(TRAIN) sample --static $(LAYERS) --process $(OWN)/process.toml --scenarios $(SAMPLED) --days $(SAMPLED_DAYS) --seed 1 -o $(@D)
	touch $@

$(OWN)/layers.npz: $(LAYERS) $(SIMULATION)  ## 1 minute
	mkdir -p $(@D)
	$(TRAIN) patterns $(DAYS) --static $< --target-layer country --number $(if $(ALONE),16,4) $(if $(SHORT),--every 1 --held-out 2,--every 4) -o $@

$(OWN)/covariance.npz: $(OWN)/layers.npz  ## 2 minutes
	$(if $(STATIONS),$(TRAIN) covariance $(READ) --every $(if $(SHORT),30,3) --archive $(DAYS) --simulated $(if $(SHORT),2,12) --static $< --recipe $(RECIPE) --threads $(THREADS) -o $@,cp models/$(NAME).checkpoint.npz $@)

$(OWN)/regression/checkpoint.npz: $(OWN)/covariance.npz $(OWN)/samples/done  ## 23 minutes
	$(FIT) --from $< --recipe $(RECIPE) $(RESUME) -o $(@D)

$(OWN)/checkpoint.npz: $(OWN)/regression/checkpoint.npz  ## 2 minutes
	$(if $(STATIONS),$(TRAIN) calibrate $(READ) --every $(if $(SHORT),30,2) --checkpoint $< --threads $(THREADS) -o $@,cp $< $@)

$(OWN)/simulated_days.npz: $(SIMULATION)
	$(EXPORT) days $(DAYS) $(if $(ALONE),,--days 8) $(addprefix --stations ,$(STATIONS)) -o $@

$(OWN)/model/manifest.json: $(OWN)/checkpoint.npz $(OWN)/simulated_days.npz models/$(NAME).toml  ## 4 minutes
	mkdir -p $(@D)
	cp models/*.toml $(@D)
	cp $(OWN)/simulated_days.npz $(@D)/$(if $(ALONE),simulated_days.npz,$(NAME).days.npz)
	cp $(OWN)/checkpoint.npz $(@D)/$(NAME).checkpoint.npz
	$(EXPORT) $(@D)/$(NAME).toml $(if $(SHORT),--precision fp32) -o $(@D)

$(BUILD)/paper/checkpoint.npz: $(LAYERS) $(SIMULATION)
	OMP_NUM_THREADS=1 $(TRAIN) fit --static $< --archive $(DAYS) --recipe models/recipes/paper.toml $(if $(SHORT),--iterations 2) $(RESUME) -o $(@D)

.PHONY: paper
paper: $(BUILD)/paper/checkpoint.npz  ## the published network, for comparison: 2 hours on one core
	cp $< models/paper/pointfuse-china12-paper.checkpoint.npz
