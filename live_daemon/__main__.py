"""``python -m live_daemon``."""

from live_daemon.cli import main

if __name__ == "__main__":
    main()
