//! The door to PostgreSQL, against a real one.

mod access;
mod audit;
mod catalogue;
mod doors;
mod elsewhere;
mod embedded;
mod pods_before;
mod principal;
mod public;
mod queue;
mod record;
mod statements;
mod tamper;
mod walls;
mod words;
