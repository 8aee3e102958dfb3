"""Years of bars and corporate actions from Alpaca, resumable; heavy to import, so import it where it is used."""

from qts_core.adapters.alpaca.history.client import HistoryClient
from qts_core.adapters.alpaca.history.download import HistoryDownload, Progress, download_history
from qts_core.adapters.alpaca.history.request import HistoryRequest

__all__ = ["HistoryClient", "HistoryDownload", "HistoryRequest", "Progress", "download_history"]
