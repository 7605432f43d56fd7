//! The closed set of words that the panel and a server's program exchange.
//!
//! One SSH channel carries many requests at once. Bytes become [`frame::Frame`]s, JSON frames
//! become [`message::ToNode`] and [`message::FromNode`], and every request carries one
//! [`verb::Verb`], whose answer type is fixed by [`verb::Call`]. Nothing here does I/O, so the
//! panel can use it from async code and the server's program from plain threads.

pub mod certificate;
pub mod cron;
pub mod deploy;
pub mod environment;
pub mod frame;
pub mod html;
pub mod http_rules;
pub mod log;
pub mod message;
pub mod names;
mod needs;
pub mod observation;
pub mod plan;
pub mod probe;
pub mod secret;
pub mod settings;
pub mod spec;
pub mod svc;
mod text_type;
mod uid;
pub mod verb;
pub mod zone;

pub use names::{ArtifactName, DbName, DomainName, Email, Key, LoginName, PodName, Sha256, SiteName, SiteUrl, Title};
pub use secret::Secret;
pub use text_type::InvalidText;
pub use uid::PodUid;

/// Version of the exchange, to be raised when a verb or an answer changes its form. An agent that says another number in its hello is
/// replaced first: only `Upgrade` and `UpgradeEnd`, which never change, are sent to it.
pub const PROTOCOL: u32 = 5;

/// Where the program lives on a server; the SSH key's forced command names this path.
pub const NODE_PATH: &str = "/usr/local/lib/mpanel/mpanel-node";
