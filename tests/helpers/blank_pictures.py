"""Pictures that nobody looks at: drawn as ever, but neither laid out nor coloured in, which is most of what a page takes."""

import base64

from concexp.report.plots import _style

# One white pixel.
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mP4DwABAQEAHLCMmQAAAABJRU5ErkJggg==")
_whole = _style.save


def leave_blank():
    """From now on PNGs are blank. Other formats are as they were: pages are made of what stands in an SVG."""
    _style.save = _save


def draw():
    """From now on pictures are what users see."""
    _style.save = _whole


def _save(figure, path):
    """In the place of `_style.save`."""
    if path.suffix != ".png":
        _whole(figure, path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(PNG)
