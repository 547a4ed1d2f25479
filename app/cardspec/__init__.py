"""What a card holds, as data and pure functions: nothing here talks to a device."""
