//! Data that a page holds and that changes in place. What carries it is compiled once, whatever it is.

use super::replace::ReplaceView;
use leptos::prelude::*;
use std::{any::Any, collections::HashMap, marker::PhantomData, sync::Arc};

/// Anything that can be compared with its like.
pub(super) trait DynEq: Any + Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn same(&self, other: &dyn DynEq) -> bool;
}

impl<T: PartialEq + Send + Sync + 'static> DynEq for T {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn same(&self, other: &dyn DynEq) -> bool {
        other.as_any().downcast_ref::<T>() == Some(self)
    }
}

/// A value, whatever it is.
pub(super) type Value = Arc<dyn DynEq>;

/// What decides which answer is wanted, or whether a part of a page is shown anew.
#[derive(Clone)]
pub(super) struct Key(Value);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.same(&*other.0)
    }
}

impl Key {
    pub(super) fn of<K: PartialEq + Send + Sync + 'static>(key: K) -> Self {
        Self(Arc::new(key))
    }

    /// The key; it is asked for by whoever has given it.
    pub(super) fn get<K: Clone + 'static>(&self) -> K {
        (*self.0).as_any().downcast_ref::<K>().expect("the kind that was given").clone()
    }
}

/// Data of a page. The page is made once and follows it: fetched again, only what has changed is touched, so that focus, scroll, open
/// dialogs and typed text stay.
pub struct Live<T> {
    value: RwSignal<Value>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Live<T> {}

impl<T: PartialEq + Clone + Send + Sync + 'static> Live<T> {
    /// Data that nobody fetches again: for a gallery or a test.
    pub fn new(value: T) -> Self {
        Self::of(RwSignal::new(Arc::new(value)))
    }

    pub(super) fn of(value: RwSignal<Value>) -> Self {
        Self { value, of: PhantomData }
    }

    /// Takes over what is so now; what is the same already disturbs nobody.
    pub fn set(self, value: T) {
        replace(self.value, Arc::new(value));
    }

    /// As it is now, once: for what never changes, such as an id.
    pub fn now(self) -> T {
        self.value.with_untracked(|value| typed::<T>(value).clone())
    }

    /// Reads it and follows.
    pub fn with<R>(self, read: impl FnOnce(&T) -> R) -> R {
        self.value.with(|value| read(typed(value)))
    }

    /// A part of it in words.
    pub fn text<S: ToString>(self, read: impl Fn(&T) -> S + Send + Sync + 'static) -> Signal<String> {
        Signal::derive(move || self.with(|value| read(value).to_string()))
    }

    /// A part of it that is data of its own, such as the rows of a panel.
    pub fn map<P>(self, read: impl Fn(&T) -> P + Send + Sync + 'static) -> Live<P>
    where
        P: PartialEq + Clone + Send + Sync + 'static,
    {
        let part = Live::new(self.value.with_untracked(|value| read(typed(value))));
        Effect::new(move |_| part.set(self.with(&read)));
        part
    }

    /// A part of it; whoever follows it hears of changes of that part only.
    pub fn part<P>(self, read: impl Fn(&T) -> P + Send + Sync + 'static) -> Part<P>
    where
        P: PartialEq + Send + Sync + 'static,
    {
        Part { key: part(self.value, Box::new(move |value| Key::of(read(typed(value))))), of: PhantomData }
    }

    /// Shows a part of it, anew only when that part has changed.
    pub fn show<P, V>(self, read: impl Fn(&T) -> P + Send + Sync + 'static, view: impl Fn(P) -> V + Send + Sync + 'static) -> AnyView
    where
        P: PartialEq + Clone + Send + Sync + 'static,
        V: IntoView + 'static,
    {
        show(self.part(read).key, Box::new(move |key| view(key.get()).into_any()))
    }

    /// Shows rows of it. A row keeps its elements for as long as its key is there; its view is made once and follows the row.
    pub fn rows<R, V>(
        self,
        read: impl Fn(&T) -> Vec<R> + Send + Sync + 'static,
        key: impl Fn(&R) -> String + Send + Sync + 'static,
        view: impl Fn(Live<R>) -> V + Send + Sync + 'static,
    ) -> AnyView
    where
        R: PartialEq + Clone + Send + Sync + 'static,
        V: IntoView + 'static,
    {
        let read = move |value: &Value| read(typed(value)).into_iter().map(|row| Row { key: key(&row), value: Arc::new(row) }).collect();
        rows(self.value, Box::new(read), Arc::new(move |value| view(Live::of(value)).into_any()))
    }
}

/// A part of a page's data that is followed.
pub struct Part<P> {
    key: Memo<Key>,
    of: PhantomData<fn() -> P>,
}

impl<P> Clone for Part<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Part<P> {}

impl<P: Clone + 'static> Part<P> {
    /// As it is; whoever reads it follows.
    pub fn get(self) -> P {
        self.key.with(Key::get)
    }
}

fn typed<T: 'static>(value: &Value) -> &T {
    (**value).as_any().downcast_ref().expect("the kind that was given")
}

/// Puts a new value in the place of the old one, unless it is the same.
pub(super) fn replace(held: RwSignal<Value>, new: Value) {
    if !held.with_untracked(|old| old.same(&*new)) {
        held.set(new);
    }
}

fn part(value: RwSignal<Value>, read: Box<dyn Fn(&Value) -> Key + Send + Sync>) -> Memo<Key> {
    Memo::new(move |_| value.with(|value| read(value)))
}

fn show(key: Memo<Key>, view: Box<dyn Fn(&Key) -> AnyView + Send + Sync>) -> AnyView {
    (move || {
        let key = key.get();
        ReplaceView(untrack(|| view(&key)))
    })
    .into_any()
}

/// A row on its way into the page.
struct Row {
    key: String,
    value: Value,
}

type Held = HashMap<String, RwSignal<Value>>;

fn rows(
    value: RwSignal<Value>,
    read: Box<dyn Fn(&Value) -> Vec<Row> + Send + Sync>,
    view: Arc<dyn Fn(RwSignal<Value>) -> AnyView + Send + Sync>,
) -> AnyView {
    let held = StoredValue::new(Held::new());
    let each = move || {
        let rows = value.with(|value| read(value));
        held.with_value(|held| {
            for row in &rows {
                if let Some(shown) = held.get(&row.key) {
                    replace(*shown, Arc::clone(&row.value));
                }
            }
        });
        rows
    };
    let children = move |row: Row| {
        let shown = RwSignal::new(row.value);
        held.update_value(|held| {
            held.insert(row.key.clone(), shown);
        });
        on_cleanup(move || {
            // Gone with the page, there is nothing to forget; taken over by a newer row, it is not ours.
            held.try_update_value(|held| {
                if held.get(&row.key) == Some(&shown) {
                    held.remove(&row.key);
                }
            });
        });
        view(shown)
    };
    view! { <For each key=|row: &Row| row.key.clone() children/> }.into_any()
}
