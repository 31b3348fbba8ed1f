"""Source files (TOML): found by name or path, read and checked; unknown keys are refused with the nearest known one."""

import difflib
import hashlib
import tomllib
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from riskml.errors import StudyError
from riskml.records.contract import TABLES
from riskml.records.declarations import (
    KINDS,
    LINKABLE,
    LINKS,
    TARGETS,
    Emit,
    Field,
    Items,
    Join,
    Source,
    SourceTable,
    references,
)
from riskml.records.items import ITEM_FIELDS
from riskml.records.outcome_rule import OutcomeRule
from riskml.records.source_checks import check_classes, checked_tables, checked_versions, known_keys, needed_keys
from riskml.records.values import check_options
from riskml.scorer.messages import meant

__all__ = ["Emit", "Field", "Items", "Join", "Source", "SourceTable", "load_source", "parse_source", "source_names"]


def source_names() -> list[str]:
    """Names of the sources that come with riskml."""
    folder = resources.files("riskml.records") / "sources"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_source(name: str) -> Source:
    """A source by its name, or by the path of a TOML file of your own.

    Raises:
        StudyError: if there is none of that name, or the file has an unknown or missing key.
    """
    if name.endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise StudyError(f"{name} is not a file; name a source TOML or one of {source_names()}")
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise StudyError(f"{name} is not UTF-8 ({error.reason}); save it with the encoding UTF-8") from error
        return parse_source(text, where=name)
    if name not in source_names():
        near = difflib.get_close_matches(name, source_names(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise StudyError(f"unknown source {name!r}; known are {source_names()}{hint}")
    text = (resources.files("riskml.records") / "sources" / f"{name}.toml").read_text(encoding="utf-8")
    return parse_source(text, where=f"source {name}")


_TOP: Final = {
    "name", "title", "time_zone", "notes", "lag", "label_version", "label_versions", "outcome", "table", "changes",
    "missing", "encodings", "snapshots", "private", "options",
}  # fmt: skip
_TABLE: Final = {"name", "files", "fields", "codes", "key", "emit", "items", "join", "ignore"}
_FIELD: Final = {"from", "as", "required", "reject", "pattern", "sound", "value"}
_EMIT: Final = {"to", "set", "once_per", "agree", "number", "where", "each", "link", "optional", "unless"}


def parse_source(text: str, *, where: str) -> Source:
    """Read the text of a source file; `where` names it in messages.

    Raises:
        StudyError: for text that is not TOML, an unknown or missing key, or a reference to an unknown field.
    """
    return _parsed(text, where)


@lru_cache(maxsize=16)
def _parsed(text: str, where: str) -> Source:
    """A source is read once: the same text gives the same one, which nobody changes."""
    try:
        return source_of(tomllib.loads(text), where=where)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{where} is not valid TOML: {error}") from error


def source_of(spec: dict[str, Any], *, where: str) -> Source:
    """The source of a parsed file; errors as `parse_source`."""
    spec = _extended(spec, where)
    known_keys(spec, _TOP, where)
    needed_keys(spec, ("name", "lag", "outcome", "table"), where)
    needed_keys(spec["lag"], ("days",), f"{where}: [lag]")
    known_keys(spec["lag"], {"days", "provenance"}, f"{where}: [lag]")
    if type(spec["lag"]["days"]) is not int or spec["lag"]["days"] < 0:
        raise StudyError(f"{where}: [lag] days must be a whole number of 0 or more, got {spec['lag']['days']!r}")
    whole = {name for name, column in TABLES["sites"].items() if column.kind == "integer"}
    known_keys(spec.get("changes", {}), whole, f"{where}: [changes] (whole numbers of a site)")
    versions = checked_versions(spec, where)
    return Source(
        name=spec["name"],
        title=spec.get("title", spec["name"]),
        tables=checked_tables(
            [_table(table, spec.get("options", {}), where) for table in spec["table"]], versions, where
        ),
        outcome=OutcomeRule.from_dict(spec["outcome"], where=where),
        lag_days=spec["lag"]["days"],
        label_versions=versions,
        changes=dict(spec.get("changes", {})),
        snapshots=dict(spec.get("snapshots", {})),
        missing=tuple(spec.get("missing", ())),
        encodings=tuple(spec.get("encodings", ())),
        notes=tuple(spec.get("notes", ())),
        digest=hashlib.sha256(repr(sorted(spec.items())).encode()).hexdigest(),
        private=bool(spec.get("private", False)),
    )


def _extended(spec: dict[str, Any], where: str) -> dict[str, Any]:
    """The keys of the source that `extends` names, with this one's in their place.

    Tables are added; one of the same name changes that table.
    """
    base = spec.get("extends")
    if base is None:
        return spec
    if base not in source_names():
        hint = meant(base, source_names())
        raise StudyError(f"{where}: extends unknown source {base!r}; known are {source_names()}{hint}")
    below = tomllib.loads((resources.files("riskml.records") / "sources" / f"{base}.toml").read_text(encoding="utf-8"))
    mine = {key: value for key, value in spec.items() if key != "extends"}
    own = {table.get("name", ""): table for table in spec.get("table", ())}
    known = [table["name"] for table in below["table"]]
    tables = [table for name, table in own.items() if name not in known]
    tables += [_changed(table, own.get(table["name"], {})) for table in below["table"]]
    return {**below, **mine, "table": tables}


def _changed(table: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A table with other fields, codes or keys in their place; fields and codes not named stay."""
    deep = {
        key: {**table.get(key, {}), **changes[key]} for key in ("fields", "codes") if isinstance(changes.get(key), dict)
    }
    return {**table, **changes, **deep}


def _table(spec: dict[str, Any], options: dict[str, Any], where: str) -> SourceTable:
    where = f"{where}: table {spec.get('name', '?')!r}"
    known_keys(spec, _TABLE, where)
    needed_keys(spec, ("name", "fields"), where)
    codes = spec.get("codes", {})
    known_keys(codes, spec["fields"], f"{where}: codes")
    fields = {
        name: _field(one, codes.get(name), options, f"{where}: field {name}") for name, one in spec["fields"].items()
    }
    items = _items(spec["items"], f"{where}: items") if "items" in spec else None
    joins = tuple(_join(join, f"{where}: join") for join in spec.get("join", ()))
    allowed = {*fields, *(name for join in joins for name in join.take), *(ITEM_FIELDS if items else ())}
    for name, one in fields.items():
        known_keys(references(one.value), allowed, f"{where}: field {name}")
    emits = tuple(_emit(emit, allowed, f"{where}: emit") for emit in spec.get("emit", ()))
    key = tuple(spec.get("key", ()))
    known_keys(key, set(fields), f"{where}: key")
    if items:
        known_keys([name for name in (items.field, items.dated_by) if name], set(fields), f"{where}: items")
    each = {"", *(("item",) if items else ()), *(name for name, field in fields.items() if field.kind == "list")}
    known_keys((emit.each for emit in emits), each, f"{where}: each")
    files, ignore = tuple(spec.get("files", ())), tuple(spec.get("ignore", ()))
    return SourceTable(spec["name"], fields, emits, files, key, items, joins, ignore)


def _field(spec: Any, codes: dict[str, Any] | None, defaults: dict[str, Any], where: str) -> Field:
    if isinstance(spec, str | list):
        spec = {"from": spec}
    kind = spec.get("as", "coded" if codes else "text")
    if kind not in KINDS:
        raise StudyError(f"{where}: unknown kind {kind!r}; allowed are {list(KINDS)}{meant(kind, KINDS)}")
    options = {**defaults.get(kind, {}), **{key: value for key, value in spec.items() if key not in _FIELD}}
    parts = codes if kind == "list" else None
    if codes is not None and parts is None:
        options["codes"] = codes
    try:
        check_options(kind, options)
        if parts is not None:
            check_options("coded", {"codes": parts})
    except StudyError as error:
        raise StudyError(f"{where}: {error}") from error
    names, required = spec.get("from", ()), spec.get("required", False)
    return Field(
        columns=(names,) if isinstance(names, str) else tuple(names),
        kind=kind,
        required=required is True,
        in_header=required == "column",
        sound=bool(spec.get("sound", False)),
        reject=tuple(spec.get("reject", ())),
        pattern=spec.get("pattern", ""),
        options=options,
        parts=parts,
        value=spec.get("value"),
    )


def _join(spec: dict[str, Any], where: str) -> Join:
    known_keys(spec, {"table", "on", "take", "optional"}, where)
    needed_keys(spec, ("table", "on", "take"), where)
    return Join(spec["table"], spec["on"], tuple(spec["take"]), bool(spec.get("optional", False)))


def _items(spec: dict[str, Any], where: str) -> Items:
    known_keys(spec, {"form", "prefix", "field", "separator", "pattern", "class", "dated_by"}, where)
    if spec.get("form") not in ("matrix", "text"):
        raise StudyError(f"{where}: form must be matrix or text, got {spec.get('form')!r}")
    check_classes(spec.get("class", ()), where)
    rest = {key: value for key, value in spec.items() if key != "class"}
    return Items(classes=tuple(spec.get("class", ())), **rest)


def _emit(spec: dict[str, Any], allowed: set[str], where: str) -> Emit:
    known_keys(spec, _EMIT, where)
    needed_keys(spec, ("to", "set"), where)
    if spec.get("to") not in TARGETS or spec.get("link", "") not in LINKS:
        raise StudyError(f"{where}: `to` must be one of {list(TARGETS)} and `link` one of {list(LINKS)}; got {spec}")
    if spec.get("link", "") not in LINKABLE[spec["to"]]:
        raise StudyError(f"{where} to {spec['to']}: only events can be linked by {spec['link']}; leave `link` out")
    linking = {"subject_id", "name"} if spec.get("link") else set()
    known_keys(spec["set"], set(TABLES[spec["to"]]) | linking, f"{where} to {spec['to']}")
    conditions = spec.get("where", {})
    known_keys((*spec.get("once_per", ()), *spec.get("agree", ()), *conditions), allowed, where)
    known_keys(
        (name for value in spec["set"].values() for name in references(value)), allowed, f"{where} to {spec['to']}"
    )
    return Emit(
        to=spec["to"],
        set=dict(spec["set"]),
        once_per=tuple(spec.get("once_per", ())),
        agree=tuple(spec.get("agree", ())),
        number=bool(spec.get("number", False)),
        where={name: tuple(values) for name, values in conditions.items()},
        each=spec.get("each", ""),
        link=spec.get("link", ""),
        optional=bool(spec.get("optional", False)),
        unless=(spec.get("unless", {}).get("table", ""), spec.get("unless", {}).get("on", "")),
    )
