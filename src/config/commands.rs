//! The commands that ask a running server, and their arguments.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
};

use clap::{Args, Subcommand, ValueEnum};

use super::BaseUrl;

/// Who is asked, and whose state is meant.
#[derive(Debug, Clone, Args)]
pub struct Remote {
    /// The running server
    #[arg(
        long,
        global = true,
        env = "TINTYPE_SERVER",
        value_name = "URL",
        default_value = "http://127.0.0.1:1856"
    )]
    pub server: BaseUrl,

    /// The account that is meant; without it, all of them, and for `sign` the default one
    #[arg(long, global = true, value_name = "ID")]
    pub account: Option<String>,
}

/// What is to be made into what.
#[derive(Debug, Args)]
pub struct Transform {
    /// A picture, or a folder of pictures
    #[arg(value_name = "IN")]
    pub from: PathBuf,

    /// Where it goes; a folder for a folder. Without f=, a file's ending says the format
    #[arg(value_name = "OUT")]
    pub to: PathBuf,

    /// As in a URL: w=400,fit=cover,f=webp
    #[arg(value_name = "OPTIONS")]
    pub options: String,
}

/// What is to be uploaded, and how.
#[derive(Debug, Args)]
pub struct Upload {
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// The image's id, for one file; without it, a new one
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,

    /// Only signed URLs deliver it
    #[arg(long, conflicts_with = "id")]
    pub private: bool,

    /// For a server with `--auth tokens`
    #[arg(long, value_name = "TOKEN")]
    pub token: Option<String>,

    #[command(flatten)]
    pub remote: Remote,
}

/// For which shell.
#[derive(Debug, Args)]
pub struct Completions {
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// What is to be signed, and how.
#[derive(Debug, Args)]
pub struct Sign {
    /// A delivery URL; or the id of an image, with a variant behind it
    #[arg(value_name = "URL|IMAGE")]
    pub image: String,

    /// The variant's name, if an image's id is given
    #[arg(value_name = "VARIANT")]
    pub variant: Option<String>,

    /// How long the URL is good for (1h, 90s); without it, for ever
    #[arg(long, value_name = "TIME")]
    pub expires: Option<String>,

    /// The name of the signing key; without it, the account's first
    #[arg(long, value_name = "NAME")]
    pub key: Option<String>,

    #[command(flatten)]
    pub remote: Remote,
}

/// Which seed is to be loaded.
#[derive(Debug, Args)]
pub struct Seed {
    /// A folder of images, with a `tintype.toml` or `tintype.json` if there is more to say
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    #[command(flatten)]
    pub remote: Remote,
}

/// What is to be gone back to.
#[derive(Debug, Args)]
pub struct Reset {
    /// Where to; without it, to the seed if there is one, else to nothing
    #[arg(long, value_enum, value_name = "STATE")]
    pub to: Option<ResetTo>,

    #[command(flatten)]
    pub remote: Remote,
}

/// What a reset goes back to.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ResetTo {
    Seed,
    Nothing,
}

/// What is to be done with snapshots.
#[derive(Debug, Args)]
pub struct Snapshots {
    #[command(subcommand)]
    pub action: SnapshotAction,

    #[command(flatten)]
    pub remote: Remote,
}

/// What can be done with snapshots.
#[derive(Debug, Subcommand)]
pub enum SnapshotAction {
    /// Keep the state as it is now
    Save { name: String },
    /// Go back to a state that was kept
    Restore { name: String },
    /// Print which there are
    List,
    /// Forget a state that was kept
    Delete { name: String },
}

/// What is to be done with the clock.
#[derive(Debug, Args)]
pub struct ClockCommand {
    #[command(subcommand)]
    pub action: Option<ClockAction>,

    #[command(flatten)]
    pub remote: Remote,
}

/// What can be done with the clock.
#[derive(Debug, Subcommand)]
pub enum ClockAction {
    /// Print what it shows; what is done when nothing is said
    Get,
    /// Set it, and let it stand still
    Set {
        /// A date like 2030-01-01T00:00:00Z
        #[arg(value_name = "TIME")]
        now: String,
    },
    /// Move it, standing or running
    Advance {
        /// How far: 90s, 2h
        #[arg(value_name = "TIME")]
        by: String,
    },
    /// Let it stand still
    Freeze,
    /// Let it go by the machine's clock again; an account's, by everybody's
    Resume,
}

/// Where an export is to be written to or read from.
#[derive(Debug, Args)]
pub struct Archive {
    /// A tar file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    #[command(flatten)]
    pub remote: Remote,
}

/// What is to be done with the rules by which calls fail.
#[derive(Debug, Args)]
pub struct Faults {
    #[command(subcommand)]
    pub what: Option<FaultsCommand>,

    #[command(flatten)]
    pub remote: Remote,
}

/// What can be done with the rules.
#[derive(Debug, Subcommand)]
pub enum FaultsCommand {
    /// List the rules, with how often each has met a call; what is done when nothing is said
    List,
    /// Add a rule or a list of rules, and print their ids
    Add {
        /// As in docs/control.md: {"operation":"Upload an image","to":2,"status":503}
        #[arg(value_name = "JSON")]
        rules: String,
    },
    /// Remove a rule by its id, the rules of an account, or all
    Clear {
        /// The rule's id
        #[arg(value_name = "NUMBER")]
        id: Option<u64>,
    },
}

/// Which of the last requests are to be seen.
#[derive(Debug, Args)]
pub struct Requests {
    /// Go on with what comes, until interrupted
    #[arg(long, short)]
    pub follow: bool,

    /// One JSON object a line, with everything that is known
    #[arg(long)]
    pub json: bool,

    /// How many of the last ones
    #[arg(long, value_name = "N", default_value_t = 20, conflicts_with = "follow")]
    pub limit: u32,

    #[command(flatten)]
    pub remote: Remote,
}

/// Which server is to be well.
#[derive(Debug, Args)]
pub struct Healthcheck {
    /// The running server; without it, what listens on this machine
    #[arg(env = "TINTYPE_SERVER", value_name = "URL")]
    url: Option<BaseUrl>,

    /// Where that listens; what the server was told by its own flag can't be known here
    #[arg(long, env = "TINTYPE_LISTEN", value_name = "ADDR", default_value = "127.0.0.1:1856")]
    listen: String,
}

impl Healthcheck {
    /// Who is to be asked. Whoever listens on every address does so on the loopback one. The error is
    /// what was given instead of an address: with a URL it is nothing to this check, but to the server.
    pub fn server(&self) -> Result<BaseUrl, &str> {
        if let Some(url) = &self.url {
            return Ok(url.clone());
        }
        let mut address: SocketAddr = self.listen.parse().map_err(|_| self.listen.as_str())?;
        if address.ip().is_unspecified() {
            address.set_ip(match address {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        Ok(format!("http://{address}").parse().expect("an address and a port are a host"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_asks_where_the_server_listens() {
        let server = |url: Option<&str>, listen: &str| {
            let url = url.map(|url| url.parse().unwrap());
            let check = Healthcheck { url, listen: listen.to_owned() };
            check.server().map(|url| url.as_str().to_owned()).map_err(str::to_owned)
        };
        for (listen, expected) in [
            ("127.0.0.1:21911", "http://127.0.0.1:21911"),
            ("10.0.0.2:80", "http://10.0.0.2"),
            ("0.0.0.0:1856", "http://127.0.0.1:1856"),
            ("[::]:1856", "http://[::1]:1856"),
        ] {
            assert_eq!(server(None, listen).as_deref(), Ok(expected));
        }
        assert_eq!(server(None, "nonsense").as_deref(), Err(&"nonsense".to_owned()));
        assert_eq!(server(Some("http://a.test"), "nonsense").as_deref(), Ok("http://a.test"));
    }
}
