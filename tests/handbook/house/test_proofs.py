"""No proof passes by not being run."""

import re
from typing import Any

import pytest
from proven.proofs import needs

FAILING = {
    "skip": ("@pytest.mark.skip", "assert True"),
    "skip_with_a_reason": ('@pytest.mark.skip(reason="holds only on Mondays")', "assert True"),
    "skipif": ('@pytest.mark.skipif(True, reason="later")', "assert True"),
    "xfail": ("@pytest.mark.xfail", "assert False"),
    "xpass": ("@pytest.mark.xfail", "assert True"),
    "skips_itself": ("", 'pytest.skip("not now")'),
    "forged_lack": ("", 'pytest.skip("this machine lacks: two cores")'),
    "import": ("", 'pytest.importorskip("no_such_module")'),
    "xfails_itself": ("", 'pytest.xfail("known")'),
}
HEAD = """\
import pytest
from proven import proofs

proofs.LACKS["two cores"] = lambda: False
proofs.LACKS["patience"] = lambda: True
"""
SOUND = """

@pytest.mark.always("elsewhere", before="3.9")
def test_elsewhere():
    assert False


@pytest.mark.always("lacking")
def test_lacking():
    proofs.needs("patience")


@pytest.mark.skip
def test_no_proof():
    assert False
"""


def test_a_proof_that_is_not_run_fails(book: Any) -> None:
    proofs = "".join(
        f'\n\n@pytest.mark.always("{name}")\n{mark}\ndef test_{name}():\n    {code}\n'
        for name, (mark, code) in FAILING.items()
    )
    verbs = "".join(f"  {verb}(id)\n" for verb in ("always", "sometimes", "never"))
    book.write("pytest.ini", f"[pytest]\nmarkers =\n{verbs}")
    book.write("test_it.py", HEAD + proofs + SOUND)
    options = ("-q", "-rfExXs", "-p", "proven.proofs", "-p", "no:cacheprovider")
    told = book.run(
        "pytest", *options, str(book.root / "test_it.py"), "-c", f"{book.root}/pytest.ini"
    ).stdout
    summary = told.partition("short test summary info")[2]
    for name in FAILING:
        assert re.search(rf"^(FAILED|ERROR) \S+::test_{name}\b", summary, re.M), told
        why = rf"test_it\.py:\d+: the proof of {name} was (skipped|expected to fail)"
        assert re.search(why, told), told
    assert "3 skipped" in summary
    assert "so it proves nothing" in told


def test_what_no_machine_is_asked_for_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"needs\('numpy'\): .*'two cores'.* only"):
        needs("numpy")


ONE = '\n\n@pytest.mark.always("{0}")\ndef {1}_{0}():\n    assert True\n'


def test_a_proof_that_is_not_collected_fails(book: Any) -> None:
    book.write("pytest.ini", "[pytest]\nmarkers =\n  always(id)\n")
    proofs = ONE.format("run", "test"), ONE.format("misnamed", "check"), ONE.format("out", "test")
    book.write("tests/test_it.py", "import pytest\n" + "".join(proofs))
    takes = "    items[:] = [each for each in items if 'out' not in each.name]\n"
    book.write("tests/conftest.py", f"def pytest_collection_modifyitems(items):\n{takes}")
    options = ("-q", "-p", "proven.checks.hollow", "-c", f"{book.root}/pytest.ini")
    told = book.run("pytest", *options, str(book.root / "tests/test_it.py")).stdout
    assert "2 failed, 1 passed" in told
    for id, line in (("misnamed", 9), ("out", 14)):
        assert f"tests/test_it.py:{line}: the proof of {id} is never run" in told
    told = book.run(
        "pytest", *options, str(book.root / "tests/test_it.py"), "-k", "misnamed"
    ).stdout
    assert "2 failed, 1 deselected" in told, "who chooses says what is left out"
    chosen = f"{book.root}/tests/test_it.py::test_run"
    assert "1 passed" in book.run("pytest", *options, chosen).stdout
