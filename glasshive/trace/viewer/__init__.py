"""The page that shows a trace: one HTML file that opens from disk and needs no network."""

from glasshive.trace.viewer.page import live_page, policy, view

__all__ = ["live_page", "policy", "view"]
