//! What the panel has answered, whatever it is: the value itself where it was made or fetched, its text where the page brought it along.
//!
//! A resource of its own for each kind of data, with its suspense around it, was compiled for each of them.

use crate::{call, error::AppError};
use leptos::{prelude::*, server::codee::string::FromToStringCodec};
use serde::{Serialize, de::DeserializeOwned};
use std::{any::Any, fmt, future::Future, pin::Pin, str::FromStr, sync::Arc};

/// A resource of answers.
pub(super) type Fetched = Resource<Answer, FromToStringCodec>;
/// An answer that is awaited.
pub(super) type Coming = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// The resource; it blocks the page's first byte.
pub(super) fn fetched(key: Box<dyn Fn() -> Key + Send + Sync>, fetcher: Box<dyn Fn(Key) -> Coming + Send + Sync>) -> Fetched {
    Resource::new_str_blocking(key, fetcher)
}

/// What the panel has answered.
#[derive(Clone)]
pub(super) struct Answer(pub(super) Result<Held, AppError>);

/// A value, or its text.
#[derive(Clone)]
pub(super) enum Held {
    Value {
        value: Arc<dyn Any + Send + Sync>,
        /// Its text, for the page.
        #[cfg(feature = "ssr")]
        written: fn(&dyn Any) -> String,
    },
    Text(Arc<str>),
}

impl Answer {
    pub(super) fn of<T: Serialize + Send + Sync + 'static>(answer: Result<T, AppError>) -> Self {
        Self(answer.map(|value| Held::Value {
            value: Arc::new(value),
            #[cfg(feature = "ssr")]
            written: |value| value.downcast_ref::<T>().and_then(|value| serde_json::to_string(value).ok()).unwrap_or_default(),
        }))
    }
}

impl Held {
    /// The value.
    ///
    /// # Errors
    /// When the text is of something else.
    pub(super) fn get<T: Clone + DeserializeOwned + 'static>(&self) -> Result<T, AppError> {
        match self {
            // Of another kind it is as little readable as no text.
            Self::Value { value, .. } => value.downcast_ref().cloned().map_or_else(|| call::read(""), Ok),
            Self::Text(text) => call::read(text),
        }
    }
}

/// A value begins with this, an error with anything else.
const VALUE: char = '+';

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            #[cfg(feature = "ssr")]
            Ok(Held::Value { value, written }) => write!(f, "{VALUE}{}", written(&**value)),
            // Only the server writes.
            #[cfg(not(feature = "ssr"))]
            Ok(Held::Value { .. }) => Ok(()),
            Ok(Held::Text(text)) => write!(f, "{VALUE}{text}"),
            Err(error) => f.write_str(&serde_json::to_string(error).unwrap_or_default()),
        }
    }
}

impl FromStr for Answer {
    type Err = AppError;

    fn from_str(text: &str) -> Result<Self, AppError> {
        Ok(Self(match text.strip_prefix(VALUE) {
            Some(value) => Ok(Held::Text(value.into())),
            None => Err(call::read(text)?),
        }))
    }
}

/// What decides which answer is wanted.
#[derive(Clone)]
pub(super) struct Key(Arc<dyn Same>);

trait Same: Any + Send + Sync {
    fn same(&self, other: &dyn Any) -> bool;
}

impl<K: PartialEq + Send + Sync + 'static> Same for K {
    fn same(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<K>() == Some(self)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        let other: &dyn Any = &*other.0;
        self.0.same(other)
    }
}

impl Key {
    pub(super) fn of<K: PartialEq + Send + Sync + 'static>(key: K) -> Self {
        Self(Arc::new(key))
    }

    /// The key; it is asked for by whoever has given it.
    pub(super) fn get<K: Clone + 'static>(&self) -> K {
        let key: &dyn Any = &*self.0;
        key.downcast_ref::<K>().expect("the kind that was given").clone()
    }
}
