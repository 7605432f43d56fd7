//! The program on a real host: systemd, nginx, MariaDB and btrfs, booted for the test and thrown away.
#![allow(clippy::unwrap_used)]

mod batch;
mod bed;
mod certificates;
mod damage;
mod deploy_network;
mod deploy_sources;
mod deploys;
mod edits;
mod first_agent;
mod flips;
mod full;
mod helper;
mod isolation;
mod life;
mod limits;
mod logs;
mod packing;
mod programs;
mod serving;
mod session;
mod sites;
mod sleep;
mod specs;
mod states;
mod trial;
mod visitors;
mod walls;
