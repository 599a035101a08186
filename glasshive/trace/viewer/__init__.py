"""The page that shows a trace: one HTML file that opens from disk and needs no network."""

from glasshive.trace.viewer.page import view

__all__ = ["view"]
