"""Write the gallery's page: `python -m scenarios.gallery`, in a clone of the repository."""

from __future__ import annotations

from pathlib import Path

from glasshive.cli.logs import show_logs
from scenarios.gallery._page import page

if __name__ == "__main__":
    show_logs(silent=True)
    Path("docs", "gallery.md").write_text(page(), encoding="utf-8")
