//! The list of all operations, each with its access check. `#[operation]` writes it; the API's document, the router's check and the tests of
//! isolation read it.

pub use inventory;

use schemars::{Schema, SchemaGenerator, json_schema};

/// One operation.
pub struct Operation {
    /// Its address below the root; it is called by POST with JSON.
    pub path: &'static str,
    /// Its name in the code, unique.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Who may come in.
    pub scope: AuthScope,
    /// Schema of the input.
    pub input: fn(&mut SchemaGenerator) -> Schema,
    /// Schema of the answer.
    pub output: fn(&mut SchemaGenerator) -> Schema,
}

inventory::collect!(Operation);

/// Who may use an operation, and the permission that its access check requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthScope {
    /// Anybody.
    Public,
    /// Whoever is signed in, with this permission on what belongs to that login.
    Own(&'static str),
    /// Staff with this permission.
    Platform(&'static str),
    /// Members with this permission in the account that `slug` names.
    Tenant(&'static str),
}

impl AuthScope {
    /// The name of the scope.
    pub const fn as_str(self) -> &'static str {
        match self {
            AuthScope::Public => "public",
            AuthScope::Own(_) => "own",
            AuthScope::Platform(_) => "platform",
            AuthScope::Tenant(_) => "tenant",
        }
    }

    /// The permission that it asks for.
    pub const fn permission(self) -> Option<&'static str> {
        match self {
            AuthScope::Public => None,
            AuthScope::Own(permission) | AuthScope::Platform(permission) | AuthScope::Tenant(permission) => Some(permission),
        }
    }
}

/// Every operation, by address.
pub fn all() -> Vec<&'static Operation> {
    let mut all: Vec<_> = inventory::iter::<Operation>.into_iter().collect();
    all.sort_by_key(|operation| operation.path);
    all
}

/// Schema of an input: its fields, and whether each has to be there.
pub fn object(fields: Vec<(&str, Schema, bool)>) -> Schema {
    let required: Vec<&str> = fields.iter().filter(|(_, _, required)| *required).map(|(name, _, _)| *name).collect();
    let properties: serde_json::Map<_, _> = fields.iter().map(|(name, schema, _)| ((*name).to_owned(), schema.as_value().clone())).collect();
    json_schema!({ "type": "object", "properties": properties, "required": required })
}
