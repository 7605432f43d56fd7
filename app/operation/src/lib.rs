//! `#[operation]`: one definition of what can be done through a door.
//!
//! ```ignore
//! /// Customers, newest first.
//! #[operation("/api/admin/customers", "list", platform(CustomersRead))]
//! pub async fn list_customers(request: PageRequest) -> Result<Page<CustomerRow>, AppError> {
//!     Ok(tenants::list(&mut tx, &request).await?)
//! }
//! ```
//!
//! It becomes a server function at `/api/admin/customers/list`, and a line of the list of operations (`app_auth::operations`) from which the API's
//! document and the tests of every wall are made. The door it names is opened before the body: `tx` is the proof.
//!
//! - `platform(P)`: for staff who hold `P`.
//! - `tenant(P)`: for members who hold `P` in the account of the argument `slug`.
//! - `own(P)`: for whoever is signed in; what is reached belongs to that login.
//! - `public`: for anybody.

mod expand;
mod spec;

use proc_macro::TokenStream;
use syn::{ItemFn, parse_macro_input};

/// Makes a function an operation: see the page of this crate.
#[proc_macro_attribute]
pub fn operation(attributes: TokenStream, item: TokenStream) -> TokenStream {
    let spec = parse_macro_input!(attributes as spec::Spec);
    let function = parse_macro_input!(item as ItemFn);
    expand::expand(&spec, function).unwrap_or_else(syn::Error::into_compile_error).into()
}
