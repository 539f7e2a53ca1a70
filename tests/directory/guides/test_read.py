"""A guide's file is read strictly: every mistake is told with its file, its place and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.directory.guides.samples import HEAD, guides_of, write
from tests.directory.samples import DIRECTORIES
from vanhub.directory.guides.load import open_guides
from vanhub.errors import OperatorError

CODES = {
    "lists.toml": '[offices]\ntitle_en = "offices"\nsource = "a test"\n',
    "offices.csv": "code,name_en\n5301,Huanggang\n",
    "forms.toml": '[licence]\npattern = "[0-9]{2}-[A-Z]{2}-[0-9]{6}"\nen = "00-AA-000000"\nzh = "00-AA-000000"\n',
}
USE = '[[use]]\nat = "LOC"\n'


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("[[uses]]\n", "unknown key uses; the nearest known key is use"),
        ("[[use]]\nwhere = { 3227 = '22' }\n", "use[1].at is missing; it takes a text of 1 to 40 characters"),
        ('[[use]]\nat = "LOX"\n', "use[1].at: there is no LOX directly in CUSDEC D.01B; the nearest is LOC"),
        (USE + "stats = 'unused'\n", "unknown key use[1].stats; the nearest known key is use[1].status"),
        (USE + "status = 'mandatory'\n", "use[1].status takes 'required', 'optional' or 'unused', not 'mandatory': 'mandatory' is not a valid Status"),
        (USE + "most = 0\n", "use[1].most takes a whole number from 1 to 99999, not 0"),
        (USE + "most = 100\n", "use[1].most is 100; the directory allows 99"),
        (USE + "within = { 1001 = '811' }\n", "use[1].within: LOC is in no group"),
        (USE + "where = { 3228 = '22' }\n", "use[1].where.3228: LOC has no element 3228; the nearest is 3227"),
        (USE + "where = { 3227 = '2222' }\n", "use[1].where.3227: '2222' is no code of 3227 in D.01B; the nearest is 222"),
        (USE + "where = { C517 = '22' }\n", "use[1].where.C517: C517 is a composite and has no value of its own; name its component"),
        (
            USE + "where = { 3227 = ['22', '22'] }\n",
            "use[1].where.3227 takes a list of at least 1, each a text of 1 to 35 characters, not ['22', '22']: a value stands there twice",
        ),
        (USE + "elements.3226 = {}\n", "use[1].elements.3226: LOC has no element 3226; the nearest is 3227"),
        (
            USE + "elements.3225 = { status = 'required', liste = 'x' }\n",
            "unknown key use[1].elements.3225.liste; the nearest known key is use[1].elements.3225.list",
        ),
        (USE + "elements.3225 = { list = 'ofices' }\n", "use[1].elements.3225.list: there is no code list ofices; the nearest is offices"),
        (
            USE + "elements.3225 = { list = 'offices', column = 'codes' }\n",
            "use[1].elements.3225.list: CODES/offices.csv: there is no column codes; the nearest is code",
        ),
        (USE + "elements.3225 = { form = 'licences' }\n", "use[1].elements.3225.form: there is no form licences; the nearest is licence"),
        (USE + "elements.C517 = { codes = ['1'] }\n", "use[1].elements.C517.codes: C517 is a composite and has no value of its own; name its component"),
        (USE + "elements.3225 = { status = 'unused', form = 'n4' }\n", "use[1].elements.3225.form: what is not used has no value"),
        (USE + "elements.3225 = { prefix = 2 }\n", "use[1].elements.3225.prefix belongs to list, which is not there"),
        (USE + "elements.3227 = { codes = ['2222'] }\n", "use[1].elements.3227.codes: '2222' is no code of 3227 in D.01B; the nearest is 222"),
        (USE + USE, "use[2] is the same use as use[1]: LOC"),
        ("[[rule]]\nname = 'a'\n", "rule[1] (a) asks for nothing; it needs then, then_any or then_not"),
        ("[[rule]]\nname = 'a'\nscope = 'LOC'\n", "rule[1].scope: LOC is a segment; a scope is a group, or '' for the whole message"),
        ("[[rule]]\nname = 'a'\nthen = [{ at = 'LOC', filled = ['1'] }]\n", "rule[1].then[1].filled: LOC has no element 1; the nearest is 1131"),
        ("[[rule]]\nname = 'a'\nthen = [{ at = 'LOC' }]\n" * 2, "two rules have the name 'a'"),
        (
            "[[rule]]\nname = 'a'\nscope = 'SG5'\nthen = [{ at = 'CNT' }]\n",
            "rule[1].then[1].at: CNT comes after SG5, the rule's scope, which is judged when it ends; give the rule a wider scope",
        ),
    ],
)
def test_mistakes(tmp_path: Path, body: str, text: str) -> None:
    guides = guides_of(tmp_path, body, CODES, HEAD) if not body.startswith("[[uses") else None
    with pytest.raises(OperatorError) as error:
        (guides or open_guides(write(tmp_path, {"declaration": HEAD + body}), directories=DIRECTORIES)).get("declaration")
    assert str(error.value).replace(str(tmp_path / "codes"), "CODES") == f"{tmp_path / 'guides' / 'declaration.toml'}: {text}"


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('name = "declaration"', 'name = "declarations"', "name is 'declaration' as the file's, not 'declarations'"),
        ('name = "declaration"', 'name = "De"', "name takes lower case letters, digits and dashes, not 'De'"),
        ('source = "a test"', "", "source is missing; it takes a text of 1 to 500 characters"),
        ('source = "a test"', "source = 1", "source takes a text of 1 to 500 characters, not 1"),
        ('source = "a test"', 'source = "a test', "Illegal character '\\n' (at line 7, column 17)"),
    ],
)
def test_mistakes_in_a_head_are_told_at_once(tmp_path: Path, old: str, new: str, text: str) -> None:
    with pytest.raises(OperatorError) as error:
        guides_of(tmp_path, USE, head=HEAD.replace(old, new))
    assert str(error.value) == f"{tmp_path / 'guides' / 'declaration.toml'}: {text}"


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("D.01B", "D.01D", "directory: there is no directory D.01D; the nearest is D.01A"),
        ("CUSDEC", "CUSDEX", "message: D.01B has no CUSDEX; the nearest is CUSDEC"),
    ],
)
def test_mistakes_about_the_directory(tmp_path: Path, old: str, new: str, text: str) -> None:
    guides = guides_of(tmp_path, USE, head=HEAD.replace(old, new))
    with pytest.raises(OperatorError) as error:
        guides.get("declaration")
    assert str(error.value) == f"{tmp_path / 'guides' / 'declaration.toml'}: {text}"


@pytest.mark.parametrize(
    ("date", "text"),
    [
        ("DTM", "date is written as DTM/2005=137:2380, not 'DTM'"),
        ("DTX/2005=141:2380", "date: there is no DTX directly in CUSDEC D.01B; the nearest is DTM"),
        ("DTM/2006=141:2380", "date: DTM has no element 2006; the nearest is 2005"),
        ("DTM/2005=1411:2380", "date: '1411' is no code of 2005 in D.01B; the nearest is 141"),
    ],
)
def test_mistakes_in_a_date(tmp_path: Path, date: str, text: str) -> None:
    with pytest.raises(OperatorError) as error:
        guides_of(tmp_path, USE, head=f'{HEAD}date = "{date}"\n').get("declaration")
    assert str(error.value) == f"{tmp_path / 'guides' / 'declaration.toml'}: {text}"


def test_a_head_that_holds_what_looks_like_a_table(tmp_path: Path) -> None:
    head = HEAD.replace('source = "a test"', 'source = "a test"\ndocuments = [\n"830",\n]\n')
    assert guides_of(tmp_path, USE, head=head).heads()[0].documents == ("830",)
    with pytest.raises(OperatorError, match="documents takes a list"):
        guides_of(tmp_path, USE, head=HEAD + "documents = [\n[[]]\n]\n")
