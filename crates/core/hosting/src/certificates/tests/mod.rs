//! What certificates promise, against a CA that really looks and really signs, in a world without machines.

mod by_dns;
mod caa;
mod contract;
mod contract_shared;
mod csr;
mod delegated;
mod flows;
mod hsts;
mod lost;
mod own;
mod panel;
mod pebble_moods;
mod platform;
mod real_host;
mod real_moves;
mod real_wildcard;
mod real_zone;
mod renewals;
mod sites;
mod world;
