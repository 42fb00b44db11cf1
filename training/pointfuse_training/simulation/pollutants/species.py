"""What is carried beside fine particles, and the pollutants that come of it."""

from __future__ import annotations

from pointfuse.basics.units import MOLAR_MASSES, molar_volume

COARSE, SO2, NOX, CO, OX = range(5)
"""What is carried, in the order of the axis, ug/m3: particles larger than 2.5 um and up to 10 um;
sulfur dioxide; nitrogen oxides, as if all were NO2; carbon monoxide; and odd oxygen, which is ozone
and NO2, as if all were ozone."""

POLLUTANTS = ("pm25", "pm10", "so2", "no2", "co", "o3")
"""What stations measure. In ug/m3, of carbon monoxide in mg/m3."""

NO2_PPB = molar_volume(25.0) / MOLAR_MASSES["no2"]
"""ppb of 1 ug/m3 of NO2, at 25 degrees and 1013.25 hPa."""

O3_PPB = molar_volume(25.0) / MOLAR_MASSES["o3"]
"""ppb of 1 ug/m3 of ozone, under the same conditions."""
