"""The pages of whoever operates Carnet: cases, help desk."""
