"""What one sees: maps, figures, reports, cards in notebooks.

map_drawing     what every map has: colours, coasts, graticule
map_panels      what a map shows
map_sheet       maps side by side, with their scales
animation       a frame a day
maps            fields of files as pictures
kernel_figure   how much a station counts around it
figure_style    how figures of a report look
reliability     whether intervals hold what they promise
report_figures  the figures of a cross-validation
inline_svg      figures inside a page
html_page       a page that needs nothing beside it
html_report     the report of a cross-validation
thumbnail       a small map without matplotlib
notebook_cards  what notebooks show of objects
"""
