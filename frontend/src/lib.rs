//! Hydrates the page in the browser; nothing else.
