//! Several sites in a pod.

mod contract;
mod environment;
mod life;
mod names;
mod real_host;
mod schedules;
mod trouble;
mod world;
