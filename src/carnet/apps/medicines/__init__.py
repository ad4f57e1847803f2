"""Medicines: which substances a brand or a package code holds, from the public medicines database."""
