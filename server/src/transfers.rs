//! Files that go through this program, from a browser to a server or the other way: each holds a place on both ways for as long as its slower side
//! takes.

use engine::quota::{Place, Quota};
use std::sync::LazyLock;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Transfers of a kind at once, and of one holder.
const ALL: usize = 16;
const OF_HOLDER: usize = 2;

/// Transfers of one kind.
pub struct Transfers {
    all: Semaphore,
    holders: LazyLock<Quota<String>>,
}

/// One of them; dropping it gives its place back.
pub struct Transfer {
    _turn: SemaphorePermit<'static>,
    _place: Place<String>,
}

impl Transfers {
    /// None yet.
    pub const fn new() -> Self {
        Self { all: Semaphore::const_new(ALL), holders: LazyLock::new(Quota::default) }
    }

    /// One more for this holder, an account or somebody of staff, unless there are too many.
    pub fn begin(&'static self, holder: String) -> Option<Transfer> {
        let place = self.holders.take(holder, OF_HOLDER)?;
        Some(Transfer { _turn: self.all.try_acquire().ok()?, _place: place })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_has_two_and_all_together_sixteen() {
        static SOME: Transfers = Transfers::new();
        let two = [SOME.begin("a".to_owned()), SOME.begin("a".to_owned())];
        assert!(two.iter().all(Option::is_some) && SOME.begin("a".to_owned()).is_none());
        let others: Vec<_> = (0..14).map(|other| SOME.begin(other.to_string())).collect();
        assert!(others.iter().all(Option::is_some) && SOME.begin("b".to_owned()).is_none());
        drop(two);
        assert!(SOME.begin("b".to_owned()).is_some());
    }
}
