"""From a description to published files.

description  what people write of a model
file_report  what came out of an export
card_parts   parts of model cards
card         the model card
manifest     the list of the files of a folder
pipeline     the steps, each checked after it ran
"""
