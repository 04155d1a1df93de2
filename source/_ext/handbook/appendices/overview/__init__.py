"""Pages made of other pages.

``around`` leads to a question and on from it; ``answers`` gathers the short answers and the
corrections of the original FAQ; ``messages`` leads from what a reader sees on the screen to the
page that explains it.
"""
