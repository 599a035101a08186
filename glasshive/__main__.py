"""`python -m glasshive` is the `glasshive` command."""

from glasshive.cli import main

main()
