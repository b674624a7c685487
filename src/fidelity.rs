//! FIDELITY.md and the README's table of settings, made from the program's own tables. A test
//! compares them with the files.

use std::fmt::Write;

use clap::Command;

use crate::{
    api::OPERATIONS,
    control::{CONTROLS, Control},
    error::ErrorCode,
    transform::{self, Place, Support},
};

/// A point where the service is known to act otherwise, or where nobody outside of it knows.
struct Difference {
    point: &'static str,
    service: &'static str,
    tintype: &'static str,
}

/// Every known difference. An option that is only approximated belongs here too.
const DIFFERENCES: &[Difference] = &[
    Difference {
        point: "Formats",
        service: "takes JPEG, PNG, GIF, WebP, HEIC, SVG, and AVIF for Enterprise accounts; delivers AVIF",
        tintype: "takes all of them, unless `--refuse-uploads` says otherwise; delivers JPEG, PNG, GIF, WebP, AVIF and SVG",
    },
    Difference {
        point: "HDR pictures (PQ, HLG)",
        service: "not known",
        tintype: "rolled off to SDR by a curve for each channel, 203 cd/m² and below nearly as they are",
    },
    Difference {
        point: "Credentials",
        service: "must be valid and have the permission",
        tintype: "must be well-formed, unless `--auth` says otherwise; every account id is yours",
    },
    Difference {
        point: "`result.items` in the v1 listing",
        service: "not there, so that the documented `for await` of the SDKs yields nothing",
        tintype: "there; `--strict` leaves it out",
    },
    Difference {
        point: "A path with a slip in it",
        service: "7000 or 7003",
        tintype: "the same, and an entry in `messages` that says what was probably meant",
    },
    Difference {
        point: "Unknown options of a named variant",
        service: "not known",
        tintype: "passed over",
    },
    Difference {
        point: "Metadata in parts (`metadata[a]`, `metadata.a`), as SDKs send it",
        service: "not known",
        tintype: "taken, values as strings, at most 32 levels deep",
    },
    Difference {
        point: "A change of `requireSignedURLs` on a draft",
        service: "not known",
        tintype: "keeps the id, which the upload URL holds; on an image it gives a new one",
    },
    Difference {
        point: "Used and expired upload URLs",
        service: "not known",
        tintype: "5409 once used, 5404 once expired",
    },
    Difference {
        point: "The last signing key",
        service: "documents say a fresh `default` takes its place, a client says it can't be deleted",
        tintype: "a fresh `default` takes its place",
    },
    Difference {
        point: "Renaming a key by `name` in the body of `PUT`",
        service: "in an example of the documents only",
        tintype: "renames; the value stays",
    },
    Difference {
        point: "Batch tokens",
        service: "200 requests a second; lifetime not published",
        tintype: "no limit; an hour",
    },
    Difference {
        point: "`preserve_content_credentials`",
        service: "keeps C2PA manifests in delivered images",
        tintype: "stored and shown; manifests are never kept",
    },
    Difference {
        point: "File name extensions of custom ids",
        service: "non-image ones are refused; which are known is not published",
        tintype: "refused if registered for another type than an image",
    },
    Difference {
        point: "Custom ids with a segment `.` or `..`, and ids that are a route's first word (`keys`)",
        service: "not known",
        tintype: "accepted; browsers take the dots out of a path, and the words need escaping in the API",
    },
    Difference {
        point: "Silence during an upload",
        service: "5408 after a time not published",
        tintype: "5408 after 60 seconds without a byte",
    },
    Difference {
        point: "Import from S3, transformation flows, events",
        service: "there",
        tintype: "not emulated: 7000",
    },
    Difference {
        point: "Size limits on upload",
        service: "code and status not published",
        tintype: "9413 with status 413; \"10 MB\" is read as 10 × 1024² bytes",
    },
    Difference {
        point: "`GET` of an unknown variant",
        service: "plain text `variant not found`, status 404",
        tintype: "the envelope with 5401, status 404",
    },
    Difference {
        point: "Cut-off JPEGs",
        service: "not known",
        tintype: "refused with 9422 when the end of the image is missing",
    },
    Difference {
        point: "Rounding of sizes",
        service: "known from few examples",
        tintype: "half up, at least 1",
    },
    Difference {
        point: "`fit=crop` with one side larger and one smaller, and any fit with one side only",
        service: "documented for `cover` only",
        tintype: "as the documented formula gives; a `warning` header where the fit took no effect",
    },
    Difference {
        point: "Unknown and nonsensical options in URLs",
        service: "seen to be left out; a number out of bounds was reported as an error",
        tintype: "left out, with a `warning`, as is what refines an option that isn't given (`border.color` without a width); out of bounds is 9401, a quality is clamped to 1–100",
    },
    Difference {
        point: "The order of blur, adjustments and borders",
        service: "known in part",
        tintype: "trim, flip, rotate, resize, background, pad, brightness, contrast, gamma, saturation, sharpen, blur, border",
    },
    Difference {
        point: "`gamma`",
        service: "documents of 2026 say that less than 1 lightens, all others that it darkens",
        tintype: "0.5 darkens, 2 lightens",
    },
    Difference {
        point: "`trim.border.tolerance`",
        service: "documents say that 255 must match exactly, types say the opposite",
        tintype: "the largest difference of any channel; 10 if none is given",
    },
    Difference {
        point: "`dpr`",
        service: "documents say at most 2, seen to take 3 in earlier years",
        tintype: "cut down to 2; it multiplies pixels of `trim` and `border` too",
    },
    Difference {
        point: "`blur` and `sharpen`",
        service: "radius and strength are not defined",
        tintype: "the radius is a Gaussian's standard deviation; sharpening is an unsharp mask of one pixel",
    },
    Difference {
        point: "`border`",
        service: "not known whether it is inside or outside of the image",
        tintype: "outside: the answer grows by it; without a colour there is none",
    },
    Difference {
        point: "`gravity=auto`, `entropy` and `face`",
        service: "maximum symmetric surround saliency, not published, RetinaFace",
        tintype: "the same saliency on a small copy, entropy of brightness, SeetaFace (upright faces from the front)",
    },
    Difference {
        point: "AVIF answers",
        service: "libaom or like; falls back when too slow or too large, at sizes that changed over time",
        tintype: "rav1e; up to 1,200 pixels a side, 1,600 for `format=avif`, else WebP or a plain format",
    },
    Difference {
        point: "`trim` by sides together with a border",
        service: "not known",
        tintype: "the border only, with a `warning`",
    },
    Difference {
        point: "Very large answers",
        service: "9522, 9527 and 9529 when busy; WebP had ceilings of 2,560 and 1,920 pixels once",
        tintype: "rendered, as many at once as there are cores, 9522 when 1,000 others wait; up to some GB of memory each at 100 million pixels",
    },
    Difference {
        point: "`format=png`",
        service: "chooses JPEG or PNG by itself",
        tintype: "PNG for PNG and GIF sources and where there is transparency, else JPEG",
    },
    Difference {
        point: "`format=json`",
        service: "more fields for some options, frames among them",
        tintype: "`width`, `height` and `original` with `file_size`, `width`, `height`, `format`",
    },
    Difference {
        point: "HEIC files with a `mini` box, sequences in AVIF and HEIC",
        service: "not known",
        tintype: "the first are refused, of the second the still is shown",
    },
    Difference {
        point: "The zone of `/cdn-cgi/image`",
        service: "has a name and an origin of its own; sources of other zones have to be allowed",
        tintype: "every host; sources without a host come from `--origin`, `--origin-dir` or the request's own host; everything is allowed unless `--allowed-origins` says otherwise",
    },
    Difference {
        point: "How long source images are kept at the edge",
        service: "an hour at least",
        tintype: "not at all: the origin is asked each time; `cf-cache-status` tells of the transformed image",
    },
    Difference {
        point: "Fetch errors of `/cdn-cgi/image`",
        service: "codes are documented; which cause has which of them is known in part",
        tintype: "refused 9510, no such host 9407, closed 9505, silent 9504/522, slow 9504/524, cut off 9416, more than 5 redirects 9421",
    },
    Difference {
        point: "`/cdn-cgi/image` without `format`, or with `auto` for clients that accept nothing newer",
        service: "\"a standard format\", JPEG before PNG where possible, say older documents",
        tintype: "JPEG where nothing is transparent, else PNG; animations stay GIF",
    },
    Difference {
        point: "`/cdn-cgi/image/fastly/…` and `/akamai/…`",
        service: "read the options of other vendors",
        tintype: "9401",
    },
    Difference {
        point: "Credentials for `/_tintype/…`, signed URLs among it",
        service: "no such door",
        tintype: "none asked for, whatever `--auth` says",
    },
    Difference {
        point: "What counts as the same transformation",
        service: "not known",
        tintype: "equal original, options, accepted formats and engine; defaults that are spelled out make no difference",
    },
    Difference { point: "`onerror=redirect`", service: "status not published", tintype: "307" },
    Difference {
        point: "Stats",
        service: "`allowed` is what the account paid for",
        tintype: "`allowed` is always 100000 and enforces nothing",
    },
    Difference {
        point: "Propagation",
        service: "deletes and variant changes reach the edge after a while",
        tintype: "at once",
    },
];

/// What docs/control.md says before it comes to the controls.
const CONTROL: &str = include_str!("control/page.md");

/// The whole of FIDELITY.md.
#[must_use]
pub fn document() -> String {
    let mut text = String::from(
        "# Fidelity\n\n\
         How close tintype comes to the service. Made from the program's own tables by \
         `TINTYPE_TEST_WRITE=1 cargo test documents`; a test keeps it current.\n\n\
         *documented*: in the service's published documents. *observed*: seen in a recorded answer. \
         *assumed*: our choice where the public record is silent.\n\n\
         ## Known differences\n\n| point | the service | tintype |\n|---|---|---|\n",
    );
    for Difference { point, service, tintype } in DIFFERENCES {
        line(&mut text, &[point, service, tintype]);
    }
    text.push_str(
        "\n## Operations\n\n| operation | method | path | evidence |\n|---|---|---|---|\n",
    );
    for operation in OPERATIONS {
        let method = operation.method.to_uppercase();
        let path = format!("`{}`", operation.path);
        line(&mut text, &[operation.name, &method, &path, operation.evidence.name()]);
    }
    text.push_str(
        "\n## Options\n\n*v*: in named variants. *f*: in flexible variants. *z*: in `/cdn-cgi/image`.\n\n\
         | option | in URLs also | where | what it does | how faithfully |\n|---|---|---|---|---|\n",
    );
    for row in transform::TABLE {
        let places: Vec<_> = row.places.iter().map(|place| letter(*place)).collect();
        let support = match row.support {
            Support::Full => "as documented".to_owned(),
            Support::Approximate { how, .. } => format!("approximated: {how}"),
            Support::Missing { why } => format!("no effect: {why}"),
        };
        let name = format!("`{}`", row.name);
        line(&mut text, &[&name, row.alias, &places.join(" "), row.summary, &support]);
    }
    text.push_str(
        "\n## Error codes\n\n| code | status | evidence | message |\n|---|---|---|---|\n",
    );
    for row in ErrorCode::ALL.iter().map(|code| code.row()) {
        let (code, status) = (row.code.to_string(), row.status.to_string());
        line(&mut text, &[&code, &status, row.evidence.name(), row.message]);
    }
    text
}

fn letter(place: Place) -> &'static str {
    match place {
        Place::Variant => "v",
        Place::Flexible => "f",
        Place::Zone => "z",
    }
}

/// The whole of docs/control.md.
#[must_use]
pub fn control_page() -> String {
    let mut text = CONTROL.to_owned();
    for control in CONTROLS {
        let method = control.method.to_uppercase();
        let Control { path, summary, takes, example, .. } = control;
        write!(text, "\n### {method} {path}\n\n{summary}\n").expect("a string takes everything");
        if !takes.is_empty() {
            text.push_str("\n| name | meaning |\n|---|---|\n");
        }
        for (name, meaning) in *takes {
            line(&mut text, &[&format!("`{name}`"), meaning]);
        }
        if !example.is_empty() {
            write!(text, "\n```sh\n{example}\n```\n").expect("a string takes everything");
        }
    }
    text
}

/// The README's table of settings.
#[must_use]
pub fn settings_table(command: &Command) -> String {
    let mut text =
        String::from("| flag | variable | default | what it does |\n|---|---|---|---|\n");
    for setting in command.get_arguments() {
        let (Some(flag), Some(variable)) = (setting.get_long(), setting.get_env()) else {
            continue;
        };
        let takes_value = setting.get_action().takes_values();
        let value =
            setting.get_value_names().filter(|_| takes_value).and_then(|names| names.first());
        let flag = value.map_or(format!("`--{flag}`"), |value| format!("`--{flag} {value}`"));
        let variable = format!("`{}`", variable.display());
        let default = setting.get_default_values().first().filter(|_| takes_value);
        let default = default.map_or(String::new(), |value| format!("`{}`", value.display()));
        let help = setting.get_help().map(ToString::to_string).unwrap_or_default();
        line(&mut text, &[&flag, &variable, &default, &help]);
    }
    text
}

fn line(text: &mut String, cells: &[&str]) {
    let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    writeln!(text, "| {} |", cells.join(" | ")).expect("a string takes everything");
}
