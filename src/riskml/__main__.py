"""`python -m riskml` and the riskml command: the command line, or one line that says how to install it."""

import importlib.util
import sys


def main() -> None:
    """Start the command line; without its packages print the one install line and leave with code 2."""
    needed = ["typer", "rich", "pandas", "pyarrow", "lightgbm", "sklearn"]
    if sys.argv[1:2] == ["doctor"]:  # which says what else is missing
        needed = needed[:2]
    if any(importlib.util.find_spec(name) is None for name in needed):
        sys.stderr.write('The riskml command needs more than the scorer: pip install "riskml[all]"\n')
        raise SystemExit(2)
    try:
        from riskml.cli import app  # noqa: PLC0415 - only where its packages are installed
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    app()


if __name__ == "__main__":
    main()
