"""Client certificates: what they say, and the actor behind them."""
