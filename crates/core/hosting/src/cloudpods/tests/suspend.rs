//! Into a suspension and back, whatever happens on the way.

use super::suspension_worlds::{Suspending, Unsuspending};
use engine::saga::contract::saga_contract_tests;

saga_contract_tests!(Unsuspending);

mod suspend_cloudpod {
    use engine::saga::contract::saga_contract_tests;

    saga_contract_tests!(super::Suspending);
}
