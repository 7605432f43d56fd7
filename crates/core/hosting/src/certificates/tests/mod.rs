//! What certificates promise, against a CA that really looks and really signs, in a world without machines.

mod by_dns;
mod caa;
mod contract;
mod csr;
mod hsts;
mod own;
mod pebble;
mod real_host;
mod renewals;
mod sites;
mod world;
