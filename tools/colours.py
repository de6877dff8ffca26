"""Colours as style sheets write them, and whether one can be told from another."""

from __future__ import annotations

import re
from colorsys import hls_to_rgb
from typing import NamedTuple

# Channels that differ by no more than this cannot be told apart on a page.
ALIKE = 24
# What lets less than this through is not seen.
FAINT = 0.1


class Colour(NamedTuple):
    """A colour: channels from 0 to 255, and how much it covers from 0 to 1."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    def over(self, below: Colour) -> Colour:
        """Return the colour that is seen when this one lies on another."""
        part = self.alpha
        red, green, blue = (
            part * mine + (1 - part) * theirs
            for mine, theirs in zip(self[:3], below[:3], strict=True)
        )
        return Colour(red, green, blue)

    def like(self, other: Colour) -> bool:
        """Tell whether two colours cannot be told apart."""
        pairs = zip(self[:3], other[:3], strict=True)
        return all(abs(mine - theirs) <= ALIKE for mine, theirs in pairs)


WHITE = Colour(255, 255, 255)
BLACK = Colour(0, 0, 0)
LINK = Colour(0, 0, 238)
CLEAR = Colour(0, 0, 0, 0.0)
# The named colours of CSS Color Module Level 4, section 6.1.
_TABLE = (
    "aliceblue f0f8ff antiquewhite faebd7 aqua 00ffff aquamarine 7fffd4 azure f0ffff beige "
    "f5f5dc bisque ffe4c4 black 000000 blanchedalmond ffebcd blue 0000ff blueviolet 8a2be2 "
    "brown a52a2a burlywood deb887 cadetblue 5f9ea0 chartreuse 7fff00 chocolate d2691e coral "
    "ff7f50 cornflowerblue 6495ed cornsilk fff8dc crimson dc143c cyan 00ffff darkblue 00008b "
    "darkcyan 008b8b darkgoldenrod b8860b darkgray a9a9a9 darkgreen 006400 darkgrey a9a9a9 "
    "darkkhaki bdb76b darkmagenta 8b008b darkolivegreen 556b2f darkorange ff8c00 darkorchid "
    "9932cc darkred 8b0000 darksalmon e9967a darkseagreen 8fbc8f darkslateblue 483d8b "
    "darkslategray 2f4f4f darkslategrey 2f4f4f darkturquoise 00ced1 darkviolet 9400d3 deeppink "
    "ff1493 deepskyblue 00bfff dimgray 696969 dimgrey 696969 dodgerblue 1e90ff firebrick b22222 "
    "floralwhite fffaf0 forestgreen 228b22 fuchsia ff00ff gainsboro dcdcdc ghostwhite f8f8ff "
    "gold ffd700 goldenrod daa520 gray 808080 green 008000 greenyellow adff2f grey 808080 "
    "honeydew f0fff0 hotpink ff69b4 indianred cd5c5c indigo 4b0082 ivory fffff0 khaki f0e68c "
    "lavender e6e6fa lavenderblush fff0f5 lawngreen 7cfc00 lemonchiffon fffacd lightblue add8e6 "
    "lightcoral f08080 lightcyan e0ffff lightgoldenrodyellow fafad2 lightgray d3d3d3 lightgreen "
    "90ee90 lightgrey d3d3d3 lightpink ffb6c1 lightsalmon ffa07a lightseagreen 20b2aa "
    "lightskyblue 87cefa lightslategray 778899 lightslategrey 778899 lightsteelblue b0c4de "
    "lightyellow ffffe0 lime 00ff00 limegreen 32cd32 linen faf0e6 magenta ff00ff maroon 800000 "
    "mediumaquamarine 66cdaa mediumblue 0000cd mediumorchid ba55d3 mediumpurple 9370db "
    "mediumseagreen 3cb371 mediumslateblue 7b68ee mediumspringgreen 00fa9a mediumturquoise "
    "48d1cc mediumvioletred c71585 midnightblue 191970 mintcream f5fffa mistyrose ffe4e1 "
    "moccasin ffe4b5 navajowhite ffdead navy 000080 oldlace fdf5e6 olive 808000 olivedrab "
    "6b8e23 orange ffa500 orangered ff4500 orchid da70d6 palegoldenrod eee8aa palegreen 98fb98 "
    "paleturquoise afeeee palevioletred db7093 papayawhip ffefd5 peachpuff ffdab9 peru cd853f "
    "pink ffc0cb plum dda0dd powderblue b0e0e6 purple 800080 rebeccapurple 663399 red ff0000 "
    "rosybrown bc8f8f royalblue 4169e1 saddlebrown 8b4513 salmon fa8072 sandybrown f4a460 "
    "seagreen 2e8b57 seashell fff5ee sienna a0522d silver c0c0c0 skyblue 87ceeb slateblue "
    "6a5acd slategray 708090 slategrey 708090 snow fffafa springgreen 00ff7f steelblue 4682b4 "
    "tan d2b48c teal 008080 thistle d8bfd8 tomato ff6347 turquoise 40e0d0 violet ee82ee wheat "
    "f5deb3 white ffffff whitesmoke f5f5f5 yellow ffff00 yellowgreen 9acd32 "
)
_NAMED = {name: f"#{digits}" for name, digits in re.findall(r"(\w+) (\w+)", _TABLE)}
_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]*)\)")
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?)(%|deg)?")


def colour(text: str) -> Colour | None:
    """Read a colour, or return None where it is none or not known.

    Args:
        text: A name, `#rrggbb` and its kin, `rgb()` or `hsl()`, in lower case.
    """
    text = text.strip()
    if text == "transparent":
        return CLEAR
    if found := _HEX.fullmatch(_NAMED.get(text, text)):
        return _of_hex(found[1])
    if function := _FUNCTION.fullmatch(text):
        return _of_function(function[1], _NUMBER.findall(function[2]))
    return None


def _of_hex(digits: str) -> Colour:
    if len(digits) < 6:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue, alpha = (int(f"{digits}ff"[at : at + 2], 16) for at in range(0, 8, 2))
    return Colour(red, green, blue, alpha / 255)


def _of_function(name: str, numbers: list[tuple[str, str]]) -> Colour | None:
    if len(numbers) < 3:
        return None
    values = [float(number) for number, _ in numbers]
    alpha = _share(values[3] / (100 if numbers[3][1] == "%" else 1)) if len(numbers) > 3 else 1.0
    if name == "hsl":
        hue, saturation, light = values[0] % 360 / 360, values[1] / 100, values[2] / 100
        channels: tuple[float, ...] = hls_to_rgb(hue, _share(light), _share(saturation))
    else:
        channels = tuple(
            _share(value / (100 if unit == "%" else 255))
            for value, (_, unit) in zip(values[:3], numbers, strict=False)
        )
    red, green, blue = (255 * channel for channel in channels)
    return Colour(red, green, blue, alpha)


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))
