"""No proof passes by not being run."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

HEAD = "import pytest\nfrom proven.proofs import needs, LACKS\n"
PROOF = '@pytest.mark.always("a-claim"{more})\n{mark}def test_it():\n    {code}\n'


@pytest.fixture
def run(pytester: pytest.Pytester):  # noqa: ANN201
    """Return a function that runs one proof and returns its outcomes and what was printed."""
    root = Path(__file__).parents[2]
    pytester.syspathinsert(root / "source/_ext")
    marks = "\n  ".join(f"{verb}(id)" for verb in ("always", "sometimes", "never"))
    pytester.makeini(f"[pytest]\nmarkers =\n  {marks}\n")

    def run(code: str, mark: str = "", more: str = "", head: str = "") -> tuple[str, str]:
        text = HEAD + head + PROOF.format(more=more, mark=mark and f"{mark}\n", code=code)
        pytester.makepyfile(test_it=text)
        options = ("-p", "proven.proofs", "-p", "no:looptime_plugin", "-p", "no:xdist")
        done = pytester.runpytest_subprocess(*options, "-q")
        return ",".join(sorted(done.parseoutcomes())), done.stdout.str()

    return run


@pytest.mark.parametrize(
    ("code", "mark"),
    [
        ("assert True", "@pytest.mark.skip"),
        ("assert True", '@pytest.mark.skip(reason="holds only on Mondays")'),
        ("assert True", '@pytest.mark.skipif(True, reason="later")'),
        ("assert False", "@pytest.mark.xfail"),
        ("assert True", "@pytest.mark.xfail"),
        ('pytest.skip("not now")', ""),
        ('pytest.skip("this machine lacks: patience")', ""),
        ('pytest.importorskip("no_such_module")', ""),
        ('pytest.xfail("known")', ""),
    ],
)
def test_a_proof_that_is_not_run_fails(run, code: str, mark: str) -> None:  # noqa: ANN001
    outcomes, told = run(code, mark)
    assert outcomes in ("failed", "error"), told
    assert "test_it.py:" in told
    assert "the proof of a-claim was" in told
    assert "so it proves nothing" in told


def test_a_range_and_a_lack_of_the_machine_skip(run) -> None:  # noqa: ANN001
    assert run("assert False", more=', before="3.9"')[0] == "skipped"
    assert run('needs("two cores")')[0] in ("passed", "skipped")
    lacking = 'LACKS["two cores"] = lambda: True\n'
    assert run('needs("two cores"); assert False', head=lacking)[0] == "skipped"
    assert run("pass")[0] == "passed", "the rest is for mutants to tell"
