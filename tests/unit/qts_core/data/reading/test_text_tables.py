"""The shape of delimited text is settled before its values."""

from __future__ import annotations

import pytest

from qts_core.data.reading.text_tables import read_text_table
from qts_core.market.errors import DataNotFoundError, DataValidationError

PLAIN = b"a,b\n1,2\n3,4\n"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        b"\xef\xbb\xbf" + PLAIN,
        PLAIN.replace(b"\n", b"\r\n"),
        b"a,b\r\n1,2\n3,4\r\n",
        PLAIN.rstrip(),
        PLAIN.replace(b",", b";"),
        PLAIN.replace(b",", b"\t"),
        PLAIN + b"\n\n",
        b'"a","b"\n1,"2"\n3,4\n',
    ],
)
def test_one_table_in_many_dresses(data: bytes) -> None:
    frame = read_text_table(data, where="f.csv")
    assert frame.columns == ["a", "b"]
    assert frame["a"].to_list() == ["1", "3"]
    assert frame["b"].to_list() == ["2", "4"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (PLAIN.replace(b"\n", b"\r"), "CR-only line endings"),
        ("a,b\n1,2\n".encode("utf-16"), "not UTF-8 from byte 0"),
        (b"a,b\n1,\xe9\n", "not UTF-8 from byte 6"),
        (b"a,b\n1,2\n3\n", "line 3.*1 fields"),
        (b"a,b\n1,2,3\n3,4\n", "line 2.*3 fields"),
        (b"a,b\n1," + b"2" * 70_000 + b"\n", "QTS-DATA-010.*line 2"),
        (b"a,b\n1,2\x00\n", "zero bytes"),
    ],
)
def test_a_wrong_shape_is_refused_with_its_place(data: bytes, message: str) -> None:
    with pytest.raises(DataValidationError, match=message):
        read_text_table(data, where="f.csv")


@pytest.mark.parametrize("data", [b"", b"  \n"])
def test_nothing_is_no_table(data: bytes) -> None:
    with pytest.raises(DataNotFoundError, match="empty"):
        read_text_table(data, where="f.csv")
