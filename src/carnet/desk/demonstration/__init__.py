"""The demonstration: synthetic people, professionals and documents of the project's own making."""
