//! `#[operation]`: defines an operation of the API with its access check.
//!
//! ```ignore
//! /// Lists customers, newest first.
//! #[operation("/api/admin/customers", "list", platform(CustomersRead))]
//! pub async fn list_customers(request: PageRequest) -> Result<Page<CustomerRow>, AppError> {
//!     Ok(tenants::list(&mut tx, &request).await?)
//! }
//! ```
//!
//! It expands to a server function at `/api/admin/customers/list` and an entry in the list of operations (`app_door::operations`), from which the
//! OpenAPI document and the cross-tenant tests are generated. The access check runs before the body: `tx` is the authorized transaction.
//!
//! - `platform(P)`: staff with permission `P`.
//! - `tenant(P)`: members with permission `P` in the account of the argument `slug`.
//! - `own(P)`: signed-in users, for their own data.
//! - `public`: everybody.

mod expand;
mod spec;

use proc_macro::TokenStream;
use syn::{ItemFn, parse_macro_input};

/// Turns a function into an operation; see the crate documentation.
#[proc_macro_attribute]
pub fn operation(attributes: TokenStream, item: TokenStream) -> TokenStream {
    let spec = parse_macro_input!(attributes as spec::Spec);
    let function = parse_macro_input!(item as ItemFn);
    expand::expand(&spec, function).unwrap_or_else(syn::Error::into_compile_error).into()
}
