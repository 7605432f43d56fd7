//! The door to PostgreSQL, against a real one.

mod audit;
mod catalogue;
mod doors;
mod embedded;
mod queue;
mod record;
mod tamper;
mod walls;
