"""Commands that check the book and write what they found under source/_evidence."""
