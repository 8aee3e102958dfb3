"""Bad inputs B48 to B57: symbols and the universe."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from qts_core.adapters.db import open_database
from qts_core.adapters.lake import Lake
from qts_core.adapters.settings_files import LoadedSettings, load_settings
from qts_core.cli.errors import run_command
from qts_core.cli.main import app
from qts_core.config.settings import Settings
from qts_core.data.ingest import register_bars
from qts_core.data.schemas import BAR_SCHEMA
from qts_core.market.calendar import xnys
from qts_core.market.errors import ConfigurationError, DataValidationError, ExitCode
from qts_core.market.instruments import canonical_symbol
from qts_core.research.ledger import Trial, TrialKind, TrialLedger

DEVICES = ("AUX", "CON", "NUL", "PRN")
INJECTION = "'; DROP TABLE orders;--"


def universe(folder: Path, text: str) -> LoadedSettings:
    (folder / "universe.yaml").write_text(text, encoding="utf-8")
    return load_settings(config_dir=folder, environment={})


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        universe(folder, text)
    assert caught.value.exit_code is ExitCode.USER_ERROR
    line = str(caught.value)
    assert "\n" not in line
    return line


def bars_of(symbols: tuple[str, ...]) -> pl.DataFrame:
    """One session of sound bars."""
    session = xnys().on(date(2024, 3, 4))
    assert session is not None
    rows = [
        (symbol, start, start + timedelta(minutes=15), 10.0, 10.5, 9.5, 10.1, 100.0, None, None, "test")
        for symbol in symbols
        for start in (session.open + timedelta(minutes=15 * slot) for slot in range(26))
    ]
    return pl.DataFrame(rows, schema=dict(BAR_SCHEMA), orient="row")


def test_b48_lower_case_and_spaces_are_one_symbol_and_warned_about(tmp_path: Path) -> None:
    loaded = universe(tmp_path, 'symbols: [{symbol: " aapl "}, {symbol: MSFT}]\n')
    assert loaded.settings.universe.tradable == ("AAPL", "MSFT")
    (warning,) = loaded.warnings
    assert "universe.yaml:1 writes the symbol ' aapl ', which is read as AAPL" in warning


def test_b48_both_forms_of_one_symbol_are_one_symbol_listed_twice(tmp_path: Path) -> None:
    line = refusal(tmp_path, "symbols: [{symbol: aapl}, {symbol: AAPL}]\n")
    assert line.startswith("QTS-CONF-005 InvalidConfigError: universe at ")
    assert "AAPL is listed twice: symbols[0] (Other) and symbols[1] (Other)" in line


@pytest.mark.parametrize("text", ["BRK.B", "BRK-B", "BRK/B", "BRK B", "brk-b"])
def test_b49_every_spelling_of_a_class_share_is_alpacas(text: str, tmp_path: Path) -> None:
    assert canonical_symbol(text) == "BRK.B"
    assert universe(tmp_path, f'symbols: [{{symbol: "{text}"}}]\n').settings.universe.tradable == ("BRK.B",)


@pytest.mark.parametrize("text", ["BRK_B", "BRK..B", "BRK.BBB", "BRK:B", "BRK.B.C", "BRK-", "-B", "NYSE:BRK.B"])
def test_b49_an_unknown_spelling_is_refused(text: str, tmp_path: Path) -> None:
    line = refusal(tmp_path, f'symbols: [{{symbol: "{text}"}}]\n')
    assert f"universe.symbols[0].symbol is not allowed at {tmp_path}/universe.yaml:1: found {text}" in line
    assert "not a US ticker such as AAPL or BRK.B" in line


def test_b50_tickers_that_yaml_1_1_reads_as_values_are_words(tmp_path: Path) -> None:
    text = "symbols: [{symbol: ON}, {symbol: NO}, {symbol: Y}]\nblacklist: {symbols: [ON, NO, YES]}\n"
    settings = universe(tmp_path, text).settings.universe
    assert settings.blacklist.symbols == ("ON", "NO", "YES")
    assert settings.tradable == ("Y",)


@pytest.mark.parametrize("text", ["TRUE", "true", "null", "~", "12", "1e3"])
def test_b50_what_yaml_1_2_reads_as_a_value_is_refused_and_to_be_quoted(text: str, tmp_path: Path) -> None:
    line = refusal(tmp_path, f"blacklist: {{symbols: [AAPL, {text}]}}\n")
    assert line.startswith("QTS-CONF-003 InvalidConfigError: universe.blacklist.symbols[1] is not allowed at ")
    assert "expected text (quote it)" in line


@pytest.mark.parametrize(
    ("text", "written_out"),
    [
        ("\u0410APL", r"\u0410APL"),  # a Cyrillic A
        ("\uff21\uff21\uff30\uff2c", r"\uff21\uff21\uff30\uff2c"),  # full-width letters
        ("AAPL\u200b", r"AAPL\u200b"),  # a zero-width space
        ("\u200fAAPL", r"\u200fAAPL"),  # a right-to-left mark
        ("AAPL\u0301", r"AAPL\u0301"),  # a combining accent
        ("\u00a0AAPL", r"\xa0AAPL"),  # a space that does not break
        ("\u0131BM", r"\u0131BM"),  # a dotless i, whose upper case is ASCII
        ("\u017fPY", r"\u017fPY"),  # a long s, whose upper case is ASCII
    ],
)
def test_b52_look_alikes_are_refused_and_written_out(text: str, written_out: str, tmp_path: Path) -> None:
    assert canonical_symbol(text) is None
    line = refusal(tmp_path, f'symbols: [{{symbol: "{text}"}}]\n')
    assert f"not a US ticker such as AAPL or BRK.B; written out it is {written_out}" in line


PATHS = ["../../etc/passwd", "/etc/passwd", "C:\\x", "AAPL/..", "..", ".", "~root", "file:///etc/passwd", "AAPL\0"]


@pytest.mark.parametrize("text", PATHS)
def test_b53_a_path_is_no_symbol(text: str, tmp_path: Path) -> None:
    assert canonical_symbol(text) is None
    escaped = text.replace("\\", "\\\\").replace("\0", "\\0")
    assert "not a US ticker" in refusal(tmp_path, f'symbols: [{{symbol: "{escaped}"}}]\n')


@pytest.mark.parametrize("name", [p for p in PATHS if p not in (".", "AAPL/..")])
def test_b53_a_path_is_no_name_in_the_lake(name: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    lake = Lake(home / "lake")
    with pytest.raises(DataValidationError, match=r"QTS-DATA-012"):
        lake.write_blob(name, b"x")
    with pytest.raises(DataValidationError, match=r"QTS-DATA-012"):
        lake.write_month(name, "2024-03", bars_of(("AAA",)), lineage={})
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_b54_names_of_windows_devices_are_symbols_like_any_other_and_name_no_file(tmp_path: Path) -> None:
    lake, bars = Lake(tmp_path), bars_of(DEVICES)
    register_bars(lake, bars, calendar=xnys(), now=None, source="test")
    assert lake.read("raw_bars")["symbol"].unique().sort().to_list() == list(DEVICES)
    assert lake.read("raw_bars").height == bars.height
    parts = {part.split(".")[0].upper() for path in tmp_path.rglob("*") for part in path.relative_to(tmp_path).parts}
    assert not parts & {*DEVICES, *(f"SYMBOL={device}" for device in DEVICES)}


def test_b54_two_symbols_that_differ_in_case_only_are_one(tmp_path: Path) -> None:
    settings = universe(tmp_path, "symbols: [{symbol: con}, {symbol: PRN}]\n").settings
    assert settings.universe.all_symbols == ("CON", "PRN")


def test_b55_sql_in_a_symbol_is_refused(tmp_path: Path) -> None:
    line = refusal(tmp_path, f'symbols: [{{symbol: "{INJECTION}"}}]\n')
    assert f"found {INJECTION}, not a US ticker" in line


def test_b55_sql_in_notes_is_stored_as_text(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'qts.db'}") as database:
        store = database.trials
        ledger = TrialLedger(store)
        for number in range(2):
            trial = Trial(TrialKind.TRAINING, INJECTION, f"{number}", failure=INJECTION, detail={"note": INJECTION})
            ledger.record(trial, now=datetime(2024, 3, 4, tzinfo=UTC))
        assert store.count() == 2
        assert store.count(INJECTION) == 2
        assert store.all(INJECTION)[0].model == INJECTION
        assert store.count("x' OR '1'='1") == 0


def test_b56_more_than_five_letters_is_no_equity(tmp_path: Path) -> None:
    assert "not a US ticker" in refusal(tmp_path, "symbols: [{symbol: AAPL240621C00190000}]\n")


def test_b56_what_is_not_tradable_banned_or_gone_is_dropped_for_a_listed_reason(tmp_path: Path) -> None:
    text = (
        "symbols:\n"
        "  - {symbol: AAPL}\n"
        "  - {symbol: HALT, tradeable: false}\n"
        "  - {symbol: BAN}\n"
        '  - {symbol: GONE, to: "2024-03-01"}\n'
        "auxiliary: [{symbol: SPY, role: market}]\n"
        "blacklist: {symbols: [BAN], reasons: {BAN: under investigation}}\n"
    )
    chosen = universe(tmp_path, text).settings.universe
    assert chosen.tradable == ("AAPL", "GONE")
    assert chosen.members_on(date(2024, 3, 4)) == ("AAPL", "BAN", "HALT")
    facts = {i.symbol: (i.is_tradable, i.is_member(date(2024, 3, 4))) for i in chosen.instruments(chosen.all_symbols)}
    assert [symbol for symbol, is_open in facts.items() if all(is_open)] == ["AAPL"]
    assert chosen.blacklist.reasons["BAN"] == "under investigation"


def test_b57_duplicates_and_symbols_in_two_sectors_are_all_told_at_once(tmp_path: Path) -> None:
    text = (
        "symbols:\n"
        "  - {symbol: AAPL, sector: Technology}\n"
        "  - {symbol: BRK-B, sector: Financials}\n"
        "  - {symbol: AAPL, sector: Consumer}\n"
        "  - {symbol: BRK.B, sector: Financials}\n"
        "other_sectors: {AAPL: Energy}\n"
    )
    line = refusal(tmp_path, text)
    assert line.startswith("QTS-CONF-005 InvalidConfigError: 2 settings are wrong: ")
    assert (
        "AAPL is listed 3 times: symbols[0] (Technology) and symbols[2] (Consumer) and other_sectors (Energy)" in line
    )
    assert "BRK.B is listed twice: symbols[1] (Financials) and symbols[3] (Financials)" in line


def test_b57_through_the_command_line_it_is_one_line_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "universe.yaml").write_text("symbols: [{symbol: A}, {symbol: A}]\n", encoding="utf-8")
    monkeypatch.setenv("QTS_CONFIG_DIR", str(tmp_path))
    assert run_command(app, "qts", ["config", "check"]) == ExitCode.USER_ERROR
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert errors.startswith("QTS-CONF-005 InvalidConfigError: ")


def test_the_shipped_universe_has_none_of_this(settings: Settings) -> None:
    listed = settings.universe.all_symbols
    assert [canonical_symbol(symbol) for symbol in listed] == list(listed)
