"""What a migration may say, told by its words alone."""

from __future__ import annotations

import pytest
from billhook.host.sql.statements import Token, beginning, refusal, tokens

BOTH = ("sqlite", "postgresql")


def why(text: str, dialect: str) -> str:
    found = refusal(text, dialect, lambda table: table.startswith("mine_"))
    return found.why if found else ""


ALLOWED = (
    "select 1",
    "SELECT 1;",
    "with a as (select 1) select * from a",
    "insert into mine_a (text) values ('it''s; commit')",
    "update mine_a set text = '/* no comment' where id = 1 /* one; commit */",
    "delete from mine_a -- all; of them\n where 1 = 1 ; ;",
    'create table "mine_a; b" (id integer)',
    "create unique index mine_i on mine_a (id)",
    "create table if not exists mine_a (begin integer)",
    "drop table mine_a",
    "drop index mine_i",
    "alter table mine_a rename to mine_b",
    "-- nothing at all",
    "",
)


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize("text", ALLOWED)
def test_what_is_done_with_tables_and_rows_may_be_said(text: str, dialect: str) -> None:
    assert why(text, dialect) == ""


REFUSED = {
    "commit": "COMMIT",
    "/* a */ -- b\n commit": "COMMIT",
    ";commit": "several",
    "select 1; commit": "several",
    "select 'a'; commit --'": "several",
    'select "a;"; commit': "several",
    "begin immediate": "BEGIN",
    "end": "END",
    "savepoint a": "SAVEPOINT",
    "release a": "RELEASE",
    "vacuum": "VACUUM",
    "create or replace view mine_v as select 1": "CREATE OR",
    "create trigger t": "CREATE TRIGGER",
    "create temp table mine_t (id integer)": "CREATE TEMP",
    "create virtual table mine_t using fts5 (a)": "CREATE VIRTUAL",
    "drop view v": "DROP VIEW",
    "alter sequence s restart": "ALTER SEQUENCE",
    "attach 'file' as a": "ATTACH",
    "pragma foreign_keys = off": "PRAGMA",
    "set local track_counts = off": "SET",
    "grant all on mine_a to public": "GRANT",
    "truncate mine_a": "TRUNCATE",
    "(select 1)": "it says (",
    "select load_extension('a')": "load_extension",
    "select lo_import('/etc/passwd')": "lo_import",
    "select pg_advisory_lock(1)": "pg_advisory_lock",
    "select set_config('a', 'b', true)": "set_config",
    "select setval('theirs', 1)": "setval",
    "select setval(lower('mine_a'), 1)": "setval",
}


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize("text", REFUSED)
def test_everything_else_is_refused_with_a_remedy(text: str, dialect: str) -> None:
    found = refusal(text, dialect, lambda table: table.startswith("mine_"))

    assert found is not None
    assert REFUSED[text] in found.why
    assert found.remedy.endswith(".")


def test_each_database_is_read_by_its_own_rules() -> None:
    assert why("/* a /* b */ c */ commit", "postgresql") == "it says COMMIT"
    assert why("/* a /* b */ commit", "sqlite") == "it says COMMIT"
    assert why("select $$a; commit$$, $t$;$$;$t$", "postgresql") == ""
    assert why(r"select E'it\'s; commit'", "postgresql") == ""
    assert why(r"select 'a\'; commit --'", "postgresql") == "it says several statements at once"
    assert why("select [a; b], `c; d` from mine_a", "sqlite") == ""
    assert why('pragma main.table_info("mine_a")', "sqlite") == ""
    assert why('pragma main.table_info("mine_a")', "postgresql") == "it says PRAGMA"
    assert why("comment on table mine_a is 'a; b'", "postgresql") == ""
    assert why("select setval(pg_get_serial_sequence('mine_a', 'id'), 5)", "postgresql") == ""
    assert why("alter table mine_a set schema other", "postgresql") == "it moves a table to another schema"


def test_words_are_told_from_texts_and_names() -> None:
    said = list(tokens("select 'A''s', \"B\" -- c", "sqlite"))

    assert said == [Token("word", "select"), Token("text", "A''s"), Token("sign", ","), Token("name", "B")]


def test_a_statement_is_quoted_by_its_beginning_in_one_line() -> None:
    assert beginning("select\n  1") == "select 1"
    assert len(beginning("select " + "1, " * 99)) == 60
