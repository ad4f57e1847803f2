"""Sign-in of professionals and tokens of their software."""
