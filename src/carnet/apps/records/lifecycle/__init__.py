"""The life of a record: who opens, closes, chooses and authorises, and what time does."""
