"""Sign-in of publishers of services: people who act for a company."""
