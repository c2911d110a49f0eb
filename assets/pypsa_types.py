"""Standard types of lines and transformers that PyPSA networks may name without bringing them along.

The numbers are those of the types of pandapower, which take them from Heuck, Dettmann and Schulz, "Elektrische
Energieversorgung" (2013), Oeding and Oswald, "Elektrische Kraftwerke und Netze" (2011), and sheets of manufacturers.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class LineType(NamedTuple):
    """Ohms for each kilometre of one circuit."""

    reactance: float
    resistance: float


class TransformerType(NamedTuple):
    """Rated power (MVA), short-circuit voltage and its active part (%), shift (degrees), neutral tap and a tap's step (%)."""

    rated_mva: float
    short_circuit: float
    short_circuit_active: float
    shift_deg: float
    tap_neutral: float
    tap_step: float


LINE_TYPES: Final = {
    "149-AL1/24-ST1A 10.0": LineType(0.315, 0.194),
    "149-AL1/24-ST1A 110.0": LineType(0.41, 0.194),
    "149-AL1/24-ST1A 20.0": LineType(0.337, 0.194),
    "15-AL1/3-ST1A 0.4": LineType(0.35, 1.8769),
    "184-AL1/30-ST1A 110.0": LineType(0.4, 0.1571),
    "184-AL1/30-ST1A 20.0": LineType(0.33, 0.1571),
    "24-AL1/4-ST1A 0.4": LineType(0.335, 1.2012),
    "243-AL1/39-ST1A 110.0": LineType(0.39, 0.1188),
    "243-AL1/39-ST1A 20.0": LineType(0.32, 0.1188),
    "305-AL1/39-ST1A 110.0": LineType(0.38, 0.0949),
    "34-AL1/6-ST1A 10.0": LineType(0.36, 0.8342),
    "34-AL1/6-ST1A 20.0": LineType(0.382, 0.8342),
    "48-AL1/8-ST1A 0.4": LineType(0.3, 0.5939),
    "48-AL1/8-ST1A 10.0": LineType(0.35, 0.5939),
    "48-AL1/8-ST1A 20.0": LineType(0.372, 0.5939),
    "48-AL1/8-ST1A 110.0": LineType(0.46, 0.5939),
    "70-AL1/11-ST1A 10.0": LineType(0.339, 0.4132),
    "70-AL1/11-ST1A 20.0": LineType(0.36, 0.4132),
    "70-AL1/11-ST1A 110.0": LineType(0.45, 0.4132),
    "94-AL1/15-ST1A 0.4": LineType(0.29, 0.306),
    "94-AL1/15-ST1A 10.0": LineType(0.33, 0.306),
    "94-AL1/15-ST1A 20.0": LineType(0.35, 0.306),
    "94-AL1/15-ST1A 110.0": LineType(0.44, 0.306),
    "122-AL1/20-ST1A 10.0": LineType(0.323, 0.2376),
    "122-AL1/20-ST1A 20.0": LineType(0.344, 0.2376),
    "122-AL1/20-ST1A 110.0": LineType(0.43, 0.2376),
    "490-AL1/64-ST1A 220.0": LineType(0.285, 0.059),
    "490-AL1/64-ST1A 380.0": LineType(0.253, 0.059),
    "490-AL1/64-ST1A 110.0": LineType(0.37, 0.059),
    "679-AL1/86-ST1A 110.0": LineType(0.36, 0.042),
    "679-AL1/86-ST1A 220.0": LineType(0.275, 0.042),
    "679-AL1/86-ST1A 380.0": LineType(0.25, 0.042),
    "N2XS(FL)2Y 1x120 RM/35 64/110 kV": LineType(0.166, 0.153),
    "N2XS(FL)2Y 1x185 RM/35 64/110 kV": LineType(0.156, 0.099),
    "N2XS(FL)2Y 1x240 RM/35 64/110 kV": LineType(0.149, 0.075),
    "N2XS(FL)2Y 1x300 RM/35 64/110 kV": LineType(0.144, 0.06),
    "NA2XS2Y 1x95 RM/25 6/10 kV": LineType(0.123, 0.313),
    "NA2XS2Y 1x185 RM/25 6/10 kV": LineType(0.11, 0.161),
    "NA2XS2Y 1x240 RM/25 6/10 kV": LineType(0.105, 0.122),
    "NA2XS2Y 1x150 RM/25 12/20 kV": LineType(0.116, 0.206),
    "NA2XS2Y 1x185 RM/25 12/20 kV": LineType(0.117, 0.161),
    "NA2XS2Y 1x240 RM/25 12/20 kV": LineType(0.112, 0.122),
    "NA2XS2Y 1x120 RM/25 12/20 kV": LineType(0.119, 0.253),
    "NA2XS2Y 1x70 RM/25 12/20 kV": LineType(0.132, 0.443),
    "NA2XS2Y 1x95 RM/25 12/20 kV": LineType(0.132, 0.313),
    "NA2XS2Y 1x150 RM/25 6/10 kV": LineType(0.11, 0.206),
    "NA2XS2Y 1x120 RM/25 6/10 kV": LineType(0.113, 0.253),
    "NA2XS2Y 1x70 RM/25 6/10 kV": LineType(0.123, 0.443),
    "NAYY 4x120 SE": LineType(0.08, 0.225),
    "NAYY 4x150 SE": LineType(0.08, 0.208),
    "NAYY 4x50 SE": LineType(0.083, 0.642),
    "Al/St 240/40 2-bundle 220.0": LineType(0.301, 0.06),
    "Al/St 240/40 3-bundle 300.0": LineType(0.265, 0.04),
    "Al/St 240/40 4-bundle 380.0": LineType(0.246, 0.03),
    "Al/St 490/64 4-bundle 380.0": LineType(0.16, 0.015),
    "HTLS 4-bundle 380.0": LineType(0.26, 0.02),
    "Al/St 560/50 4-bundle 750.0": LineType(0.276, 0.013),
    "HVDC XLPE 1000": LineType(1e-06, 0.0022),
    "HVDC Oil filled 1400": LineType(1e-06, 0.00264),
}
TRANSFORMER_TYPES: Final = {
    "0.25 MVA 10/0.4 kV": TransformerType(0.25, 4.0, 1.2, 150.0, 0.0, 2.5),
    "0.25 MVA 20/0.4 kV": TransformerType(0.25, 6.0, 1.44, 150.0, 0.0, 2.5),
    "0.4 MVA 10/0.4 kV": TransformerType(0.4, 4.0, 1.325, 150.0, 0.0, 2.5),
    "0.4 MVA 20/0.4 kV": TransformerType(0.4, 6.0, 1.425, 150.0, 0.0, 2.5),
    "0.63 MVA 10/0.4 kV": TransformerType(0.63, 4.0, 1.0794, 150.0, 0.0, 2.5),
    "0.63 MVA 20/0.4 kV": TransformerType(0.63, 6.0, 1.206, 150.0, 0.0, 2.5),
    "100 MVA 220/110 kV": TransformerType(100.0, 12.0, 0.26, 0.0, 0.0, 1.5),
    "160 MVA 380/110 kV": TransformerType(160.0, 12.2, 0.25, 0.0, 0.0, 1.5),
    "25 MVA 110/10 kV": TransformerType(25.0, 10.04, 0.276, 150.0, 0.0, 1.5),
    "25 MVA 110/20 kV": TransformerType(25.0, 11.2, 0.282, 150.0, 0.0, 1.5),
    "40 MVA 110/10 kV": TransformerType(40.0, 10.04, 0.295, 150.0, 0.0, 1.5),
    "40 MVA 110/20 kV": TransformerType(40.0, 11.2, 0.302, 150.0, 0.0, 1.5),
    "63 MVA 110/10 kV": TransformerType(63.0, 10.04, 0.31, 150.0, 0.0, 1.5),
    "63 MVA 110/20 kV": TransformerType(63.0, 11.2, 0.322, 150.0, 0.0, 1.5),
}
