mod apalis_traps;
mod claims;
mod ends;
mod log_lines;
mod toy;
