mod create;
mod delete;
mod names;
mod outside;
mod place;
mod real_host;
mod reconcile;
mod worlds;
