"""Kangka: personalizes and issues the Residents' Health Card (居民健康卡) at a counter."""

__version__ = "0.1.0"
