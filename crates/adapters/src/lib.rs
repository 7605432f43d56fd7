//! Outside systems: one folder each, with its trait, the real one and a fake side by side.

pub mod acme;
pub mod dns;
#[cfg(test)]
mod hostile_tests;
pub mod node;
pub mod payments;
pub mod registrar;
pub mod smtp;
pub mod vies;
pub mod visitor;
