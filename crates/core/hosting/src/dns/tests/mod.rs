//! Zones of customers, in a world without machines, and on real name servers.

mod aliases;
mod changes;
mod custom;
mod follow;
mod leaving;
mod load;
mod lookups;
mod offers;
mod pace;
mod planned;
mod real_host;
mod rollover;
mod servers;
mod signing;
mod site_addresses;
mod trust;
mod world;
