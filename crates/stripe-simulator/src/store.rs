//! What the stand-in keeps: whole objects in memory, the events about them, and answers by idempotency key.

use super::{Faults, SimulatorConfig};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Shapes of objects. What stands in them is replaced.
const SHAPES: &str = include_str!("../description/fixtures.json");

/// An answer: status and body.
pub(super) type Reply = (u16, Value);

/// Everything it keeps.
pub(super) struct Store {
    pub config: SimulatorConfig,
    pub url: String,
    shapes: HashMap<String, Value>,
    objects: HashMap<&'static str, BTreeMap<String, Value>>,
    made: u64,
    pub answers: HashMap<String, (String, Reply)>,
    /// Events that were not sent yet.
    pub unsent: VecDeque<String>,
    pub faults: Faults,
    /// Calls that were answered: method, path, form or query.
    pub calls: Vec<(String, String, String)>,
}

impl Store {
    pub fn new(config: SimulatorConfig, url: String) -> Self {
        Self {
            config,
            url,
            shapes: serde_json::from_str(SHAPES).unwrap_or_else(|error| unreachable!("the shapes are in the program: {error}")),
            objects: HashMap::new(),
            made: 0,
            answers: HashMap::new(),
            unsent: VecDeque::new(),
            faults: Faults::default(),
            calls: Vec::new(),
        }
    }

    pub fn now(&self) -> i64 {
        (self.config.clock)()
    }

    /// An id that sorts after all that were made before.
    pub fn id(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}_sim{:012}{}", self.made, self.config.suffix)
    }

    /// The shape of an object with these values. Everything that says something about its state must be among them.
    pub fn shape(&self, kind: &str, values: Value) -> Value {
        let mut object = self.shapes.get(kind).cloned().unwrap_or_else(|| json!({}));
        if let (Value::Object(object), Value::Object(values)) = (&mut object, values) {
            object.extend(values);
        }
        object
    }

    pub fn put(&mut self, kind: &'static str, object: Value) {
        let id = object["id"].as_str().unwrap_or_default().to_owned();
        self.objects.entry(kind).or_default().insert(id, object);
    }

    pub fn get(&self, kind: &str, id: &str) -> Option<&Value> {
        self.objects.get(kind)?.get(id)
    }

    pub fn all(&self, kind: &str) -> Vec<Value> {
        self.objects.get(kind).into_iter().flat_map(|objects| objects.values().cloned()).collect()
    }

    /// Changes an object, and answers with it as it is then.
    pub fn change(&mut self, kind: &str, id: &str, values: Value) -> Value {
        let Some(Value::Object(object)) = self.objects.get_mut(kind).and_then(|objects| objects.get_mut(id)) else { return Value::Null };
        if let Value::Object(values) = values {
            object.extend(values);
        }
        Value::Object(object.clone())
    }

    /// A list of those that fit, the newest first, a page at a time.
    pub fn list(&self, kind: &str, url: &str, params: &super::Params, fits: impl Fn(&Value) -> bool) -> Value {
        let since = params.number("created/gte").unwrap_or_default();
        let limit = usize::try_from(params.number("limit").unwrap_or(10).clamp(1, 100)).unwrap_or(10);
        let after = params.text("starting_after");
        let found = self.objects.get(kind).into_iter().flat_map(|objects| objects.values().rev());
        let mut found = found.filter(|object| after.is_none_or(|after| object["id"].as_str().is_some_and(|id| id < after)));
        let fits = |object: &&Value| object["created"].as_i64().unwrap_or_default() >= since && fits(object);
        let mut page: Vec<Value> = found.by_ref().filter(fits).take(limit + 1).cloned().collect();
        let has_more = page.len() > limit;
        page.truncate(limit);
        json!({ "object": "list", "data": page, "has_more": has_more, "url": url })
    }

    /// Notes what happened to an object, and has it sent.
    pub fn event(&mut self, kind: &str, object: &Value) {
        let id = self.id("evt");
        let values = json!({
            "id": id, "type": kind, "created": self.now(), "api_version": super::API_VERSION, "livemode": false,
            "pending_webhooks": 1, "request": { "id": null, "idempotency_key": null }, "data": { "object": object },
        });
        let event = self.shape("event", values);
        self.put("event", event);
        self.unsent.push_back(id);
    }
}

/// An error as Stripe writes it.
pub(super) fn refused(status: u16, kind: &str, code: &str, message: &str, param: Option<&str>) -> Reply {
    let mut error = json!({ "type": kind, "message": message });
    if !code.is_empty() {
        error["code"] = code.into();
    }
    if let Some(param) = param {
        error["param"] = param.into();
    }
    (status, json!({ "error": error }))
}

/// A call that makes no sense.
pub(super) fn invalid(code: &str, message: &str, param: &str) -> Reply {
    refused(400, "invalid_request_error", code, message, Some(param))
}

/// An object that there is not. Named in a call's parameter, it is the call that is wrong.
pub(super) fn missing(what: &str, id: &str) -> Reply {
    refused(404, "invalid_request_error", "resource_missing", &format!("No such {what}: '{id}'"), Some("id"))
}
