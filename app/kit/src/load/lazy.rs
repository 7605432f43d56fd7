//! A view that is made once, when it is written.
//!
//! Leptos walks the children of a suspense up to three times on the server (twice to find resources, once to write), and makes
//! what a resolved `Suspend` yields anew each time. A resource inside it would be fetched three times and, worse, carry a number
//! that the browser does not count to, so that the page could not be taken over. [`LazyView`] is not walked, only written.

use leptos::{
    attr::{Attribute, any_attribute::AnyAttribute},
    prelude::*,
    tachys::{
        hydration::Cursor,
        ssr::StreamBuilder,
        view::{Position, PositionState, add_attr::AddAnyAttr},
    },
};

/// A view in waiting.
pub(super) struct LazyView(Box<dyn FnOnce() -> AnyView + Send>);

impl LazyView {
    /// CountBadge with making this view.
    pub(super) fn new(make: impl FnOnce() -> AnyView + Send + 'static) -> Self {
        Self(Box::new(make))
    }
}

impl Render for LazyView {
    type State = <AnyView as Render>::State;

    fn build(self) -> Self::State {
        (self.0)().build()
    }

    fn rebuild(self, state: &mut Self::State) {
        (self.0)().rebuild(state);
    }
}

impl AddAnyAttr for LazyView {
    type Output<New: Attribute> = <AnyView as AddAnyAttr>::Output<New>;

    fn add_any_attr<New: Attribute>(self, attr: New) -> Self::Output<New>
    where
        Self::Output<New>: RenderHtml,
    {
        (self.0)().add_any_attr(attr)
    }
}

impl RenderHtml for LazyView {
    type AsyncOutput = AnyView;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> AnyView {
        (self.0)().resolve().await
    }

    fn to_html_with_buf(self, buf: &mut String, position: &mut Position, escape: bool, mark_branches: bool, extra_attrs: Vec<AnyAttribute>) {
        (self.0)().to_html_with_buf(buf, position, escape, mark_branches, extra_attrs);
    }

    fn to_html_async_with_buf<const OUT_OF_ORDER: bool>(
        self,
        buf: &mut StreamBuilder,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) {
        (self.0)().to_html_async_with_buf::<OUT_OF_ORDER>(buf, position, escape, mark_branches, extra_attrs);
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Self::State {
        (self.0)().hydrate::<FROM_SERVER>(cursor, position)
    }

    fn into_owned(self) -> Self {
        self
    }
}
