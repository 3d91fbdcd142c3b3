"""The contrast of the colours of a page, which it names as those of ci/base/page.css."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.browser import Browser

GROUNDS = ("--ground", "--raised", "--mark")


def poor_contrasts(page: Browser, scheme: str, names: Sequence[str]) -> list[tuple[str, str]]:
    """Show a page in the colour scheme "light" or "dark"; return each ground with what is hard to read on it.

    https://www.w3.org/TR/WCAG22/#contrast-minimum
    """
    page.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    colours: list[str] = page.run(
        "const of = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();"
        "return arguments[0].map(of)",
        [*GROUNDS, *names],
    )
    luminances = [luminance(colour) for colour in colours]
    assert (luminances[0] < 0.5) == (scheme == "dark")
    return [
        (GROUNDS[ground], names[text - len(GROUNDS)])
        for ground in range(len(GROUNDS))
        for text in range(len(GROUNDS), len(colours))
        if contrast(luminances[ground], luminances[text]) < 4.5
    ]


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb, as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
