"""What the pages of both portals share: the look, dates, the rendering of documents, what makes an answer safe (ADR 16)."""
