//! What a page has loaded, in the browser: made once for each thing that it is about, and kept when that thing is fetched again.

use super::{
    Viewer,
    result::FetchResult,
    value::{Key, Value, replace},
};
use crate::error::AppError;
use leptos::{
    attr::{Attribute, any_attribute::AnyAttribute},
    prelude::*,
    tachys::{
        hydration::Cursor,
        reactive_graph::{OwnedView, OwnedViewState},
        renderer::types::{Element, Node},
        view::{Mountable, Position, PositionState, add_attr::AddAnyAttr},
    },
};
use model::error::ErrorCode;
use std::sync::Arc;

/// An answer on its way into the page.
pub(super) struct Shown {
    pub(super) result: FetchResult,
    /// What is asked for now; stands for what the page brought along.
    pub(super) key: Key,
    pub(super) viewer: Arc<Viewer>,
    /// It is the same list, whatever part of it is asked for.
    pub(super) keep: bool,
    /// Why what is shown is old.
    pub(super) stale: RwSignal<Option<AppError>>,
    /// Outlives the answers: what they say is told to the view that is there.
    pub(super) parent: Owner,
}

/// What stands in the page.
pub(super) struct ShownState {
    view: OwnedViewState<<AnyView as Render>::State>,
    data: Option<(Key, RwSignal<Value>)>,
}

impl Shown {
    fn make(self) -> (OwnedView<AnyView>, Option<(Key, RwSignal<Value>)>) {
        self.stale.set(None);
        let owner = self.parent.child();
        let key = self.result.key.unwrap_or(self.key);
        let (view, data) = owner.with(|| {
            untrack(|| match self.result.answer.and_then(|payload| (self.viewer.read)(&payload)) {
                Ok(value) => {
                    let value = RwSignal::new(value);
                    ((self.viewer.view)(value), Some((key, value)))
                }
                Err(error) => ((self.viewer.failed)(error), None),
            })
        });
        (OwnedView::new_with_owner(view, owner), data)
    }

    /// Tells what is there; false when it has to give way.
    fn tell(&self, state: &ShownState) -> bool {
        let Some((key, held)) = &state.data else { return false };
        if !self.keep && *key != *self.result.key.as_ref().unwrap_or(&self.key) {
            return false;
        }
        match &self.result.answer {
            Ok(payload) => {
                let Ok(value) = (self.viewer.read)(payload) else { return false };
                self.stale.set(None);
                replace(*held, value);
                true
            }
            // It may come with the next try; what is shown is better than nothing, and the page says how old it is.
            Err(error) if matches!(error.code(), ErrorCode::Unavailable | ErrorCode::Internal) => {
                self.stale.set(Some(error.clone()));
                true
            }
            Err(_) => false,
        }
    }
}

impl Render for Shown {
    type State = ShownState;

    fn build(self) -> Self::State {
        let (view, data) = self.make();
        ShownState { view: view.build(), data }
    }

    fn rebuild(self, state: &mut Self::State) {
        if self.tell(state) {
            return;
        }
        let mut new = self.build();
        state.insert_before_this(&mut new);
        state.unmount();
        let old = std::mem::replace(state, new);
        // Effects of the old view may be on their way; they have to find what they read.
        leptos::task::spawn_local(async move { drop(old) });
    }
}

impl Mountable for ShownState {
    fn unmount(&mut self) {
        self.view.unmount();
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        self.view.mount(parent, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.view.insert_before_this(child)
    }

    fn elements(&self) -> Vec<Element> {
        self.view.elements()
    }
}

impl AddAnyAttr for Shown {
    type Output<New: Attribute> = <AnyView as AddAnyAttr>::Output<New>;

    fn add_any_attr<New: Attribute>(self, attr: New) -> Self::Output<New>
    where
        Self::Output<New>: RenderHtml,
    {
        self.make().0.into_any().add_any_attr(attr)
    }
}

impl RenderHtml for Shown {
    type AsyncOutput = AnyView;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> AnyView {
        self.make().0.into_any()
    }

    fn to_html_with_buf(self, buf: &mut String, position: &mut Position, escape: bool, mark_branches: bool, extra_attrs: Vec<AnyAttribute>) {
        self.make().0.to_html_with_buf(buf, position, escape, mark_branches, extra_attrs);
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Self::State {
        let (view, data) = self.make();
        ShownState { view: view.hydrate::<FROM_SERVER>(cursor, position), data }
    }

    fn into_owned(self) -> Self {
        self
    }
}
