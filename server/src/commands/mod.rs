//! What the command line does besides serving.

pub mod admin;
pub mod audit;
pub mod demo;
pub mod doctor;
pub mod key;
pub mod runtime;
pub mod stripe_simulator;
