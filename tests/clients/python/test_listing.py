"""Listing (v1 and v2), details, original bytes and statistics, by the official Python SDK."""

from __future__ import annotations

import asyncio
import json

import cloudflare
import httpx
import pytest
from cloudflare import AsyncCloudflare
from conftest import FIXTURES, ids, refused


class TestListDetailsAndBlob:
    def test_v1_lists_every_image_of_the_account(self, account):
        uploaded = [account.upload("photo.jpg"), account.upload("geometry.png")]
        # The SDK's page expects `result.items`; the images are where the service puts them, too, as plain dicts.
        page = account.v1.list(**account.here)
        assert sorted(image["id"] for image in page.result.images) == sorted(ids(uploaded))

    def test_v1_pages_are_counted_from_one_and_end_empty(self, account):
        uploaded = [account.upload("photo.jpg"), account.upload("geometry.png")]
        pages = [account.v1.list(**account.here, page=page, per_page=1) for page in (1, 2, 3)]
        listed = [[image["id"] for image in page.result.images] for page in pages]
        assert [len(page) for page in listed] == [1, 1, 0]
        assert sorted(sum(listed, [])) == sorted(ids(uploaded))

    def test_v2_lists_newest_first_or_oldest_first_on_request(self, account):
        first, second = account.upload("photo.jpg"), account.upload("geometry.png")
        newest = account.v2.list(**account.here)
        assert ids(newest.images) == [second.id, first.id]
        assert newest.continuation_token is None
        oldest = account.v2.list(**account.here, sort_order="asc")
        assert ids(oldest.images) == [first.id, second.id]

    def test_v2_continues_where_the_token_says(self, account):
        first, second = account.upload("photo.jpg"), account.upload("geometry.png")
        page = account.v2.list(**account.here, per_page=1)
        assert ids(page.images) == [second.id]
        last = account.v2.list(**account.here, per_page=1, continuation_token=page.continuation_token)
        assert ids(last.images) == [first.id]
        assert last.continuation_token is None

    def test_details_are_what_the_upload_answered(self, account):
        image = account.upload("photo.jpg", metadata={"album": "pets"}, creator="user-7")
        assert image.creator == "user-7"
        assert account.v1.get(image.id, **account.here) == image

    @pytest.mark.parametrize(
        ("name", "content_type"),
        [("photo.jpg", "image/jpeg"), ("geometry.png", "image/png"), ("animation.gif", "image/gif")],
    )
    def test_a_blob_is_the_uploaded_file_byte_for_byte(self, account, name, content_type):
        image = account.upload(name)
        blob = account.v1.blobs.get(image.id, **account.here)
        assert blob.headers["content-type"] == content_type
        assert blob.read() == (FIXTURES / name).read_bytes()

    def test_an_image_of_another_account_is_not_found(self, new_account):
        image, other = new_account().upload("photo.jpg"), new_account()
        with refused(cloudflare.NotFoundError, 404, 5404):
            other.v1.get(image.id, **other.here)
        assert other.v2.list(**other.here).images == []

    def test_stats_count_uploads_and_deletions(self, account):
        assert account.v1.stats.get(**account.here).count.current == 0
        image = account.upload("photo.jpg")
        count = account.v1.stats.get(**account.here).count
        assert count.current == 1
        assert count.allowed > count.current
        account.v1.delete(image.id, **account.here)
        assert account.v1.stats.get(**account.here).count.current == 0


class TestIteration:
    @pytest.mark.parametrize("size", [{}, {"per_page": 2}, {"per_page": 5}, {"per_page": 1}])
    def test_a_loop_visits_every_image_once_and_ends(self, account, size):
        uploaded = [account.upload("geometry.png", metadata={"index": str(index)}) for index in range(5)]
        visited = list(account.v1.list(**account.here, **size))
        assert len(visited) == len(uploaded)
        assert {image.id: image.meta for image in visited} == {image.id: image.meta for image in uploaded}

    def test_an_async_loop_does_too(self, account, base):
        uploaded = [account.upload("geometry.png") for _ in range(3)]

        async def visit() -> list[str]:
            async with AsyncCloudflare(base_url=f"{base}/client/v4", api_token="any-token", max_retries=0) as client:
                return [image.id async for image in client.images.v1.list(per_page=2, **account.here)]

        assert sorted(asyncio.run(visit())) == sorted(ids(uploaded))

    def test_a_loop_over_an_empty_account_ends_at_once(self, account):
        assert list(account.v1.list(**account.here)) == []

    def test_v2_pages_stay_right_while_images_come_and_go(self, account):
        uploaded = [account.upload("geometry.png").id for _ in range(6)]
        first = account.v2.list(per_page=2, **account.here)
        visited = ids(first.images)
        # One that was visited goes, and a newer one comes: neither moves the rest.
        account.v1.delete(visited[1], **account.here)
        account.upload("photo.jpg")
        token = first.continuation_token
        while token:
            page = account.v2.list(per_page=2, continuation_token=token, **account.here)
            visited += ids(page.images)
            token = page.continuation_token
        assert visited == uploaded[::-1]


class TestFilters:
    def test_a_creator_lists_its_images(self, account, base):
        theirs, nobodys = account.upload("photo.jpg", creator="user-7"), account.upload("photo.jpg")
        assert ids(account.v2.list(creator="user-7", **account.here).images) == [theirs.id]
        assert [image.id for image in account.v1.list(creator="user-7", **account.here)] == [theirs.id]
        assert account.v2.list(creator="user-9", **account.here).images == []
        # An empty creator means the images without one. The SDK leaves out what is empty.
        url = f"{base}/client/v4/accounts/{account.id}/images/v2?creator="
        listed = httpx.get(url, headers={"authorization": "Bearer any-token"}).json()["result"]["images"]
        assert [image["id"] for image in listed] == [nobodys.id]

    LIBRARY = {
        "red": {"status": "active", "priority": 1, "region": {"name": "eu-west"}, "featured": True},
        "green": {"status": "active", "priority": 5, "region": {"name": "us-east"}, "featured": False},
        "blue": {"status": "old", "priority": "5", "region": {"name": "eu-west"}},
        "plain": {},
    }

    def test_metadata_lists_the_images_that_fit_every_filter(self, account):
        for image_id, metadata in self.LIBRARY.items():
            account.upload("geometry.png", id=image_id, metadata=json.dumps(metadata))
        for meta, expected in [
            ({"status[eq]": "active"}, "green red"),
            ({"status[eq:string]": "active", "priority[gt]": "1"}, "green"),
            ({"priority[eq:number]": "5"}, "green"),
            ({"priority[eq:string]": "5"}, "blue"),
            ({"priority[gte:number]": "1", "priority[lt:number]": "5"}, "red"),
            ({"featured[eq:boolean]": "false"}, "green"),
            ({"region.name[in]": "us-east|eu-north"}, "green"),
            ({"region.name[eq]": "eu-west", "status[eq]": "old"}, "blue"),
            ({"priority[eq:number]": "5", "priority[lte:number]": "3"}, ""),
        ]:
            by_argument = account.v2.list(meta=meta, **account.here)
            query = {f"meta.{name}": text for name, text in meta.items()}
            by_query = account.v2.list(extra_query=query, **account.here)
            assert [" ".join(sorted(ids(page.images))) for page in (by_argument, by_query)] == [expected] * 2, meta

    def test_raw_and_escaped_brackets_mean_the_same(self, account, base):
        account.upload("geometry.png", id="red", metadata='{"region": "eu"}')
        account.upload("geometry.png", id="blue", metadata='{"region": "us"}')
        for query in ("meta.region[in:string]=eu|asia", "meta.region%5Bin%3Astring%5D=eu%7Casia"):
            request = httpx.Request("GET", f"{base}/client/v4/accounts/{account.id}/images/v2")
            request.url = request.url.copy_with(raw_path=f"{request.url.path}?{query}".encode())
            request.headers["authorization"] = "Bearer any-token"
            with httpx.Client() as client:
                listed = client.send(request).json()["result"]["images"]
            assert [image["id"] for image in listed] == ["red"], query

    @pytest.mark.parametrize(
        "meta",
        [
            {"status[like]": "x"},
            {"status": "x"},
            {"priority[gt]": "high"},
            {"a.b.c.d.e.f[eq]": "x"},
            {"status[in]": "|".join("abcdefghijk")},
            {f"field{index}[eq]": "x" for index in range(6)},
        ],
        ids=["operator", "no operator", "no number", "6 levels", "11 values", "6 filters"],
    )
    def test_a_bad_filter_is_refused_with_5400(self, account, meta):
        with refused(cloudflare.BadRequestError, 400, 5400):
            account.v2.list(extra_query={f"meta.{name}": text for name, text in meta.items()}, **account.here)

    @pytest.mark.parametrize(
        "query",
        [{"per_page": 0}, {"per_page": 10_001}, {"continuation_token": "nonsense"}, {"sort_order": "sideways"}],
    )
    def test_a_bad_page_size_order_or_token_is_refused_with_5400(self, account, query):
        with refused(cloudflare.BadRequestError, 400, 5400):
            account.v2.list(**query, **account.here)
