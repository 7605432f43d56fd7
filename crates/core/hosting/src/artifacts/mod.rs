//! What the panel ships to servers: runtimes (PHP, Node) as read-only squashfs roots, applications as archives.
//!
//! They are built on the panel's machine from Debian's packages (newer Node from the npm registry, WordPress also from a configured archive),
//! checksummed, and kept in one folder: `NAME.json` says which file is the current one, how long it is and what its SHA-256 is.

mod error;
mod fetch;
mod kind;
mod links;
mod manifest;
mod node;
mod recipes;
mod runtime;
mod ship;
mod sources;
mod store;
mod tool;
mod wordpress;

#[cfg(test)]
mod shipping_tests;
#[cfg(test)]
mod tests;

pub use error::ArtifactError;
pub use kind::{ArtifactKind, WordPressSource};
pub use manifest::Artifact;
pub use ship::{ShipError, ship};
pub use store::{ArtifactStore, NPM_REGISTRY};

/// Where a build tells how far it is: one short line at a time.
pub type Progress<'a> = &'a (dyn Fn(&str) + Send + Sync);
