"""What is made of what: for tintype as options in the URL, for sharp as its own calls."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    name: str
    source: str
    options: str
    """tintype's."""
    sharp: dict
    result: tuple
    """Format, width and height, which both must give."""
    target: float | None = None
    frames: int = 1
    progressive: bool | None = None
    """Whether both must be; `None` where it doesn't matter, or isn't the same."""
    likened: bool = True
    """Whether it says something how like the source the result is: not for crops, which may begin half a pixel apart."""
    matched: bool = False
    """Whether tintype's quality is set so that the result is at least as like the original as sharp's."""


def jpeg(width, quality=85, height=None, **options):
    resize = {"width": width} | ({"height": height, "fit": "cover"} if height else {})
    return {"resize": resize, "format": "jpeg", "options": {"quality": quality} | options}


def to(format, width, **options):
    return {"resize": {"width": width}, "format": format, "options": options}


JOBS = [
    Job("12 MP JPEG → 800 px JPEG q85, baseline", "12mp.jpg", "w=800,f=baseline-jpeg,q=85", jpeg(800),
        ("jpeg", 800, 600), 0.80, progressive=False),
    Job("12 MP JPEG → 800 px JPEG q85, progressive", "12mp.jpg", "w=800,f=jpeg,q=85", jpeg(800, progressive=True),
        ("jpeg", 800, 600), 0.80, progressive=True),
    Job("the same, as each does it unasked: progressive, sharp's baseline", "12mp.jpg", "w=800,f=jpeg,q=85", jpeg(800),
        ("jpeg", 800, 600), 0.80),
    Job("12 MP JPEG → 200×200 cover JPEG q85", "12mp.jpg", "w=200,h=200,fit=cover,f=baseline-jpeg,q=85",
        jpeg(200, height=200), ("jpeg", 200, 200), 0.60, progressive=False, likened=False),
    Job("12 MP JPEG → 800 px WebP q80", "12mp.jpg", "w=800,f=webp,q=80", to("webp", 800, quality=80),
        ("webp", 800, 600), 0.80),
    Job("2 MP JPEG → 800 px JPEG q85", "2mp.jpg", "w=800,f=baseline-jpeg,q=85", jpeg(800),
        ("jpeg", 800, 600), 0.80, progressive=False),
    Job("2 MP RGBA PNG → 400 px PNG", "2mp.png", "w=400,f=png", to("png", 400),
        ("png", 400, 313), 0.90, likened=False),
    Job("2 MP RGBA PNG → 400 px WebP q80", "2mp.png", "w=400,f=webp,q=80", to("webp", 400, quality=80),
        ("webp", 400, 313), 0.70),
    Job("GIF, 50 frames, 480 → 240 px GIF", "50frames.gif", "w=240", to("gif", 240),
        ("gif", 240, 135), 0.15, frames=50, likened=False),
    Job("GIF, 50 frames, 480 → 240 px WebP q80", "50frames.gif", "w=240,f=webp,q=80", to("webp", 240, quality=80),
        ("webp", 240, 135), 0.70, frames=50, likened=False),
    Job("12 MP JPEG → 800 px AVIF, sharp's defaults, equal SSIM", "12mp.jpg", "w=800,f=avif,q={q}", to("avif", 800),
        ("avif", 800, 600), 0.10, matched=True),
]
# Among these an equal one is searched; sharp's default is 50.
AVIF_QUALITIES = 25, 90
