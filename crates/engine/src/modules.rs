//! What the areas bring to the engine: each area registers its modules once, at start.

use crate::{Result, Services, reconcile, saga};
use futures::future::BoxFuture;

/// Seals everything of one module with the present key, and says how many secrets that were.
pub type Reseal = for<'a> fn(&'a Services) -> BoxFuture<'a, Result<usize>>;

/// Everything that modules register; a part of [`Services`].
#[derive(Clone, Default)]
pub struct Modules {
    /// The sagas that workers can run.
    pub sagas: saga::Registry,
    /// What is looked at again and again.
    pub reconcilers: reconcile::Registry,
    /// Sealed secrets by what they belong to, such as `CloudPods`: sealed anew when the installation's key is rotated.
    pub sealed: Vec<(&'static str, Reseal)>,
}

impl Modules {
    /// And those of this area.
    #[must_use]
    pub fn with(mut self, register: impl FnOnce(&mut Self)) -> Self {
        register(&mut self);
        self
    }
}
