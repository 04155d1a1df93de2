"""The pages of this handbook, in Russian: what Sphinx and MyST don't have.

This file is the only place where anything is registered.  Where does it go?

- A new directive: into the room of what it makes (``output`` for programs, ``pages`` for the shape
  of a question's page, ``appendices`` for what is made of all pages), its node and visitors beside
  it, and a line below.
- A table that is filled in when all pages are read: the same, and what it shows in
  ``site.outdated.STATES``.
- What one page leaves for others: ``domain``.
- A check of pages: ``pages.check_page`` for one page, ``domain.Handbook.check_consistency`` for the
  whole book; its kind of warning in ``domain.Fault``.
- A Russian string: beside what shows it; the theme's own words in ``source/locales`` and, where it
  has no gettext, in ``site.repairs``.
- The looks: ``source/_static``, the colours in ``conf.py``; on paper ``print.typ``.

Rooms, bottom to top: ``style``, which checks the pages' text without Sphinx; ``domain``,
``badges``; ``output``, ``pages``; ``appendices``; ``site``.  Beside them ``authors`` helps those
who write.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all that the handbook adds to Sphinx."""
    from handbook import badges, domain, output, pages
    from handbook.appendices import ledger, numbering, reports
    from handbook.appendices.overview import answers, around, messages
    from handbook.site import (
        epub,
        extra,
        head,
        html,
        navigation,
        outdated,
        repairs,
        search,
    )

    app.setup_extension("sphinx.ext.doctest")
    app.setup_extension("typst_book")
    app.add_domain(domain.Handbook)
    numbering.install()
    repairs.warned.clear()

    app.add_node(
        output.picture,
        html=(output.visit_picture_html, None),
        typst=(output.visit_picture_typst, None),
    )
    app.add_node(
        output.guess,
        html=(output.visit_guess_html, output.depart_guess_html),
        typst=(output.visit_guess_typst, None),
    )
    app.add_node(
        output.pair,
        html=(output.visit_pair_html, None),
        typst=(output.visit_pair_typst, None),
    )
    app.add_node(
        badges.badge,
        html=(badges.visit_html, badges.depart_html),
        typst=(badges.visit_typst, None),
    )
    app.add_node(
        output.game,
        html=(output.visit_game_html, output.depart_game_html),
        typst=(output.visit_game_typst, None),
    )
    app.add_node(
        ledger.claim_mark,
        html=(ledger.visit_mark_html, ledger.depart_mark_html),
        typst=(ledger.visit_mark_typst, None),
    )
    app.add_node(ledger.proven, typst=(ledger.visit_proven_typst, ledger.depart_proven_typst))
    for placeholder in (
        ledger.ledger_table,
        reports.report,
        answers.short_answers,
        answers.corrections,
        messages.messages,
        around.claim_place,
    ):
        app.add_node(placeholder)

    app.add_lexer("output", output.OutputLexer)
    app.add_directive("output", output.Output)
    app.add_directive("drawing", output.Drawing)
    app.add_directive("interleaving", output.Interleaving)
    app.add_directive("scheduler", output.Scheduler)
    app.add_directive("short", pages.Short)
    app.add_directive("fragment", pages.Fragment)
    app.add_directive("answer", pages.Answer)
    app.add_directive("ledger", ledger.Ledger)
    app.add_directive("figures", reports.Report)
    app.add_directive("mutants", reports.Report)
    app.add_directive("short-answers", answers.ShortAnswers)
    app.add_directive("corrections", answers.Corrections)
    app.add_directive("messages", messages.Messages)
    app.add_directive("first", around.First)
    app.add_directive("asked", around.Asked)
    app.add_role("claim", around.ClaimRole())

    app.add_transform(pages.Captions)
    app.add_transform(ledger.Marks)
    app.add_post_transform(answers.FillShortAnswers)
    app.add_post_transform(repairs.OneId)
    app.connect("doctree-read", pages.check_page)
    app.connect("doctree-read", numbering.note)
    app.connect("doctree-read", search.note)
    app.connect("doctree-read", messages.note)
    app.connect("env-check-consistency", around.check_circles)
    for room in (ledger, reports, answers, around, messages):
        app.connect("doctree-resolved", room.fill)

    app.add_builder(html.HandbookSite, override=True)
    # Where readers report errors, as in https://…/issues/new: each row of the ledger leads there.
    app.add_config_value("report_url", "", "html", str)
    app.add_builder(epub.HandbookEpub, override=True)
    app.add_css_file(head.STYLE)
    app.connect("config-inited", _mend_templates)
    app.connect("config-inited", _add_looks)
    app.connect("config-inited", _let_doctest_check)
    # Name, address and inventory of the documentation on which claims rest.
    app.add_config_value("documentation", (), "env", (tuple, list))
    app.connect("builder-inited", domain.offer, priority=600)  # after intersphinx
    app.connect("builder-inited", outdated.read_all)
    app.connect("env-updated", outdated.pages)
    app.connect("builder-inited", output.play_ahead)
    app.connect("build-finished", output.keep_recordings)
    app.connect("html-collect-pages", extra.proof_pages)
    app.connect("html-collect-pages", extra.pages)
    app.connect("html-page-context", navigation.leave_out, priority=400)  # before furo
    app.connect("html-page-context", output.add_scripts)
    app.connect("html-page-context", repairs.mend_body)
    app.connect("html-page-context", search.write_text)
    app.connect("html-page-context", navigation.put_in, priority=600)  # after furo
    app.connect("html-page-context", head.complete, priority=700)  # it chooses the template
    app.connect("html-page-context", extra.printable)
    app.connect("html-page-context", extra.based, priority=800)
    app.connect("build-finished", search.finish)
    app.connect("build-finished", outdated.save)
    return {
        "version": "1",
        "env_version": outdated.machinery(),
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


def _add_looks(app: Sphinx, config: Config) -> None:
    config.typst_looks = [str(Path(__file__).with_name("print.typ")), *config.typst_looks]


def _mend_templates(app: Sphinx, config: Config) -> None:
    config.template_bridge = "handbook.site.repairs.Templates"


def _let_doctest_check(app: Sphinx, config: Config) -> None:
    """Give doctest what an {output} asks it to run, with the snippets of this book."""
    from proven.book import Book

    snippets = str(Book.at(app.confdir).settings.snippets)
    config.doctest_global_setup = (
        "from functools import partial\nfrom pathlib import Path\n"
        "from handbook.output import print_now\n"
        f"print_now = partial(print_now, snippets=Path({snippets!r}))"
    )
