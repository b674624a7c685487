"""The picture that a resize should give, and how far another is from it.

Everything is in floating point. Colours are resampled as they are stored (sRGB with its curve, as sharp and tintype do
it), not in linear light.
"""

import io

import numpy
from PIL import Image, ImageCms, ImageOps

LANCZOS = 3


def load(source):
    """Upright and in sRGB; 8 bits a channel."""
    image = ImageOps.exif_transpose(Image.open(source))
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("L", "RGB"):
        try:
            inside = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            relative = ImageCms.Intent.RELATIVE_COLORIMETRIC
            image = ImageCms.profileToProfile(image, inside, srgb, relative, outputMode="RGB")
        except ImageCms.PyCMSError:
            pass
    return image.convert("RGB")


def pixels(image):
    return numpy.asarray(image, dtype=numpy.float64)


def resize(source, width, height):
    """Lanczos with three lobes, widened by the factor of reduction."""
    down, across = weights(source.shape[0], height), weights(source.shape[1], width)
    planes = [down @ source[:, :, channel] @ across.T for channel in range(source.shape[2])]
    return numpy.clip(numpy.stack(planes, axis=2), 0, 255)


def weights(before, after):
    """One row for each pixel after, with the share of each pixel before."""
    scale = before / after
    wide = max(scale, 1.0)
    centres = (numpy.arange(after) + 0.5) * scale - 0.5
    distance = (numpy.arange(before)[None, :] - centres[:, None]) / wide
    shares = numpy.sinc(distance) * numpy.sinc(distance / LANCZOS) * (abs(distance) < LANCZOS)
    return shares / shares.sum(axis=1, keepdims=True)


def psnr(one, other):
    return 10 * numpy.log10(255**2 / max(((one - other) ** 2).mean(), 1e-9))


def ssim(one, other):
    """Of the lightness (BT.601), with a Gaussian window of σ 1.5 over 11 pixels."""
    one, other = (image @ (0.299, 0.587, 0.114) for image in (one, other))
    mean_one, mean_other = blur(one), blur(other)
    spread_one = blur(one**2) - mean_one**2
    spread_other = blur(other**2) - mean_other**2
    together = blur(one * other) - mean_one * mean_other
    first, second = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    likeness = (2 * mean_one * mean_other + first) * (2 * together + second)
    likeness /= (mean_one**2 + mean_other**2 + first) * (spread_one + spread_other + second)
    return likeness.mean()


def blur(plane):
    window = numpy.exp(-((numpy.arange(11) - 5) ** 2) / (2 * 1.5**2))
    window /= window.sum()
    for size in plane.shape:
        # Along the first axis, then, turned over, along the other.
        plane = sum(share * plane[at : size - 10 + at] for at, share in enumerate(window)).T
    return plane
