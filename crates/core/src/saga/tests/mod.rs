mod apalis_traps;
mod claims;
mod ends;
mod killed_database;
mod log_lines;
mod news;
mod pace;
mod toy;
