//! Forms as Stripe reads them: `line_items[0][price_data][currency]=eur`.

use serde_json::{Map, Value};

/// The parameters of a call, nested; all leaves are text.
#[derive(Clone, Debug, Default)]
pub struct Params(Value);

impl Params {
    /// Reads a form or a query.
    pub fn read(text: &str) -> Self {
        let mut root = Value::Object(Map::new());
        for (key, value) in form_urlencoded::parse(text.as_bytes()) {
            let mut steps = key.split('[').map(|step| step.trim_end_matches(']'));
            let first = steps.next().unwrap_or_default();
            set(&mut root, &mut std::iter::once(first).chain(steps), value.into_owned());
        }
        Self(root)
    }

    /// The text at a path: `payment_intent_data/metadata`.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.get(path)?.as_str()
    }

    /// The number at a path.
    pub fn number(&self, path: &str) -> Option<i64> {
        self.text(path)?.parse().ok()
    }

    /// What is below a path: an object, or an empty one.
    pub fn object(&self, path: &str) -> Value {
        self.get(path).filter(|value| value.is_object()).cloned().unwrap_or_else(|| Value::Object(Map::new()))
    }

    /// What stands in a list, in the order of its numbers.
    pub fn list(&self, path: &str) -> Vec<Self> {
        let Some(found) = self.get(path).and_then(Value::as_object) else { return Vec::new() };
        let mut items: Vec<_> = found.iter().map(|(at, value)| (at.parse().unwrap_or(usize::MAX), Self(value.clone()))).collect();
        items.sort_by_key(|(at, _)| *at);
        items.into_iter().map(|(_, item)| item).collect()
    }

    /// The text itself, of an item of a list.
    pub fn as_text(&self) -> Option<&str> {
        self.0.as_str()
    }

    fn get(&self, path: &str) -> Option<&Value> {
        path.split('/').try_fold(&self.0, |at, step| at.get(step))
    }
}

fn set<'a>(at: &mut Value, steps: &mut dyn Iterator<Item = &'a str>, text: String) {
    let Some(step) = steps.next() else {
        *at = Value::String(text);
        return;
    };
    if !at.is_object() {
        *at = Value::Object(Map::new());
    }
    if let Value::Object(map) = at {
        // `types[]=a&types[]=b`
        let step = if step.is_empty() { map.len().to_string() } else { step.to_owned() };
        set(map.entry(step).or_insert(Value::Null), steps, text);
    }
}
