//! Customer accounts: made with the first purchase, listed and shown to staff.

mod list;
mod make;
mod queries;
mod suspension;
#[cfg(test)]
mod tests;

pub use list::{CustomerAccount, get, list};
pub use make::{make, owned};
pub use suspension::{is_suspended, set_suspension};
