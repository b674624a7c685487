//! What a request says of its client: the formats it takes, its screen, its connection (pure).

use super::{
    numbers::Pixels,
    options::{Options, Place},
    values::{Fit, OutputFormat, Width},
};

/// The formats that may be chosen from where none is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accepts {
    /// Asked for by name in the `Accept` header.
    pub avif: bool,
    pub webp: bool,
    /// Whether JPEG goes before PNG where nothing is transparent.
    pub jpeg_first: bool,
}

impl Accepts {
    /// What is chosen from when the client isn't asked. Zones prefer JPEG
    /// (delivery-and-transforms.md §3.2).
    #[must_use]
    pub fn standard(place: Place) -> Self {
        Self { jpeg_first: place == Place::Zone, ..Self::default() }
    }

    /// Reads an `Accept` header. Wildcards turn nothing on: curl's `*/*` gets a plain format
    /// (seen on the real service, delivery-and-transforms.md §3.2).
    #[must_use]
    pub fn parse(header: &str) -> Self {
        let wants = |media_type| header.split(',').any(|range| is_wanted(range, media_type));
        let (avif, webp) = (wants("image/avif"), wants("image/webp"));
        Self { avif, webp, jpeg_first: false }
    }
}

fn is_wanted(range: &str, media_type: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(media_type));
    let refused = |parameter: &str| {
        let weight = parameter.strip_prefix("q=").or(parameter.strip_prefix("Q="));
        weight.is_some_and(|weight| weight.trim().parse::<f32>() == Ok(0.0))
    };
    named && !parts.any(refused)
}

/// A client, as far as its headers tell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Client {
    pub accepts: Accepts,
    /// The width of its screen, in pixels of the page.
    viewport: Option<u32>,
    is_phone: bool,
    is_slow: bool,
}

impl Client {
    /// What `width=auto` looks at.
    const SCREEN: [&str; 2] = ["sec-ch-viewport-width", "user-agent"];
    /// What `slow-connection-quality` looks at.
    const CONNECTION: [&str; 4] = ["rtt", "save-data", "ect", "downlink"];

    /// Reads a client off its headers; `header` gives one header's value, empty if it isn't there.
    #[must_use]
    pub fn read(header: impl Fn(&str) -> String) -> Self {
        let [viewport, agent] = Self::SCREEN.map(&header);
        let [round_trip, saves_data, effective, downlink] = Self::CONNECTION.map(&header);
        let is_slow = round_trip.parse::<f64>().is_ok_and(|milliseconds| milliseconds > 150.0)
            || saves_data.eq_ignore_ascii_case("on")
            || ["slow-2g", "2g", "3g"].contains(&effective.trim_matches('"'))
            || downlink.parse::<f64>().is_ok_and(|megabits| megabits < 5.0);
        Self {
            accepts: Accepts::parse(&header("accept")),
            viewport: viewport
                .parse::<f64>()
                .ok()
                .filter(|width| *width > 0.0)
                .map(|width| width.round() as u32),
            is_phone: agent.contains("iPhone") || agent.contains("Android"),
            is_slow,
        }
    }
}

impl Options {
    /// The options for one client: its width in the place of `auto`, the quality for its connection.
    #[must_use]
    pub fn for_client(mut self, client: &Client) -> Self {
        if self.width == Some(Width::Auto) {
            self.width = Some(Width::Pixels(self.screen_width(client)));
        }
        if client.is_slow && self.slow_quality.is_some() {
            self.quality = self.slow_quality;
        }
        // What changes nothing any more, so that equal pictures are one rendition.
        Self {
            fit: self.fit.filter(|fit| *fit != Fit::default()),
            dpr: self.dpr.filter(|dpr| dpr.factor() != 1.0),
            anim: self.anim.filter(|anim| !anim),
            onerror: None,
            slow_quality: None,
            breakpoints: None,
            mobile_width: None,
            desktop_width: None,
            ..self
        }
    }

    /// The documents' defaults: 768 for phones, 1200 for others whose screen isn't known.
    fn screen_width(&self, client: &Client) -> Pixels {
        let or = |given: Option<Pixels>, default| {
            given.or(Pixels::new(default)).expect("the defaults are within the bounds")
        };
        match client.viewport {
            Some(viewport) => self.breakpoints.clone().unwrap_or_default().choose(viewport),
            None if client.is_phone => or(self.mobile_width, 768),
            None => or(self.desktop_width, 1200),
        }
    }

    /// The headers that the answer depends on, as in `Vary`. A zone looks at `Accept` only when
    /// told to.
    #[must_use]
    pub fn varies_by(&self, place: Place) -> Vec<&'static str> {
        let by_format = match self.format {
            None => place != Place::Zone,
            // A picture that is too large for AVIF becomes what the client accepts.
            Some(OutputFormat::Auto | OutputFormat::Avif) => true,
            Some(_) => false,
        };
        let by_screen = self.width == Some(Width::Auto);
        let mut headers = Vec::new();
        headers.extend(by_format.then_some("accept"));
        headers.extend(by_screen.then_some(Client::SCREEN).into_iter().flatten());
        headers.extend(self.slow_quality.map(|_| Client::CONNECTION).into_iter().flatten());
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(headers: &[(&str, &str)]) -> Client {
        let find = |name: &str| headers.iter().find(|(one, _)| *one == name);
        Client::read(|name| find(name).map_or(String::new(), |(_, value)| value.to_string()))
    }

    fn options(text: &str, headers: &[(&str, &str)]) -> String {
        text.parse::<Options>().unwrap().for_client(&client(headers)).to_string()
    }

    #[test]
    fn only_an_explicit_name_turns_a_format_on() {
        for yes in [
            "image/webp",
            "image/jxl,image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
            "text/html, IMAGE/WEBP ; q=0.5",
        ] {
            assert!(Accepts::parse(yes).webp, "{yes}");
        }
        for no in ["", "*/*", "image/*", "image/webp;q=0", "image/webp; q=0.000", "image/webpx"] {
            assert_eq!(Accepts::parse(no), Accepts::default(), "{no}");
        }
        assert_eq!(Accepts::parse("image/avif"), Accepts { avif: true, ..Accepts::default() });
    }

    #[test]
    fn an_automatic_width_follows_the_screen_and_then_the_kind_of_client() {
        let phone = ("user-agent", "Mozilla/5.0 (Linux; Android 16)");
        for (text, headers, expected) in [
            ("width=auto", &[("sec-ch-viewport-width", "500")][..], "width=768"),
            ("width=auto", &[("sec-ch-viewport-width", "280"), phone], "width=320"),
            ("width=auto,wbreakpoints=400;600", &[("sec-ch-viewport-width", "500")], "width=600"),
            ("width=auto", &[phone], "width=768"),
            ("width=auto,wmobile=500", &[phone], "width=500"),
            ("width=auto,wmobile=500", &[], "width=1200"),
            ("width=auto,wdesktop=900", &[("sec-ch-viewport-width", "wide")], "width=900"),
            ("width=auto,wdesktop=900", &[("sec-ch-viewport-width", "-5")], "width=900"),
            ("width=auto,wdesktop=900", &[("sec-ch-viewport-width", "NaN")], "width=900"),
            ("width=300,wdesktop=900", &[], "width=300"),
        ] {
            assert_eq!(options(text, headers), expected, "{text} {headers:?}");
        }
    }

    #[test]
    fn a_slow_connection_gets_its_own_quality() {
        for slow in [("rtt", "151"), ("save-data", "on"), ("ect", "3g"), ("downlink", "4.9")] {
            assert_eq!(options("quality=90,scq=40", &[slow]), "quality=40", "{slow:?}");
        }
        for fast in [("rtt", "150"), ("save-data", "off"), ("ect", "4g"), ("downlink", "5")] {
            assert_eq!(options("quality=90,scq=40", &[fast]), "quality=90", "{fast:?}");
        }
        assert_eq!(options("quality=90", &[("ect", "2g")]), "quality=90");
    }

    #[test]
    fn what_an_answer_depends_on_is_said() {
        for (place, text, expected) in [
            (Place::Flexible, "", "accept"),
            (Place::Zone, "", ""),
            (Place::Zone, "format=webp", ""),
            (Place::Zone, "format=avif", "accept"),
            (Place::Zone, "width=auto,format=auto", "accept sec-ch-viewport-width user-agent"),
            (Place::Flexible, "format=jpeg,scq=40", "rtt save-data ect downlink"),
        ] {
            let options: Options = text.parse().unwrap();
            assert_eq!(options.varies_by(place).join(" "), expected, "{text}");
        }
    }
}
