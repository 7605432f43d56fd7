//! The database layer, against a real PostgreSQL.

mod access;
mod access_checks;
mod audit;
mod catalogue;
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
