"""A run on paper: one HTML page that needs no network, and the same charts as CSV.

Importing `page` imports matplotlib, which comes with `pip install 'glasshive[report]'`.
"""
