"""What is made of all pages: the ledger of claims, what was checked, overviews, and one table."""
