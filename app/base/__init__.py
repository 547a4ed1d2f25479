"""Standing ground: what every layer may use and what uses none of ours."""
