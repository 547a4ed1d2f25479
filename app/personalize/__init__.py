"""The heart: what a card shall hold, how it is written, and the proof that it holds it."""
