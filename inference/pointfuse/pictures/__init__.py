"""Maps, figures, reports and notebook displays.

map_drawing     elements of all maps: coasts, borders, graticule
map_look        the part of the grid that is shown, colours and lines
map_panels      contents of the panels
index_colours   official colours of air-quality indices
place_names     names of places on a map
map_sheet       panels on a sheet, with their colours and colour bars
animation       one frame per day
maps            maps of fields in files
field_figure    map of fields in memory
kernel_figure   kernels of a model
figure_style    style of report figures
inline_svg      figures inside a page
html_page       HTML elements
report          the report of a cross-validation
palette_png     PNG pictures without matplotlib
thumbnail       small map without matplotlib
notebook_cards  notebook displays of objects
"""
