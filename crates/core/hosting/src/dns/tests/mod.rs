//! Zones of customers, in a world without machines, and on real name servers.

mod changes;
mod follow;
mod lookups;
mod real_host;
mod servers;
mod signing;
mod trust;
mod world;
