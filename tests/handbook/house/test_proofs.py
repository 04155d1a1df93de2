"""No proof passes by not being run."""

import re
from typing import Any

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
