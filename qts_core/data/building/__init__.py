"""Building bars from shorter ones and from trades, and shorter ones from bars for replays."""
