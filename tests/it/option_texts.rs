//! Texts as options and as delivery paths, whatever is in them: an answer, never a panic, and what
//! was understood is printed as a text that means the same. The texts are the same in every run.

use tintype::transform::{Options, Place, TABLE};

use crate::support::{HASH, TestApp, dice::Dice};

const TEXTS: usize = 20_000;

/// What values are made of, good ones and bad ones.
const PIECES: &[&str] = &[
    "0",
    "1",
    "2",
    "50",
    "90",
    "250",
    "0.5",
    "-0",
    "-1",
    "0.3333333333333333",
    "1e-3",
    "1e400",
    "NaN",
    "inf",
    "-inf",
    "+7",
    ".5",
    "5.",
    "12000",
    "12000.4",
    "99999999999999999999",
    "0.1x0.9",
    "1x0",
    "x",
    "0x0",
    "-0x0",
    ";",
    "1;2;3;4",
    "0.1;0;0.25;30",
    "300;100;200",
    "auto",
    "face",
    "left",
    "center",
    "entropy",
    "cover",
    "pad",
    "squeeze",
    "aspect-crop",
    "h",
    "hv",
    "border",
    "color",
    "true",
    "false",
    "high",
    "medium-low",
    "fast",
    "redirect",
    "foreground",
    "generate",
    "keep",
    "copyright",
    "none",
    "avif",
    "json",
    "baseline-jpeg",
    "remainder",
    "box-center",
    "#f60",
    "#ff660080",
    "#é",
    "rebeccapurple",
    "rgb(1,2,3)",
    "rgb(300,-5,1e9,NaN)",
    "rgb(from red r g b / 50%)",
    "hsl(30 100% 50%)",
    "oklch(0.5 0.2 nan)",
    "lab(1e30 1e30 1e30)",
    "rgb(calc(1 + 2) 2 3)",
    "(",
    ")",
    "((((",
    "%",
    "%2C",
    "ü",
    "\u{0}",
    "\u{202e}",
    "🦀",
    " ",
    "\t",
    "=",
    ",",
    "&",
    "/",
    "..",
];

fn a_text(dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..=dice.below(6) {
        let row = &TABLE[dice.below(TABLE.len())];
        text += match dice.below(8) {
            0 => row.alias,
            1 => dice.one_of(PIECES),
            _ => row.name,
        };
        text += if dice.below(12) == 0 { "" } else { "=" };
        for _ in 0..=dice.below(8) / 6 {
            text += dice.one_of(PIECES);
        }
        text += if dice.below(12) == 0 { "" } else { "," };
    }
    text
}

#[test]
fn what_is_read_from_any_text_prints_as_a_text_that_means_the_same() {
    let mut dice = Dice(1888);
    let mut given = 0;
    for _ in 0..TEXTS {
        let text = a_text(&mut dice);
        for place in [Place::Variant, Place::Flexible, Place::Zone] {
            let Ok(reading) = Options::read(place, &text) else { continue };
            let printed = reading.options.to_string();
            let again: Options =
                printed.parse().unwrap_or_else(|error| panic!("{printed}: {error}"));
            assert_eq!(again, reading.options, "{text:?} prints as {printed:?}");
            assert_eq!(again.to_string(), printed);
            let by_url = Options::read(Place::Zone, &printed).unwrap();
            assert_eq!((by_url.options, by_url.remarks), (again, vec![]), "{printed:?}");
            given += reading.options.given().count();
        }
    }
    assert!(given > TEXTS / 5, "only {given} options were understood");
}

#[test]
fn every_option_that_can_be_read_alone_survives_printing() {
    for row in TABLE {
        for value in PIECES {
            let text = format!("{}={value}", row.name);
            let _either: Result<Options, _> = text.parse();
            let Ok(reading) = Options::read(Place::Zone, &text) else { continue };
            assert_eq!(reading.options.to_string().parse(), Ok(reading.options), "{text:?}");
        }
    }
}

#[test]
fn a_value_without_a_name_sets_nothing() {
    assert_eq!("=5,=,width=3".parse(), "width=3".parse::<Options>());
}

#[test]
fn deep_nesting_is_no_danger() {
    for open in ["rgb(", "rgb(from ", "rgb(calc(", "(", "color(from rgb(from "] {
        let text = format!("background={}", open.repeat(100_000));
        let _either = Options::read(Place::Flexible, &text);
        let closed = format!("{text}red{}", ")".repeat(100_000));
        let _either = Options::read(Place::Flexible, &closed);
    }
}

/// What paths are made of: bad UTF-8, escapes of escapes, separators in both spellings.
const SEGMENTS: &[&str] = &[
    "a",
    "%",
    "%2",
    "%zz",
    "%2F",
    "%2f%2e%2e",
    "%00",
    "%FF",
    "%C3%28",
    "%25%32%46",
    "..",
    ".",
    "",
    "=",
    "w=5",
    "w%3D5",
    "w=%35,h=",
    "fit=%FF",
    ",",
    "public",
    "~",
    "%E2%80%AE",
    "+",
    ";",
    "@",
    ":",
];

#[tokio::test]
async fn any_path_is_answered_and_none_is_the_servers_fault() {
    let app = TestApp::flexible().await;
    let id = app.upload("still.gif").await;
    let mut dice = Dice(1871);
    for _ in 0..1_000 {
        let zone =
            dice.one_of(&["", "/cdn-cgi/imagedelivery", "/cdn-cgi/imagedelivery/", "/cdn-cgi"]);
        let mut path = format!("{zone}/{}", dice.one_of(&[HASH, HASH, "x", ""]));
        for _ in 0..=dice.below(4) {
            path += "/";
            path += if dice.below(2) == 0 { &id } else { dice.one_of(SEGMENTS) };
            path += dice.one_of(SEGMENTS);
        }
        let status = app.get(&path, &[]).await.status;
        assert!(status < 500, "{path}: {status}");
    }
}
