//! Several sites in a pod.

mod contract;
mod life;
mod names;
mod real_host;
mod trouble;
mod world;
