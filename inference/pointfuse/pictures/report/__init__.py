"""The report of a cross-validation.

reliability     whether intervals hold what they promise
report_figures  its figures
html_report     its page
"""
