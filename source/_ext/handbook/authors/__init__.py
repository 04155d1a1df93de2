"""Commands for authors and maintainers of the book: a page laid out, a page checked, a release."""
