from __future__ import annotations

import gzip
import os
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from glasshive.errors import InputError
from topology.workload.rows import LONGEST_LINE_BYTES, read_lines, read_table

if TYPE_CHECKING:
    from pathlib import Path

    from topology.workload.rows import Line


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


def lines(path: Path, data: bytes) -> list[Line]:
    path.write_bytes(data)
    return list(read_lines(path))


def texts(path: Path, data: bytes) -> list[str]:
    return [line.text for line in lines(path, data)]


def table(path: Path, text: str, *columns: str) -> list[list[str]]:
    path.write_text(text)
    with closing(read_lines(path)) as reader:
        return [fields for _, fields in read_table(reader, columns)]


def complaint_of_lines(path: Path, data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        lines(path, data)
    return str(caught.value)


def complaint_of_table(path: Path, text: str, *columns: str) -> str:
    with pytest.raises(InputError) as caught:
        table(path, text, *columns)
    return str(caught.value)


def test_lines_are_numbered_from_one(path: Path) -> None:
    assert [(line.number, line.text) for line in lines(path, b"a\nb\n")] == [(1, "a"), (2, "b")]


def test_only_a_last_line_without_a_line_break_is_broken_off(path: Path) -> None:
    assert [line.is_broken_off for line in lines(path, b"a\nb")] == [False, True]
    assert [line.is_broken_off for line in lines(path, b"a\nb\n")] == [False, False]


def test_crlf_line_breaks_are_accepted(path: Path) -> None:
    assert texts(path, b"a,b\r\n1,2\r\n") == ["a,b", "1,2"]


def test_a_byte_order_mark_is_accepted(path: Path) -> None:
    assert texts(path, b"\xef\xbb\xbfa,b\n1,2\n") == ["a,b", "1,2"]


def test_a_gzip_file_is_read_whatever_its_name(path: Path) -> None:
    assert texts(path, gzip.compress(b"a,b\n1,2\n")) == ["a,b", "1,2"]


def test_a_cut_gzip_file_is_refused_after_the_lines_that_are_whole(path: Path) -> None:
    assert complaint_of_lines(path, gzip.compress(b"a,b\n1,2\n")[:-9]) == (
        f"{path}, line 3: the gzip data is damaged or cut off here; copy the file again"
    )


def test_a_damaged_gzip_file_is_refused(path: Path) -> None:
    packed = bytearray(gzip.compress(b"a,b\n1,2\n"))
    packed[-5] ^= 0xFF  # the last byte of the checksum
    assert complaint_of_lines(path, bytes(packed)) == (
        f"{path}, line 3: the gzip data is damaged or cut off here; copy the file again"
    )


def test_blank_lines_at_the_end_are_accepted(path: Path) -> None:
    assert texts(path, b"a,b\n1,2\n\n  \n") == ["a,b", "1,2"]


def test_a_blank_line_between_rows_is_refused(path: Path) -> None:
    sentence = f"{path}, line 2: the line is blank; remove it"
    assert complaint_of_lines(path, b"a,b\n\n\n1,2\n") == sentence


def test_bytes_that_are_not_utf_8_are_refused(path: Path) -> None:
    assert complaint_of_lines(path, b"a,b\n1,\xff\n") == (
        f"{path}, line 2: byte 3 of the line is 0xff, which is not UTF-8; save the file as UTF-8"
    )


def test_a_line_without_end_is_refused_before_it_is_loaded(path: Path) -> None:
    assert complaint_of_lines(path, b"a" * (LONGEST_LINE_BYTES + 1)) == (
        f"{path}, line 1: the line is longer than 1048576 bytes; "
        "give a text file with a request on each line"
    )


def test_a_missing_file_is_refused(path: Path) -> None:
    with pytest.raises(InputError) as caught:
        list(read_lines(path))
    assert str(caught.value) == (
        f"{path}: the file cannot be read: No such file or directory; "
        "give the path of a workload file"
    )


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        list(read_lines(tmp_path))
    assert str(caught.value) == (
        f"{tmp_path}: the file cannot be read: Is a directory; give the path of a workload file"
    )


def test_a_file_that_the_system_will_not_open_is_refused(path: Path) -> None:
    path.symlink_to(path)
    with pytest.raises(InputError) as caught:
        list(read_lines(path))
    assert str(caught.value) == (
        f"{path}: the file cannot be read: Too many levels of symbolic links; "
        "give the path of a workload file"
    )


def test_a_pipe_is_refused(path: Path) -> None:
    os.mkfifo(path)
    # Open for writing too, else the reader would wait for a writer.
    writer = os.open(path, os.O_RDWR)
    try:
        with pytest.raises(InputError) as caught:
            list(read_lines(path))
    finally:
        os.close(writer)
    assert str(caught.value) == (
        f"{path}: this is no regular file, and a workload is read more than once; save it to a file"
    )


def test_columns_are_found_by_name_in_any_order(path: Path) -> None:
    assert table(path, "c,a,b\n3,1,2\n", "a", "b") == [["1", "2"]]


def test_spaces_around_fields_are_passed_over(path: Path) -> None:
    assert table(path, "a, b\n1, 2\n", "a", "b") == [["1", "2"]]


def test_a_field_in_quotes_may_hold_a_comma(path: Path) -> None:
    assert table(path, 'a,b\n"1, one",2\n', "a", "b") == [["1, one", "2"]]


def test_a_quote_that_is_not_closed_is_refused(path: Path) -> None:
    assert complaint_of_table(path, 'a,b\n"1,2\n3,4\n', "a") == (
        f"{path}, line 2: a double quote is not closed on its line, or stands inside a field; "
        "quote whole fields, or none"
    )


def test_a_missing_column_is_refused_with_the_near_one(path: Path) -> None:
    assert complaint_of_table(path, "ContextToken,b\n1,2\n", "ContextTokens") == (
        f"{path}, line 1: there is no column 'ContextTokens'; did you mean 'ContextToken'?"
    )


def test_a_missing_column_is_refused_with_all_when_none_is_near(path: Path) -> None:
    assert complaint_of_table(path, "a,b\n1,2\n", "ContextTokens") == (
        f"{path}, line 1: there is no column 'ContextTokens'; known: a, b"
    )


def test_a_column_that_stands_twice_is_refused(path: Path) -> None:
    assert complaint_of_table(path, "a,b,a\n1,2,3\n", "a") == (
        f"{path}, line 1: there are two columns 'a'; remove one of them"
    )


@pytest.mark.parametrize(("row", "count"), [("1", "1 field"), ("1,2,3", "3 fields")])
def test_a_row_with_other_fields_than_the_header_is_refused(
    path: Path, row: str, count: str
) -> None:
    assert complaint_of_table(path, f"a,b\n{row}\n", "a") == (
        f"{path}, line 2: the row has {count} and the header 2; "
        "write the 2 fields that the header names"
    )


def test_a_file_cut_in_the_middle_of_a_row_is_refused(path: Path) -> None:
    assert complaint_of_table(path, "a,b,c\n1,2,3\n4,5", "a") == (
        f"{path}, line 3: the row has 2 fields and the header 3; "
        "the file ends inside this line: copy it again, or remove the line"
    )
