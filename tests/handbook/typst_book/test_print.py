"""Each node kind of the print edition's translator, one by one."""

from pathlib import Path
from types import MethodType, SimpleNamespace
from typing import Any

import pytest
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Parser
from docutils.utils import new_document
from handbook import output
from handbook.appendices import ledger
from handbook.output import OutputLexer, guess, picture
from sphinx import addnodes
from sphinx.highlighting import lexer_classes
from sphinx.locale import admonitionlabels
from typst_book import PrintError
from typst_book.builder import moment
from typst_book.index import alphabetical
from typst_book.page.translator import ADMONITIONS, SKIPPED, WRAPPED, Translator
from typst_book.words import WORDS, words

BUILDER: Any = SimpleNamespace(
    config=SimpleNamespace(root_doc="index"),
    env=SimpleNamespace(
        doc2path=lambda docname: f"{docname}.md",
        toc_fignumbers={"tasks/page": {"figure": {"f": (7,)}, "code-block": {"l": (3,)}}},
    ),
    tags=SimpleNamespace(eval_condition=lambda condition: condition == "typst"),
    get_target_uri=lambda docname: f"%{docname}",
)


OWN = {
    "picture": (output.visit_picture_typst, None),
    "guess": (output.visit_guess_typst, None),
    "proven": (ledger.visit_proven_typst, ledger.depart_proven_typst),
}


def translator() -> Translator:
    """Return a translator with the handbook's own nodes, as Sphinx makes it."""
    made = Translator(BUILDER, "tasks/page", {"tasks/page", "tasks/other"})
    for kind, (visit, depart) in OWN.items():
        setattr(made, f"visit_{kind}", MethodType(visit, made))
        if depart:
            setattr(made, f"depart_{kind}", MethodType(depart, made))
    return made


def paragraph(words: str = "a") -> nodes.paragraph:
    return nodes.paragraph("", words)


def reference(words: str, **attributes: Any) -> nodes.reference:
    return nodes.reference("", words, **attributes)


def table() -> nodes.table:
    cells = [nodes.entry("", paragraph(words)) for words in "ab"]
    cells[1]["classes"], cells[1]["morecols"] = ["text-right"], 1
    rows = [nodes.row("", cell, ids=["r"]) for cell in cells]
    parts = (nodes.colspec(colwidth=3), nodes.thead("", rows[0]), nodes.tbody("", rows[1]))
    return nodes.table("", nodes.title("", "t"), nodes.tgroup("", *parts, cols=1))


def code(words: str, **attributes: Any) -> nodes.literal_block:
    return nodes.literal_block(words, words, **attributes)


def image(**attributes: Any) -> nodes.image:
    return nodes.image(uri="p.svg", **attributes)


def terms() -> nodes.definition_list:
    term = nodes.term("", "t", ids=["term-t"])
    given = (term, nodes.classifier("", "c"), nodes.definition("", paragraph()))
    return nodes.definition_list("", nodes.definition_list_item("", *given))


def listing(**attributes: Any) -> nodes.container:
    caption = nodes.caption("", "c")
    return nodes.container("", caption, code("x"), literal_block=True, **attributes)


KINDS: list[tuple[nodes.Node, str]] = [
    (nodes.Text("a*b"), r"a\*b"),
    (paragraph("в лесу — №\n5"), "в~лесу~— №~5\n\n"),
    (addnodes.compact_paragraph("", "a"), "a\n\n"),
    (nodes.compound("", paragraph()), "a\n\n"),
    (nodes.inline("", "a", ids=["b"]), '#anchor("tasks/page#b")a'),
    (nodes.generated("", "a"), "a"),
    (nodes.emphasis("", "a"), "#emph[a]"),
    (addnodes.literal_emphasis("", "a"), "#emph[a]"),
    (nodes.title_reference("", "a"), "#emph[a]"),
    (nodes.strong("", "a"), "#strong[a]"),
    (addnodes.literal_strong("", "a"), "#strong[a]"),
    (nodes.superscript("", "a"), "#super[a]"),
    (nodes.subscript("", "a"), "#sub[a]"),
    (nodes.rubric("", "a"), "#rubric[a]\n\n"),
    (addnodes.centered("", "a"), "#align(center)[a]\n\n"),
    (nodes.block_quote("", paragraph()), "#quote(block: true)[a\n\n]\n\n"),
    (nodes.attribution("", "a"), "#align(right)[— a]\n\n"),
    (nodes.topic("", nodes.title("", "t"), paragraph()), "#aside[#rubric[t]\n\na\n\n]\n\n"),
    (nodes.sidebar("", paragraph()), "#aside[a\n\n]\n\n"),
    (nodes.line_block("", nodes.line("", "a")), "#verse[a \\\n]\n\n"),
    (nodes.line("", "a"), "a \\\n"),
    (nodes.list_item("", paragraph()), "[a\n\n],\n"),
    (
        nodes.bullet_list("", nodes.list_item("", paragraph(), paragraph())),
        "#list(tight: false,\n[a\n\na\n\n],\n)\n\n",
    ),
    (
        nodes.enumerated_list("", nodes.list_item("", paragraph()), start=3),
        "#enum(tight: true, start: 3,\n[a\n\n],\n)\n\n",
    ),
    (
        terms(),
        '#terms(\nterms.item([#anchor("tasks/page#term-t")t : #emph[c]], [a\n\n]),\n)\n\n',
    ),
    (nodes.definition("", paragraph()), "[a\n\n]"),
    (nodes.classifier("", "a"), " : #emph[a]"),
    (addnodes.glossary("", paragraph()), "a\n\n"),
    (
        nodes.section("", nodes.title("", "t"), paragraph()),
        "#heading(depth: 1)[t]\n\na\n\n",
    ),
    (nodes.title("", "a"), "#rubric[a]\n\n"),
    (addnodes.toctree(hidden=False), "#questions\n\n"),
    (addnodes.toctree(hidden=True), ""),
    (nodes.transition(), "#separator\n\n"),
    (nodes.transition(classes=["footnotes"]), ""),
    (addnodes.only("", paragraph(), expr="typst"), "a\n\n"),
    (addnodes.only("", paragraph(), expr="html"), ""),
    (nodes.container("", paragraph()), "a\n\n"),
    (listing(), '#listing("x", caption: [c])\n\n'),
    (
        listing(ids=["l"]),
        '#anchor("tasks/page#l")#listing("x", caption: [c], number: "3")\n\n',
    ),
    (nodes.target("", "a", ids=["b"]), '#anchor("tasks/page#b")a'),
    (nodes.raw("", "<b>", format="html"), ""),
    (nodes.raw("", "#x", format="typst"), "#x\n\n"),
    (nodes.literal("", 'a."b"'), r'#code("a.\"b\"")'),
    (nodes.literal("", "asyncio.run"), '#code("asyncio.", "run")'),
    (code('a\\"\nb'), '#listing("a\\\\\\"\nb")\n\n'),
    (
        code("pass  # x", language="python"),
        '#listing("pass  # x", tokens: (((0, 4, "bold"), (6, 9, "comment"),),))\n\n',
    ),
    (code("x", highlight_args={"hl_lines": [1, 2]}), '#listing("x", marked: (1, 2,))\n\n'),
    (
        code("0.5 │ ё", classes=["output"], language="output"),
        '#output("0.5 │ ё", tokens: (((0, 8, "quiet"),),))\n\n',
    ),
    (
        nodes.doctest_block(">>> 1", ">>> 1", language="pycon"),
        '#listing(">>> 1", tokens: (((0, 4, "quiet"),),))\n\n',
    ),
    (addnodes.download_reference("", "a"), "a"),
    (
        nodes.admonition("", nodes.title("", "t"), paragraph(), classes=["short"]),
        "#short[t][a\n\n]\n\n",
    ),
    (nodes.admonition("", nodes.title("", "t"), paragraph()), "#admonition[t][a\n\n]\n\n"),
    (addnodes.versionmodified("", "", paragraph()), "#aside[a\n\n]\n\n"),
    (reference("a", refid="b"), '#see("tasks/page#b")[a]'),
    (reference("a", refuri="%tasks/other#"), '#see("tasks/other")[a]'),
    (reference("a", refuri="%genindex"), '#see("genindex")[a]'),
    (
        nodes.reference("", "", nodes.inline("", "a", classes=["std-term"]), refid="b"),
        '#term("tasks/page#b")[a]',
    ),
    (reference("a", refuri="http://b/c#d"), '#web("http://b/c#d", "http://b/c#d")[a]'),
    (
        reference("a", refuri="http://b/c#d", internal=False),
        '#web("http://b/c#d", "http://b/c")[a]',
    ),
    (reference("http://b/c", refuri="http://b/c"), '#web("http://b/c", none)[http\\:\\/\\/b\\/c]'),
    (ledger.proven("", "p", claim="x"), '#proven("x")[p]'),
    (nodes.abbreviation("", "a", explanation="b"), r"a \(b\)"),
    (image(alt="a", width="5cm"), '#picture(image("/p.svg", alt: "a", width: 5cm))\n\n'),
    (
        nodes.paragraph("", "", image(alt="a")),
        '#box(image("/p.svg", alt: "a"))\n\n',
    ),
    (
        nodes.figure("", image(alt="a"), nodes.caption("", "c"), nodes.legend("", paragraph("l"))),
        '#picture(image("/p.svg", alt: "a"), caption: [c])\n\nl\n\n',
    ),
    (
        nodes.figure("", picture(kind="timeline", print="<svg/>", alt="a"), ids=["f"]),
        '#anchor("tasks/page#f")'
        '#picture(timeline("<svg/>", alt: "a"), caption: [], number: "7")\n\n',
    ),
    (guess("", paragraph(), name="a/b"), '#asked("a/b")\n\n'),
    (nodes.legend("", paragraph()), "a\n\n"),
    (
        table(),
        "#sheet(caption: [t], columns: (3fr,),\ntable.header(repeat: true,\n"
        'table.cell(colspan: 1, rowspan: 1)[#anchor("tasks/page#r")a],\n),\n'
        'table.cell(colspan: 2, rowspan: 1, align: end)[#anchor("tasks/page#r")b],\n)\n\n',
    ),
    *(
        (
            (getattr(nodes, kind, None) or getattr(addnodes, kind))("", paragraph()),
            f"#admonition[{admonitionlabels[kind]}][a\n\n]\n\n",
        )
        for kind in sorted(ADMONITIONS)
    ),
    *(((getattr(nodes, kind, None) or getattr(addnodes, kind))(), "") for kind in sorted(SKIPPED)),
]


@pytest.mark.parametrize(
    ("node", "expected"), KINDS, ids=lambda value: getattr(value, "tagname", "")
)
def test_a_node_kind(node: nodes.Node, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lexer_classes, "output", OutputLexer)
    page = new_document("p", get_default_settings(Parser))
    page += node
    assert translator().render(node) == expected


def test_code_in_a_list_does_not_hang_out() -> None:
    item = nodes.list_item("", code("x"))
    assert 'listing("x", nested: true)' in translator().render(item)


def test_every_node_kind_has_its_test() -> None:
    tested = {part.tagname for node, _ in KINDS for part in node.findall()}
    methods = {name[3:] for name in dir(Translator) if name.startswith("on_")}
    elsewhere = {"document", "footnote_reference"}
    assert methods | set(WRAPPED) | SKIPPED | ADMONITIONS <= tested | elsewhere


def test_a_footnote_stands_where_it_is_referred_to_first() -> None:
    page = new_document("p", get_default_settings(Parser))
    note = nodes.footnote("", nodes.label("", "1"), paragraph("n"), ids=["f"])
    marks = [nodes.footnote_reference("", "1", refid="f") for _ in range(2)]
    page += [nodes.paragraph("", "", *marks), note]
    assert (
        translator()
        .translate(page)
        .endswith(
            '#labelled(label("tasks/page#note-f"))[#note[n]]#footnote(label("tasks/page#note-f"))\n\n'
        )
    )


def test_a_document_is_told_once_a_page() -> None:
    page = translator()
    first, second = (reference("a", refuri=f"http://b#{id}", internal=False) for id in "cd")
    assert '"http://b")' in page.render(first)
    assert "none)" in page.render(second)


def test_what_introduces_code_stays_with_it() -> None:
    around = nodes.section("", paragraph("a:"), nodes.target(), code("x"), paragraph("b"))
    assert translator().inside(around).startswith("#lead[a\\:]\n\n")
    assert translator().inside(around).endswith('#listing("x")\n\nb\n\n')
    around[0] = paragraph("long " * 100)
    assert "#lead" not in translator().inside(around)


def test_a_short_list_is_whole_and_keeps_the_last_words_of_its_section() -> None:
    items = nodes.bullet_list("", nodes.list_item("", paragraph()))
    around = nodes.section("", items, paragraph("b"))
    assert translator().inside(around).startswith("#kept(sticky: true)[#list(")
    around.append(paragraph("c"))
    assert translator().inside(around).startswith("#kept(sticky: false)[#list(")


@pytest.mark.parametrize(
    ("node", "problem"),
    [
        (
            nodes.math("", "x"),
            "<math>: print doesn't know it: register it by app.add_node(…, typst=(visit, depart))",
        ),
        (image(), "the image p.svg has no alternative text: give it an :alt:"),
        (
            nodes.image(uri="https://a.org/b.png", alt="b", candidates={"?": ""}),
            "the image https://a.org/b.png is not a file of the book: keep a copy in it",
        ),
        (code("x", linenos=True), "line numbers would be copied with the code"),
    ],
)
def test_what_print_cannot_do_is_an_error_naming_the_place(node: nodes.Node, problem: str) -> None:
    around = nodes.paragraph("", "", node)
    around.line = 7
    with pytest.raises(PrintError) as caught:
        translator().render(around)
    assert str(caught.value) == problem
    assert caught.value.place == "tasks/page.md:7"


def test_the_index_is_in_russian_order() -> None:
    names = ["Zebra", "__aenter__", "ёлка", "%s", "ель", "еда", "жук", "Абзац", "await"]
    assert sorted(names, key=lambda name: alphabetical(name, "ru")) == [
        *("Абзац", "еда", "ёлка", "ель", "жук", "__aenter__", "await", "Zebra", "%s"),
    ]


def test_the_date_is_given_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert moment(Path()) == 86400


def test_each_language_has_all_words_and_an_unknown_one_has_english() -> None:
    assert {tuple(each) for each in WORDS.values()} == {tuple(WORDS["en"])}
    assert words("ru_RU")["index"] == "Предметный указатель"
    assert words("eo") == words(None) == WORDS["en"]
