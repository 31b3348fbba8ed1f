"""Tables of a few rows of every kind of source, for tests that damage them: open portals, and a simulated bureau."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from riskml.records.reading import read_tables
from riskml.records.source import load_source
from riskml.simulation import simulate, write_files

Rows = list[list[str]]
"""The header, then rows of as many cells."""


@dataclass(frozen=True)
class Sample:
    """Tables of one source that make records together.

    Attributes:
        source: its name.
        tables: file name -> rows.
        base: the tables without which no other makes sense; all of them if empty.
        visits: a table that tells of visits, for those that tell of none.
        encodings: in which its publisher may write.
    """

    source: str
    tables: dict[str, Rows]
    base: tuple[str, ...] = ()
    visits: str = ""
    encodings: tuple[str, ...] = ("utf-8", "utf-8-sig")

    def beside(self, target: str, rng: random.Random) -> list[str]:
        """The tables that stand beside one, with it, in their order."""
        if not self.base or rng.random() < 0.02:
            return list(self.tables)
        wanted = {target, *self.base, *([self.visits] if rng.random() < 0.6 else [])}
        return [name for name in self.tables if name in wanted]


def _rows(*lines: str) -> Rows:
    """Cells of lines, told apart by a bar."""
    return [[cell.strip() for cell in line.split("|")] for line in lines]


CYCLE = "Cycle Inspection / Initial Inspection"
LIVES = {
    "businesses.csv": _rows("business_id|name|latitude|longitude", "19|CAFE|37.5|-122.5", "0A-3C|BAR||"),
    "inspections.csv": _rows(
        "business_id|score|date|type",
        "19|94|20160513|routine", "19|94|20160513|routine", "19|70|20160513|initial", "0A-3C|92.5|20160514|followup",
        "0A-3C|-1|20160515|complaint",
    ),
    "violations.csv": _rows(
        "business_id|date|code|description", "19|20160513|6-501.19|Dirty", "0A-3C|20160514|2|Cold"
    ),
}  # fmt: skip
PORTALS = [
    Sample(
        "chicago",
        {
            "portal.csv": _rows(
                "Inspection ID|DBA Name|AKA Name|License #|Facility Type|Risk|Address|City|State|Zip|Inspection Date|"
                "Inspection Type|Results|Violations|Latitude|Longitude|Location",
                "1|A||10|RESTAURANT|Risk 1 (High)|1 X ST|CHICAGO|IL|60600|09/02/2014|Canvass|Fail|3. COLD - Comments: "
                '41 "deg"|41.8|-87.6|(41.8, -87.6)',
                "2|A||10|RESTAURANT|Risk 2 (Medium)|1 X ST|CHICAGO|IL|60600|07/01/2018|Canvass|Pass||41.8|-87.6|",
                "3|B|B2|11|GROCERY|Risk 3 (Low)|2 X ST|CHICAGO|IL|60601|07/09/2018|Complaint|Pass w/ Conditions|33. "
                "DIRTY|||",
                "4|C||0|BAR||3 X ST|CHICAGO|IL||02/30/2018|License|Out of Business||||",
                "5|B||11|GROCERY|Risk 3 (Low)|2 X ST|CHICAGO|IL|60601|08/09/2018|Canvass Re-Inspection|No Entry||||",
            )
        },
    ),
    Sample(
        "nyc",
        {
            "violations.csv": _rows(
                "camis|dba|boro|inspection_date|violation_code|score|grade|grade_date|inspection_type|cuisine_code",
                f"1|A|BRONX|2014-03-03|10F||||{CYCLE}|8",
                f"1|A|BRONX|2014-03-03|02B|28|||{CYCLE}|8",
                f"1|A|BRONX|2014-03-03|06D|27|||{CYCLE}|8",
                "1|A|BRONX|2014-04-03|02B|9|A|2014-04-03|Cycle Inspection / Re-inspection|8",
                "2|B|Missing|1900-01-01|NA|||||5",
                f"3|C|QUEENS|2014-03-04|NA|-2|||{CYCLE}|5",
            ),
            "codes.csv": _rows("violation_code|critical_flag|violation_description", "02B|Critical|h", "10F|No|x"),
        },
    ),
    Sample(
        "toronto",
        {
            "dinesafe.csv": _rows(
                "Rec #|Establishment ID|Inspection ID|Establishment Name|Establishment Type|Establishment Status|"
                "Min. Inspections Per Year|Infraction Details|Inspection Date|Severity",
                "1|9|100|X|Take Out|Closed|3|COLD|2001-02-15|C - Crucial",
                "2|9|100|X|Take Out|Closed|3|DIRTY|2001-02-15|M - Minor",
                "4|9|101|X|Take Out|Closed|3||2001-03-15|",
                "5|8|102|Y|Take Out|Pass|2||2001-03-15|NA - Not Applicable",
            )
        },
    ),
    Sample("sf", LIVES, encodings=("utf-8", "cp1252")),
    Sample("wake", LIVES, encodings=("utf-8", "cp1252")),
    Sample(
        "sf",
        {
            "bus.csv": _rows("business id column|name|latitude|longitude|phone_number", "1000|CAFE|-9999|-9999|-9999"),
            "ins.csv": _rows(
                "iid|date|score|type",
                "1000_20161006|10/06/2016 12:00:00 AM|-1|Reinspection/Followup",
                "1000_20171002|10/02/2017 12:00:00 AM|74|Routine - Unscheduled",
            ),
            "ins2vio.csv": _rows("iid|vid", "1000_20171002|7", "1000_20171002|8"),
            "vio.csv": _rows("description|risk_category|vid", "hot|High Risk|7", "dirty|Low Risk|8"),
        },
    ),
    Sample(
        "austin",
        {
            "scores.csv": _rows(
                "RestaurantName|ZipCode|InspectionDate|Score|Address|FacilityID|ProcessDescription",
                "A|78729|01/28/2016|95|1 A HWY\nAUSTIN, TX 78729\n(30.4, -97.7)|11368998|Routine Inspection",
                "A|78729|02/28/2016|66|1 A HWY\n(30.4, -97.7)|11368998|1st Follow Up to Routine of 50 - 69",
                "B|78729|01/28/2016|||2801996|Routine Inspection",
            )
        },
    ),
    Sample(
        "minneapolis",
        {
            "history.csv": _rows(
                "InspectionID|License Code|License Number|DH Facility ID|Name of Business|Inspection Purpose|"
                "dateOfInspection|CCO|Risk Level|CodeSection|Critical",
                "1|L1|51116||X|Routine|2011-05-03 00:00:00|CCO_09|1|2-1|Yes",
                "1|L1|51116||X|Routine|2011-05-03 00:00:00|CCO_09|1|3-1|ANY",
                "3|L1|51116||X|Reinspection|2011-06-03 00:00:00|CCO_09|2|3-1|No",
                "4|L1|51117||Y|Routine|2011-06-03 00:00:00|CCO_09|2||",
            )
        },
    ),
]
CHINESE = ("gb18030", "gb18030", "utf-8-sig", "utf-8", "utf-16")


def bureau(folder: Path, *, rows: int = 6) -> Sample:
    """Tables T1 to T14 of a simulated bureau, cut to a few rows each, the register to the businesses they name.

    Args:
        folder: new or empty, for the whole files.
        rows: rows kept of each table.
    """
    planted = write_files(simulate(sites=100, years=2, seed=11), folder, seed=3)
    known = {name for table in load_source("bureau").tables for spec in table.fields.values() for name in spec.columns}
    whole = {f"{name.split('.')[0]}.csv": read_tables(folder / name, known=known)[0].frame for name in planted.files}
    tables = {name: [list(frame.columns), *frame.head(rows).to_numpy().tolist()] for name, frame in whole.items()}
    named = {cell for name, table in tables.items() if name[:3] not in ("T1_", "T2_") for row in table for cell in row}
    for name in ("T1_经营主体.csv", "T2_许可信息.csv"):
        header, *register = [list(whole[name].columns), *whole[name].to_numpy().tolist()]
        tables[name] = [header, *_naming(register, named - {""}, most=3 * rows)]
    return Sample(
        "bureau",
        tables,
        base=("T1_经营主体.csv",),
        visits=next(name for name in tables if name.startswith("T3")),
        encodings=CHINESE,
    )


def _naming(register: Rows, named: set[str], *, most: int) -> Rows:
    """The rows that hold a credit code or a licence number named elsewhere."""
    codes = {cell for cell in named if len(cell) >= 15}
    return [row for row in register if codes & set(row)][:most]


def samples(folder: Path) -> Sequence[Sample]:
    """Every sample; the bureau's stands before the others."""
    return [bureau(folder), *PORTALS]
