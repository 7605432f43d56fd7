//! Several sites in a pod.

mod contract;
mod cron_jobs;
mod environment;
mod life;
mod logs;
mod names;
mod real_host;
mod serving;
mod sleep;
mod trouble;
mod world;
