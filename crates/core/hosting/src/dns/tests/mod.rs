//! Zones of customers, in a world without machines, and on real name servers.

mod changes;
mod follow;
mod real_host;
mod servers;
mod trust;
mod world;
