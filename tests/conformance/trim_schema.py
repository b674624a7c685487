#!/usr/bin/env python3
"""Makes openapi-images.json, the schema that answers are checked against and the fuzzer draws from.

    ./trim_schema.py <the published OpenAPI document> > openapi-images.json

It keeps the operations that tintype has, with the components they need, and then corrects the document where
it disagrees with what the service was seen to do. PATCHES is the whole list of these disagreements.
"""

import json
import re
import sys

PREFIX = "/accounts/{account_id}/images/"
# Import from S3: another product behind the same prefix.
LEFT_OUT = PREFIX + "v2/sourcingkit"
# Prose, tooling hints and invented examples; nothing that says which answers are right.
NOISE = re.compile("x-.*|example|description|summary|tags|security|deprecated|readOnly")

ref = "#/components/schemas/{}".format


def image_ids_are_longer_than_32_characters(paths, schemas):
    """§1.14: the schema says maxLength 32; generated ids have 36 characters, custom ones up to 1024."""
    schemas["images_image_identifier"]["maxLength"] = 1024
    direct = schemas["images_image_direct_upload_response_v2"]["properties"]["result"]
    direct["properties"]["id"]["maxLength"] = 1024


def images_have_these_keys(paths, schemas):
    """§1.0: the schema requires no key at all; every recorded image has these."""
    image = schemas["images_image"]
    image["required"] = ["id", "filename", "uploaded", "requireSignedURLs", "variants"]
    image["properties"]["uploaded"] = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
    for name in ("images_image_direct_upload_response_v1", "images_image_direct_upload_response_v2"):
        schemas[name]["properties"]["result"]["required"] = ["id", "uploadURL"]


def drafts_have_no_filename_and_say_that_they_are_drafts(paths, schemas):
    """§1.14: filename null and draft true were recorded; the schema knows neither."""
    image = schemas["images_image"]["properties"]
    image["filename"] = {**schemas["images_image_filename"], "nullable": True}
    image["draft"] = {"type": "boolean", "enum": [True]}


def metadata_is_left_out_rather_than_empty(paths, schemas):
    """§1.14: recorded images without metadata have no `meta`."""
    schemas["images_image"]["properties"]["meta"] = {"type": "object", "minProperties": 1}


def variants_are_listed_as_a_map(paths, schemas):
    """§1.14: the schema took the `hero` of an example for a property."""
    definition = {"$ref": ref("images_image_variant_definition")}
    schemas["images_image_variant_public_request"] = {"type": "object", "additionalProperties": definition}


def variants_do_not_need_every_option(paths, schemas):
    """§1.14: all four are required in the schema; documented examples send fewer, and two more."""
    options = schemas["images_image_variant_options"]
    del options["required"]
    options["properties"]["blur"] = {"type": "number", "minimum": 0, "maximum": 250}
    options["properties"]["browser_ttl"] = {"type": "integer", "minimum": 3600, "maximum": 31536000}
    for side in ("width", "height"):
        schemas[f"images_image_variant_{side}"].update(type="integer", maximum=9999)
    schemas["images_image_variant_definition"]["required"] = ["id", "options", "neverRequireSignedURLs"]
    schemas["images_image_variant_patch_request"].pop("required")


def new_variants_may_leave_the_flag_out(paths, schemas):
    """The same definition is request and answer; only in answers is neverRequireSignedURLs always there."""
    definition = schemas["images_image_variant_definition"]
    body = {**definition, "required": ["id", "options"]}
    content = paths[PREFIX + "v1/variants"]["post"]["requestBody"]["content"]
    content["application/json"]["schema"] = body


def variant_names_are_letters_and_digits(paths, schemas):
    """§1.14: the schema takes anything up to 99 characters; the service was seen to refuse `-` and `_`."""
    schemas["images_image_variant_identifier"]["pattern"] = "^[A-Za-z0-9]{1,99}$"


def account_ids_are_hex(paths, schemas):
    """§1.0: 32 lower-case hex characters; the schema only says at most 32."""
    schemas["images_account_identifier"]["pattern"] = "^[0-9a-f]{32}$"


def pages_may_be_small_and_are_counted_in_whole_numbers(paths, schemas):
    """§1.14: minimum 10 is not enforced. `number` stands for whole numbers."""
    for version in ("v1", "v2"):
        for parameter in paths[PREFIX + version]["get"]["parameters"]:
            if parameter["name"] in ("page", "per_page"):
                parameter["schema"].update(type="integer", minimum=1)


def metadata_filters_are_a_family_of_parameters(paths, schemas):
    """§2.4: the schema has one parameter that is literally named `meta.<field>[<operator>]`."""
    parameters = paths[PREFIX + "v2"]["get"]["parameters"]
    parameters[:] = [one for one in parameters if not one["name"].startswith("meta.")]
    for name in ("meta.album[eq]", "meta.n[gte:number]", "meta.a.b[in]", "meta.flag[eq:boolean]"):
        parameters.append({"name": name, "in": "query", "schema": {"type": "string"}})


def the_last_page_has_a_token_that_is_null(paths, schemas):
    """§1.3: recorded; the schema doesn't require the key."""
    result = schemas["images_images_list_response_v2"]["properties"]["result"]
    result["required"] = ["images", "continuation_token"]
    paged = schemas["images_images_list_response"]["properties"]["result"]
    paged["required"] = ["images"]


def direct_uploads_need_no_body(paths, schemas):
    """§1.8: a POST with nothing works; the schema requires a body."""
    paths[PREFIX + "v2/direct_upload"]["post"]["requestBody"]["required"] = False


def deleted_things_are_empty_objects(paths, schemas):
    """§1.14: object or string in the schema; `{}` in every recording."""
    schemas["images_deleted_response"]["properties"]["result"] = {"type": "object", "maxProperties": 0}


def failures_have_a_result_of_null_or_none(paths, schemas):
    """The schema types it as an object whose only value is null, which nothing satisfies. The gateway leaves
    `result` and `messages` out of some refusals (§4.3) and explains in `error_chain`."""
    info = schemas["response_info"]["properties"]
    info["error_chain"] = {"type": "array", "items": {"$ref": ref("response_info")}}
    one_error = {"type": "array", "items": {"$ref": ref("response_info")}, "minItems": 1}
    schemas["failure"] = {
        "type": "object",
        "properties": {
            "result": {"type": "object", "nullable": True, "enum": [None]},
            "success": {"type": "boolean", "enum": [False]},
            "errors": one_error,
            "messages": {"$ref": ref("images_messages")},
        },
        "required": ["success", "errors"],
        "additionalProperties": False,
    }
    for operations in paths.values():
        for operation in operations.values():
            operation["responses"]["4XX"]["content"]["application/json"]["schema"] = {"$ref": ref("failure")}
            # The one operation that spells 400 out says the same there.
            operation["responses"].pop("400", None)


def answers_have_no_other_keys(paths, schemas):
    """§1.0: no `result_info`. Closed, so that a key too many is noticed; §1.2's `items` is tintype's own."""
    for name, schema in schemas.items():
        if name.endswith(("_response", "_response_single", "_response_v1", "_response_v2", "_collection")):
            schema["additionalProperties"] = False
    schemas["images_image"]["additionalProperties"] = False


PATCHES = [
    image_ids_are_longer_than_32_characters,
    images_have_these_keys,
    drafts_have_no_filename_and_say_that_they_are_drafts,
    metadata_is_left_out_rather_than_empty,
    variants_are_listed_as_a_map,
    variants_do_not_need_every_option,
    new_variants_may_leave_the_flag_out,
    variant_names_are_letters_and_digits,
    account_ids_are_hex,
    pages_may_be_small_and_are_counted_in_whole_numbers,
    metadata_filters_are_a_family_of_parameters,
    the_last_page_has_a_token_that_is_null,
    direct_uploads_need_no_body,
    deleted_things_are_empty_objects,
    failures_have_a_result_of_null_or_none,
    answers_have_no_other_keys,
]


def trimmed(node, names=False):
    """Without the noise. Under `properties` and `schemas` stand names, which are never noise."""
    if isinstance(node, list):
        return [trimmed(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if names or not NOISE.fullmatch(key)}
    return {key: trimmed(value, not names and key in ("properties", "schemas")) for key, value in kept.items()}


def needed(paths, schemas):
    """The schemas that the paths refer to, directly or not."""
    found, waiting = {}, [paths]
    while waiting:
        for name in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(waiting.pop())):
            if name not in found:
                found[name] = schemas[name]
                waiting.append(schemas[name])
    return dict(sorted(found.items()))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        published = json.load(file)
    paths = {
        path: trimmed(operations)
        for path, operations in published["paths"].items()
        if (path + "/").startswith(PREFIX) and not path.startswith(LEFT_OUT)
    }
    schemas = trimmed(published["components"]["schemas"], names=True)
    for operations in paths.values():
        for operation in operations.values():
            for answer in operation["responses"].values():
                answer["description"] = ""  # OpenAPI requires one
    for patch in PATCHES:
        patch(paths, schemas)
    info = {"title": "Cloudflare Images, as tintype has it", "version": published["info"]["version"]}
    components = {"schemas": needed(paths, schemas)}
    document = {"openapi": published["openapi"], "info": info, "paths": paths, "components": components}
    json.dump(document, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
