"""Transfers of medical-insurance relations between regions."""

import os

# openpyxl takes lxml where it is installed (pikepdf brings it), which reads files with entities from
# outside without a word. Without it, it takes defusedxml, which refuses them.
os.environ["OPENPYXL_LXML"] = "False"
