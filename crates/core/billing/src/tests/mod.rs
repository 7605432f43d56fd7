//! What billing does as a whole.

mod year;
