"""Data sets that can be fetched are data: what they may say, and what is refused."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from riskml.errors import StudyError
from riskml.records.datasets import dataset_names, load_dataset, parse_datasets

ENTRY = """
[city]
title = "A city"
host = "data.city.example"
id = "abcd-1234"
source = "chicago"
page_rows = 100
columns = ["inspection_id", "license_"]
terms = "none"
"""


def test_the_known_data_sets_are_of_https_hosts_and_ask_for_no_phone_number() -> None:
    for name in dataset_names():
        dataset = load_dataset(name)
        assert dataset.name == dataset.source == name
        assert dataset.url.startswith("https://data.cityof")
        assert dataset.terms
        assert "phone" not in dataset.columns
    assert load_dataset("nyc").url == "https://data.cityofnewyork.us/resource/43nn-pn8j.csv"


def test_a_page_is_asked_for_by_its_columns_in_the_order_of_the_row_identifiers() -> None:
    dataset = parse_datasets(ENTRY, where="test")["city"]
    parts = urlsplit(dataset.page_url(limit=100, offset=99))
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "data.city.example", "/resource/abcd-1234.csv")
    assert parse_qs(parts.query) == {
        "$select": [":id,inspection_id,license_"],
        "$order": [":id"],
        "$limit": ["100"],
        "$offset": ["99"],
    }
    assert parse_qs(urlsplit(dataset.count_url).query) == {"$select": ["count(*) as total"]}


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(StudyError, match=r"unknown data set 'chicgo'; known are \['chicago', 'nyc'\].*'chicago'\?"):
        load_dataset("chicgo")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('title = "A city"', 'titel = "A city"', r"unknown keys \['titel'\] and lacks \['title'\]"),
        ('title = "A city"', 'title = "A city"\nscheme = "http"', r"unknown keys \['scheme'\]"),
        ('title = "A city"', "title = 1", "title is 1; it must be of type str"),
        ("page_rows = 100", "page_rows = true", "page_rows is True; it must be of type int"),
        ("page_rows = 100", "page_rows = 1", "page_rows is 1; it must be at least 2"),
        ('"license_"', "1", "columns is .* must be of type list"),
        ('"license_"', '"license #"', "columns must be different names"),
        ('"license_"', '"inspection_id"', "columns must be different names"),
        ("data.city.example", "https://data.city.example", "host is 'https://data.city.example'; it must match"),
        ("data.city.example", "user@data.city.example", "host is 'user@data.city.example'"),
        ("abcd-1234", "../abcd", r"id is '\.\./abcd'"),
        ("[city]", '["../city"]', r"name is '\.\./city'"),
        ("[city]", "city = 1\n[other]", r"city must be a table \[city\]"),
        ("[city]", "[city", "is not valid TOML"),
    ],
)
def test_a_wrong_entry_is_refused(old: str, new: str, words: str) -> None:
    assert old in ENTRY
    with pytest.raises(StudyError, match=words):
        parse_datasets(ENTRY.replace(old, new), where="test")


def test_http_is_for_this_machine_only() -> None:
    dataset = parse_datasets(ENTRY, where="test")["city"]
    assert replace(dataset, host="127.0.0.1:80", scheme="http").url.startswith("http://127.0.0.1:80/")
    for host in ("data.city.example", "127.0.0.1.city.example", "localhost.example"):
        with pytest.raises(StudyError, match="scheme is 'http'; allowed"):
            replace(dataset, host=host, scheme="http")
    with pytest.raises(StudyError, match="scheme is 'file'"):
        replace(dataset, host="127.0.0.1", scheme="file")
