# The model of any place: make -f models/world.mk, about an hour on one core. CNEMC is the folder of
# the Chinese network's days, as the README of the data describes it.
VENV := .venv
TRAIN := OMP_NUM_THREADS=1 $(VENV)/bin/pointfuse-train
CNEMC ?= ../shared/data/cnemc
OWN := build/world
DOMAINS := 24
NUMBERS := $(shell seq -f %03g 0 $$(( $(DOMAINS) - 1 )))

.PHONY: all
.SECONDARY:
all: models/pointfuse-world.checkpoint.npz
	$(VENV)/bin/pointfuse-export world models/pointfuse-world.toml -o models

world/pointfuse_world/layers.npz:
	$(TRAIN) world -o world/pointfuse_world

$(OWN)/domains/drawn: world/pointfuse_world/layers.npz
	$(TRAIN) domains --number $(DOMAINS) --seed 7 -o $(OWN)/domains
	touch $@

$(OWN)/domains/domain_%.npz: $(OWN)/domains/drawn
	$(TRAIN) static --grid $(basename $@).toml -o $@ --quiet

# The seed of a domain is its number: 1 and its digits, less 1000.
$(OWN)/domains/domain_%/o3_mda8: $(OWN)/domains/domain_%.npz
	$(TRAIN) simulate --grid $(basename $<).toml --static $< --scenarios 3 --days 5 \
		--seed $$(( 1$* - 1000 )) --variable all -o $(basename $<) --quiet

models/pointfuse-world.checkpoint.npz: $(NUMBERS:%=$(OWN)/domains/domain_%/o3_mda8)
	$(TRAIN) anywhere $(CNEMC)/pollutants_daily_2019_even_weeks.csv.gz \
		--stations $(CNEMC)/station_list.csv --days :2019-12-01 --exclude-every 8 --apart 3 \
		--every 2 --half-of-cities 7 --simulated $(OWN)/domains -o $@
