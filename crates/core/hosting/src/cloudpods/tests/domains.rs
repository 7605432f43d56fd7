//! Other names that lead to a pod, whatever happens on the way.

use super::worlds::Renaming;
use engine::saga::contract::saga_contract_tests;

saga_contract_tests!(Renaming);
