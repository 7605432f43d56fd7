//! Requests for every operation there is, made from the API's own document.

use crate::{
    client::Visitor,
    seed::{Customer, Used},
};
use serde_json::{Map, Value, json};

/// An operation, as the document describes it.
pub struct Operation {
    /// Its address.
    pub path: String,
    /// `get` or `post`.
    pub method: String,
    /// `public`, `person`, `platform` or `tenant`.
    pub door: String,
    /// The permission that its door asks for.
    pub permission: Option<String>,
    input: Value,
    document: Value,
}

/// Every operation under `/api` that answers over HTTP.
pub async fn operations(stranger: &Visitor) -> Vec<Operation> {
    let answer = stranger.get("/api/openapi.json").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let document = answer.json();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let input = operation["requestBody"]["content"]["application/json"]["schema"].clone();
            let door = operation["x-door"].as_str().expect("a door").to_owned();
            let permission = operation["x-permission"].as_str().map(str::to_owned);
            all.push(Operation { permission, path: path.clone(), method: method.clone(), door, input, document: document.clone() });
        }
    }
    // What the browser needs is in it; it says nothing about machines' own addresses.
    all.retain(|operation| operation.path.starts_with("/api/") && operation.path != "/api/live");
    assert!(all.len() > 30, "{} operations", all.len());
    all
}

impl Operation {
    /// An input that can be read, with this slug and the things of this customer.
    pub fn sample(&self, used: &Used, slug: &str, things: &Customer) -> Value {
        let mut input = self.value(&self.input);
        if let Some(fields) = input.as_object_mut() {
            for (name, value) in fields.iter_mut() {
                match name.as_str() {
                    "slug" => *value = json!(slug),
                    "id" => *value = json!(self.thing(used, things)),
                    _ => {}
                }
            }
        }
        input
    }

    /// Whether the input names a thing by its id.
    pub fn names_a_thing(&self) -> bool {
        self.value(&self.input).get("id").is_some()
    }

    /// Whether it only reads.
    pub fn reads(&self) -> bool {
        self.path.ends_with("/list") || self.path.ends_with("/get")
    }

    fn thing<'a>(&self, used: &'a Used, things: &'a Customer) -> &'a str {
        let rooms = [
            ("/cloudpods/", things.pod.as_str()),
            ("/jobs/", things.job.as_str()),
            ("/invoices/", things.invoice.as_str()),
            ("/customers/", things.tenant.as_str()),
            ("/servers/", used.seed.server.as_str()),
            ("/outbox/", used.seed.mail.as_str()),
        ];
        rooms.iter().find(|(room, _)| self.path.contains(room)).map_or("0198f3a0-0000-7000-8000-000000000000", |(_, id)| id)
    }

    /// The smallest value that fits the schema.
    fn value(&self, schema: &Value) -> Value {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().expect("a name");
            return self.value(&self.document["components"]["schemas"][name]);
        }
        if let Some(value) = schema["enum"].get(0).or_else(|| schema.get("const")) {
            return value.clone();
        }
        if let Some(one) = ["anyOf", "oneOf", "allOf"].iter().find_map(|word| schema[*word].get(0)) {
            return self.value(one);
        }
        let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("object");
        match kind {
            "string" if schema["format"] == "uuid" => json!("0198f3a0-0000-7000-8000-000000000000"),
            "string" if schema["format"] == "date-time" => json!("2026-01-01T00:00:00Z"),
            "string" => json!("x"),
            "integer" | "number" => json!(1),
            "boolean" => json!(false),
            "array" => json!([]),
            _ => {
                let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
                Value::Object(required.map(|name| (name.to_owned(), self.value(&schema["properties"][name]))).collect::<Map<_, _>>())
            }
        }
    }
}
