"""Measurements, as ratios in one run; never part of the tests.

`make bench` runs them all and ends with the table of the design's budgets. One alone is, say,
`python -m benchmarks.ask`; the subjects are `chain`, `ask`, `growth`, `workers`, `runs`, `traffic`,
`explored`, `lost_update` and `deep_bugs`. `python -m benchmarks.growth --longest` goes on to ten
million messages.

On a machine that others use too, only ratios of things measured turn by turn mean anything: each
table shows the median and how far its rounds lay apart.
"""
