"""One account's life through every Images method of the official Python SDK. What each method does in detail is for
the other files; this one fails when the SDK has a method that nobody calls."""

from __future__ import annotations

from cloudflare._resource import SyncAPIResource
from conftest import FIXTURES, ids


def inner(resource: SyncAPIResource) -> dict[str, SyncAPIResource]:
    """The resources in a resource, by their names."""
    named = {name: getattr(resource, name) for name in dir(resource) if not name.startswith(("_", "with_"))}
    return {name: one for name, one in named.items() if isinstance(one, SyncAPIResource)}


def methods(resource: SyncAPIResource, path: str = "images") -> set[str]:
    """The methods of a resource and of those in it, by their dotted names."""
    own = {name for name, value in vars(type(resource)).items() if callable(value) and not name.startswith("_")}
    found = {f"{path}.{name}" for name in own}
    return found.union(*(methods(one, f"{path}.{name}") for name, one in inner(resource).items()))


class Noting:
    """A resource that notes which of its methods are called."""

    def __init__(self, resource: SyncAPIResource, called: set[str], path: str = "images"):
        self.resource, self.called, self.path = resource, called, path

    def __getattr__(self, name: str):
        value = getattr(self.resource, name)
        if isinstance(value, SyncAPIResource):
            return Noting(value, self.called, f"{self.path}.{name}")
        self.called.add(f"{self.path}.{name}")
        return value


def test_every_images_method_of_the_sdk_works_on_one_account(account):
    called, here = set(), account.here
    images = Noting(account.client.images, called)
    v1, v2 = images.v1, images.v2

    photo = v1.create(file=FIXTURES / "photo.jpg", metadata={"album": "pets"}, **here)
    assert v1.get(photo.id, **here) == photo
    assert v1.edit(photo.id, metadata={"album": "cats"}, **here).meta == {"album": "cats"}
    assert v1.blobs.get(photo.id, **here).headers["content-type"] == "image/jpeg"

    announced = v2.direct_uploads.create(**here)
    assert v1.get(announced.id, **here).draft is True

    assert [image.id for image in v1.list(**here)] == [photo.id]
    assert ids(v2.list(**here).images) == [photo.id]
    assert v1.stats.get(**here).count.current == 1

    options = {"fit": "cover", "width": 200, "height": 100, "metadata": "none"}
    variant = v1.variants.create(id="hero", options=options, **here).variant
    assert v1.variants.get("hero", **here).variant.to_dict() == variant.to_dict()
    assert v1.variants.list(**here).variants.to_dict()["hero"] == variant.to_dict()
    assert v1.variants.edit("hero", options={**options, "width": 300}, **here).variant.options.width == 300
    assert v1.variants.delete("hero", **here) == {}

    assert sorted(key.name for key in v1.keys.update("ci", **here).keys) == ["ci", "default"]
    assert sorted(key.name for key in v1.keys.list(**here).keys) == ["ci", "default"]
    assert [key.name for key in v1.keys.delete("ci", **here).keys] == ["default"]

    assert v1.delete(photo.id, **here) == {}
    assert v1.stats.get(**here).count.current == 0

    assert called == methods(account.client.images)
