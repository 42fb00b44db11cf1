"""What the air carries beside fine particles: coarse ones, SO2, nitrogen oxides, CO and ozone.

species           what is carried, and what comes of it
sectors           emissions by traffic, power, industry, heating, land and sea
losses            to the ground, into rain, into the air above
photochemistry    nitrogen oxides and ozone, by light and in darkness
carried           all of them, step by step
statistics        means of hours and days, and the largest of eight hours
"""
