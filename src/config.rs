//! Every setting: a flag, its `TINTYPE_…` variable, its default. Validated once, here.
//!
//! The doc comment of a setting is its help text and its row in the README.

mod commands;
mod tls;

use std::{
    collections::BTreeSet, fmt, net::SocketAddr, path::PathBuf, str::FromStr, time::Duration,
};

use bytesize::ByteSize;
use chrono::{DateTime, Utc};
use clap::{
    Arg, ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand,
    ValueEnum, builder::BoolishValueParser, error::ErrorKind, parser::ValueSource,
};
use url::Url;

use crate::{
    clock::parse_date,
    domain::{AllowedOrigins, Grant},
};

pub use tls::{Ca, Hosts, Tls, TlsName};

pub use commands::{
    Archive, ClockAction, ClockCommand, Completions, Faults, FaultsCommand, Healthcheck, Remote,
    Requests, Reset, ResetTo, Seed, Sign, SnapshotAction, Snapshots, Transform, Upload,
};

/// Cloudflare Images on localhost.
#[derive(Debug, Parser)]
#[command(name = "tintype", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API and deliver images; what tintype does when no command is given
    Serve(Box<Settings>),
    /// Make pictures of this machine into others, without a server
    Transform(Transform),
    /// Upload files to a running server
    Upload(Upload),
    /// Print a signed delivery URL, made by a running server
    Sign(Sign),
    /// Load a folder of images into a running server
    Seed(Seed),
    /// Put a running server back to its seed, or to nothing
    Reset(Reset),
    /// Keep the state of a running server under a name, and go back to it
    #[command(name = "snapshot")]
    Snapshots(Snapshots),
    /// Look at the clock of a running server, or move it
    Clock(ClockCommand),
    /// Write the state of a running server to a file
    Export(Archive),
    /// Put the state in a file into a running server
    Import(Archive),
    /// List, add or remove the rules by which calls of a running server fail
    Faults(Faults),
    /// Show the last requests to a running server
    Requests(Requests),
    /// End well if a server is ready, for containers
    Healthcheck(Healthcheck),
    /// Print what a shell needs to complete tintype's command lines
    Completions(Completions),
    /// Print the manual page
    Man,
    /// Show the CA that certificates for `--tls` come from, and how programs are made to trust it
    Ca(Ca),
    /// Print lines for a hosts file that lead the service's hosts here; nothing is changed
    Hosts(Hosts),
}

/// What can be set.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "TINTYPE_LISTEN", value_name = "ADDR", default_value = "127.0.0.1:1856")]
    pub listen: SocketAddr,

    /// Folder that keeps the images and the database
    #[arg(long, env = "TINTYPE_DATA", value_name = "DIR", default_value = "./.tintype")]
    pub data: PathBuf,

    /// Keep everything in a temporary folder that is removed at exit
    #[arg(long, env = "TINTYPE_EPHEMERAL", value_parser = BoolishValueParser::new())]
    pub ephemeral: bool,

    /// Have what was acknowledged survive a power cut; off, it survives the end of the process alone
    #[arg(
        long,
        env = "TINTYPE_FSYNC",
        value_name = "on|off",
        default_value = "on",
        action = ArgAction::Set,
        hide_possible_values = true,
        value_parser = BoolishValueParser::new()
    )]
    pub fsync: bool,

    /// Folder of images, with a `tintype.toml` or `tintype.json` if there is more to say, to load at
    /// the start; what a reset goes back to
    #[arg(long, env = "TINTYPE_SEED", value_name = "DIR")]
    pub seed: Option<PathBuf>,

    /// File that gets the base URL once the server accepts connections
    #[arg(long, env = "TINTYPE_READY_FILE", value_name = "PATH")]
    pub ready_file: Option<PathBuf>,

    /// Which credentials are accepted: any well-formed ones, none needed, or the listed tokens
    #[arg(long, env = "TINTYPE_AUTH", value_enum, value_name = "MODE", default_value = "any")]
    pub auth: Auth,

    /// Tokens for `--auth tokens`, separated by spaces: TOKEN or EMAIL/KEY, then :read or :write,
    /// then :ACCOUNT,ACCOUNT
    #[arg(long, env = "TINTYPE_TOKENS", value_name = "LIST", value_delimiter = ' ')]
    pub tokens: Vec<Grant>,

    /// Don't fetch from this machine and its networks, for uploads by URL and for `/cdn-cgi/image`;
    /// `--origin` may be there all the same
    #[arg(long, env = "TINTYPE_DENY_PRIVATE_FETCH", value_parser = BoolishValueParser::new())]
    pub deny_private_fetch: bool,

    /// Image formats to refuse in uploads, as the service does for accounts that haven't got them
    #[arg(
        long,
        env = "TINTYPE_REFUSE_UPLOADS",
        value_enum,
        value_name = "FORMAT,FORMAT",
        value_delimiter = ','
    )]
    pub refuse_uploads: Vec<OptionalFormat>,

    /// Start with the clock standing at this time, 2026-01-01T00:00:00Z say
    #[arg(long, env = "TINTYPE_CLOCK", value_name = "TIME", value_parser = parse_date)]
    pub clock: Option<DateTime<Utc>>,

    /// Make the same ids, keys and tokens in each run, for each account in the order of its requests;
    /// another number, others
    #[arg(long, env = "TINTYPE_ID_SEED", value_name = "N")]
    pub id_seed: Option<u64>,

    /// Follow the service to the letter where its own documents expect otherwise
    #[arg(long, env = "TINTYPE_STRICT", value_parser = BoolishValueParser::new())]
    pub strict: bool,

    /// How log lines on stderr look
    #[arg(long, env = "TINTYPE_LOG", value_enum, value_name = "FORMAT", default_value = "text")]
    pub log: LogFormat,

    /// Base of the URLs handed out, where what the request's client calls us would be wrong
    #[arg(long, env = "TINTYPE_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<PublicUrl>,

    /// What the URLs of images begin with; goes before `--public-url`
    #[arg(long, env = "TINTYPE_DELIVERY_URL", value_name = "URL")]
    pub delivery_url: Option<PublicUrl>,

    /// What upload URLs begin with; goes before `--public-url`
    #[arg(long, env = "TINTYPE_UPLOAD_URL", value_name = "URL")]
    pub upload_url: Option<PublicUrl>,

    #[command(flatten)]
    pub tls: Tls,

    /// Where `/cdn-cgi/image` finds source images without a host, a development server say; without
    /// it, on the host of the request
    #[arg(long, env = "TINTYPE_ORIGIN", value_name = "URL")]
    pub origin: Option<BaseUrl>,

    /// Folder in which `/cdn-cgi/image` finds source images without a host
    #[arg(long, env = "TINTYPE_ORIGIN_DIR", value_name = "DIR")]
    pub origin_dir: Option<PathBuf>,

    /// Hosts whose images `/cdn-cgi/image` transforms: any, same-zone, or a list like
    /// shop.test,*.cdn.test,img.test/public
    #[arg(long, env = "TINTYPE_ALLOWED_ORIGINS", value_name = "LIST", default_value = "any")]
    pub allowed_origins: AllowedOrigins,

    /// How long an image may take to be fetched
    #[arg(
        long,
        env = "TINTYPE_FETCH_TIMEOUT",
        value_name = "TIME",
        default_value = "30s",
        value_parser = patience
    )]
    pub fetch_timeout: humantime::Duration,

    /// How much room transformed images may take in the data folder; 0 keeps none
    #[arg(long, env = "TINTYPE_CACHE_SIZE", value_name = "SIZE", default_value = "1GiB")]
    pub cache_size: ByteSize,

    /// How many of the last requests are remembered for `/_tintype/requests`; 0 remembers none
    #[arg(long, env = "TINTYPE_REQUESTS", value_name = "N", default_value_t = 1000)]
    pub requests: usize,
}

/// Which credentials are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Auth {
    /// Any well-formed ones.
    Any,
    /// None are needed.
    None,
    /// Those of the list.
    Tokens,
}

/// A format that not every account of the service may upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OptionalFormat {
    Avif,
    Heic,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// An http or https URL without query and fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// For its parts: with user and password, if it has them.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for BaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        let web = matches!(url.scheme(), "http" | "https") && url.has_host();
        if !web || url.query().is_some() || url.fragment().is_some() {
            return Err("an http or https URL without query and fragment is needed".to_owned());
        }
        Ok(Self(url))
    }
}

/// What URLs that are handed out begin with: credentials would be told to everybody who gets one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(BaseUrl);

impl PublicUrl {
    /// Without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let base: BaseUrl = text.parse()?;
        let url = base.url();
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a URL without user and password is needed".to_owned());
        }
        Ok(Self(base))
    }
}

/// A variable that looks like a setting of ours and is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct UnknownVariable {
    name: String,
    nearest: Option<String>,
}

impl fmt::Display for UnknownVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the environment variable {} is no setting of tintype", self.name)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean {nearest}?"),
            None => Ok(()),
        }
    }
}

impl OptionalFormat {
    fn media_type(self) -> &'static str {
        match self {
            Self::Avif => "image/avif",
            Self::Heic => "image/heic",
        }
    }
}

impl Settings {
    /// Whether uploads of this media type are refused.
    #[must_use]
    pub fn refuses(&self, media_type: &str) -> bool {
        self.refuse_uploads.iter().any(|format| format.media_type() == media_type)
    }

    /// Where two settings say the same in different ways, a flag beats a variable; two flags are an
    /// error, as clap reports it.
    fn settle(&mut self, is_flag: impl Fn(&str) -> bool) {
        let conflict = |text: &str| Cli::command().error(ErrorKind::ArgumentConflict, text).exit();
        if self.ephemeral && is_flag("data") {
            if is_flag("ephemeral") {
                conflict("--ephemeral and --data exclude each other");
            }
            self.ephemeral = false;
        }
        if self.auth == Auth::Tokens && self.tokens.is_empty() && self.seed.is_none() {
            let missing = "--auth tokens needs --tokens, or a --seed with some";
            Cli::command().error(ErrorKind::MissingRequiredArgument, missing).exit();
        }
        if self.origin.is_some() && self.origin_dir.is_some() {
            match (is_flag("origin"), is_flag("origin_dir")) {
                (true, false) => self.origin_dir = None,
                (false, true) => self.origin = None,
                _ => conflict("--origin and --origin-dir exclude each other"),
            }
        }
    }

    /// What is set when nothing is said, neither on a command line nor in the environment.
    #[must_use]
    pub fn defaults() -> Self {
        let matches = Cli::command()
            .mut_args(|setting| setting.env(None::<&str>))
            .get_matches_from(["tintype"]);
        Cli::from_arg_matches(&matches).expect("the defaults are valid").settings
    }
}

impl Command {
    /// Reads the command line and the environment. Prints usage errors and ends the program, as
    /// clap does; an unknown `TINTYPE_…` variable is given back.
    pub fn from_environment() -> Result<Self, UnknownVariable> {
        // Compose files pass variables that are not set as empty ones.
        let is_empty = |name: &str| std::env::var_os(name).is_some_and(|value| value.is_empty());
        let unset_if_empty = |setting: Arg| match setting.get_env().and_then(|name| name.to_str()) {
            Some(name) if is_empty(name) => setting.env(None::<&str>),
            _ => setting,
        };
        let command = Cli::command();
        let serves = std::env::args_os().nth(1).and_then(|word| command.find_subcommand(word));
        let serves = serves.is_none_or(|command| command.get_name() == "serve");
        // Who only asks a server doesn't care how one is to be started here.
        let unset_if_idle = |setting: Arg| if serves { setting } else { setting.env(None::<&str>) };
        let command = command.mut_args(unset_if_empty).mut_args(unset_if_idle);
        let command = command.mut_subcommands(|one| one.mut_args(unset_if_empty));
        let command = Self::read(&command.get_matches());
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        // A container's check says whether its server is well, not whether its settings are.
        if !matches!(command, Self::Healthcheck(_)) {
            check_variables(names)?;
        }
        Ok(command)
    }

    fn read(matches: &ArgMatches) -> Self {
        let cli = Cli::from_arg_matches(matches).unwrap_or_else(|error| error.exit());
        let (mut settings, matches) = match cli.command {
            None => (Box::new(cli.settings), matches),
            Some(Self::Serve(settings)) => {
                (settings, matches.subcommand_matches("serve").expect("it was given"))
            }
            Some(other) => return other,
        };
        settings.settle(|id| matches.value_source(id) == Some(ValueSource::CommandLine));
        Self::Serve(settings)
    }
}

/// A time that somebody may wait for.
fn patience(text: &str) -> Result<humantime::Duration, String> {
    let time: humantime::Duration =
        text.parse().map_err(|_| "a time like 30s or 500ms is needed")?;
    let bounds = Duration::from_millis(1)..=Duration::from_secs(3600);
    if bounds.contains(time.as_ref()) { Ok(time) } else { Err("from 1ms to 1h".to_owned()) }
}

/// Where the wrappers for Node and Python find the program. Not for the program itself.
const PROGRAM: &str = "TINTYPE_BIN";

/// Refuses a `TINTYPE_…` variable that no setting reads: a slip there would go unnoticed.
fn check_variables(names: impl Iterator<Item = String>) -> Result<(), UnknownVariable> {
    let command = Cli::command();
    let settings = command.get_subcommands().flat_map(|one| one.get_arguments());
    let known: BTreeSet<&str> = settings.filter_map(|one| one.get_env()?.to_str()).collect();
    let mut ours = names.filter(|name| name.starts_with("TINTYPE_"));
    match ours.find(|name| name != PROGRAM && !known.contains(name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let nearest =
                known.into_iter().min_by_key(|one| strsim::damerau_levenshtein(one, &name));
            Err(UnknownVariable { nearest: nearest.map(str::to_owned), name })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &[&str]) -> Result<(), String> {
        check_variables(names.iter().map(|name| name.to_string())).map_err(|e| e.to_string())
    }

    #[test]
    fn a_slip_in_a_variable_is_named_with_the_nearest_setting() {
        assert_eq!(check(&["PATH", "TINTYPE_LISTEN", "TINTYPE_DATA"]), Ok(()));
        insta::assert_snapshot!(
            check(&["TINTYPE_LISTN"]).unwrap_err(),
            @"the environment variable TINTYPE_LISTN is no setting of tintype; did you mean TINTYPE_LISTEN?"
        );
    }

    #[test]
    fn public_urls_lose_their_last_slash() {
        let url: PublicUrl = "https://images.test/base/".parse().unwrap();
        assert_eq!(url.as_str(), "https://images.test/base");

        for bad in
            ["images.test", "ftp://images.test", "https://images.test/?a=b", "http://a#b", ""]
        {
            assert!(bad.parse::<BaseUrl>().is_err(), "{bad}");
            assert!(bad.parse::<PublicUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_handed_out_has_no_credentials_in_it() {
        for bad in ["https://me:secret@a.test", "https://me@a.test", "https://:secret@a.test"] {
            assert!(bad.parse::<PublicUrl>().is_err(), "{bad}");
            assert!(bad.parse::<BaseUrl>().is_ok(), "{bad}");
        }
    }
}
