"""Text can be read: every text colour on every surface it stands on, in both themes, by the formula of WCAG 2.1."""

import pytest
from PySide6.QtGui import QColor

from workstation.ui.theme import DARK, LIGHT

LEAST = 4.5
ON_SURFACES = [(text, ground) for text in ("text", "muted", "faint") for ground in ("surface", "window", "sunken")]
STATES = [
    (tone, ground) for tone in ("accent", "ok", "warn", "danger", "note") for ground in ("surface", f"{tone}_soft")
]
PAIRS = [*ON_SURFACES, *STATES, ("accent_text", "accent"), ("text", "accent_soft"), ("muted", "accent_soft")]


def luminance(colour):
    def linear(part):
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    found = QColor(colour)
    return 0.2126 * linear(found.redF()) + 0.7152 * linear(found.greenF()) + 0.0722 * linear(found.blueF())


def contrast(one, other):
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read_on_its_ground(tokens, text, ground):
    assert contrast(tokens[text], tokens[ground]) >= LEAST


def test_the_formula_knows_black_on_white():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
