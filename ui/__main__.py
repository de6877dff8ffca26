"""The command line as `python -m ui`, for checkouts that are not installed."""

from ui.cli import main

if __name__ == "__main__":
    main()
