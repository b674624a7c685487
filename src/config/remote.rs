//! What the command line can ask of a running server.

use clap::{Args, Subcommand};

use super::BaseUrl;

/// The server that is asked.
#[derive(Debug, Args)]
pub struct Server {
    /// The running server
    #[arg(
        long,
        global = true,
        env = "TINTYPE_SERVER",
        value_name = "URL",
        default_value = "http://127.0.0.1:1856"
    )]
    pub server: BaseUrl,
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

    /// The account that the image belongs to; without it, the default one
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,

    #[command(flatten)]
    pub at: Server,
}

/// What is to be done with the rules by which calls fail.
#[derive(Debug, Args)]
pub struct Faults {
    #[command(subcommand)]
    pub what: Option<FaultsCommand>,

    #[command(flatten)]
    pub at: Server,
}

#[derive(Debug, Subcommand)]
pub enum FaultsCommand {
    /// List the rules, with how often each has met a call; what is done when nothing is said
    List {
        /// The rules of this account only
        #[arg(long, value_name = "ID")]
        account: Option<String>,
    },
    /// Add a rule or a list of rules, and print their ids
    Add {
        /// As in docs/control.md: {"operation":"Upload an image","to":2,"status":503}
        #[arg(value_name = "JSON")]
        rules: String,
    },
    /// Remove a rule by its id, the rules of an account, or all
    Clear {
        /// The rule's id
        #[arg(value_name = "ID", conflicts_with = "account")]
        id: Option<u64>,
        /// The rules of this account only
        #[arg(long, value_name = "ID")]
        account: Option<String>,
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

    /// The requests of this account only
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,

    /// How many of the last ones
    #[arg(long, value_name = "N", default_value_t = 20, conflicts_with = "follow")]
    pub limit: u32,

    #[command(flatten)]
    pub at: Server,
}

/// Which server is to be well.
#[derive(Debug, Args)]
pub struct Healthcheck {
    /// The running server
    #[arg(env = "TINTYPE_SERVER", value_name = "URL", default_value = "http://127.0.0.1:1856")]
    pub server: BaseUrl,
}
