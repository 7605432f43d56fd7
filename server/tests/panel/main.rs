//! The panel from outside: the real program, over HTTP, WebSocket and command line.

mod access;
mod billing;
mod client;
mod commands;
mod damage;
mod documents;
mod export;
mod faces;
mod fixtures;
mod health;
mod https;
mod limits;
mod live;
mod logs;
mod machine;
#[cfg(feature = "one-file")]
mod one_file;
mod panel;
mod plain;
mod push;
mod reload;
mod requests;
mod restart;
mod roles;
mod seed;
mod sessions;
mod stripe;
mod uploads;
mod workers;
