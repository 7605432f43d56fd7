//! What billing does as a whole.

pub(crate) mod year;
