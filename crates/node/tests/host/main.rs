//! The program on a real host: systemd, nginx, MariaDB and btrfs, booted for the test and thrown away.
#![allow(clippy::unwrap_used)]

mod batch;
mod bed;
mod certificates;
mod damage;
mod deploys;
mod edits;
mod first_agent;
mod flips;
mod full;
mod isolation;
mod life;
mod limits;
mod programs;
mod session;
mod sites;
mod specs;
mod states;
mod trial;
mod visitors;
mod walls;
