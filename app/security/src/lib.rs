//! UI of one wing: pages, server functions and the parts only it uses.
