//! What the programs of a site get: their environment variables. Parts of module `websites`.

use crate::Time;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The environment variables of a site, without their values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Environment {
    /// Where the values are kept, sealed; nothing where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<Uuid>,
    /// The variables, by name.
    pub variables: Vec<Variable>,
}

impl Environment {
    /// There are none, and there were none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// An environment variable. Its value is never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// When its value was set.
    pub changed_at: Time,
    /// Who set it.
    pub changed_by: String,
}

crate::text_enum! {
    /// What a change does to an environment variable.
    VariableOp {
        /// It gets this value, whether it was there or not.
        Set = "SET",
        /// It goes.
        Delete = "DELETE",
    }
}

/// A change of an environment variable. Has no readable `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VariableChange {
    /// What it does.
    pub op: VariableOp,
    /// Name of the variable.
    pub name: String,
    /// Its value, where it gets one.
    #[serde(default)]
    pub value: String,
}

impl std::fmt::Debug for VariableChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VariableChange({} {})", self.op, self.name)
    }
}
