//! Back from a suspension, whatever happens on the way.

use super::worlds::Unsuspending;
use engine::saga::contract::saga_contract_tests;

saga_contract_tests!(Unsuspending);
