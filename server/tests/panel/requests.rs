//! Requests for every operation there is, made from the API's own document.

use crate::{
    client::Visitor,
    fixtures::{FIELDS, IDS},
    seed::{Customer, Used},
};
use serde_json::{Map, Value, json};

/// An operation, as the document describes it.
pub struct Operation {
    /// Its address.
    pub path: String,
    /// `get` or `post`.
    pub method: String,
    /// `public`, `own`, `platform` or `tenant`.
    pub scope: String,
    /// The permission that its access check requires.
    pub permission: Option<String>,
    input: Value,
    /// Whether its address has the input.
    in_address: bool,
    document: Value,
}

/// A field of an input that names an object.
pub struct IdField {
    /// Where it stands, as a JSON pointer.
    pub at: String,
    /// The type of id, such as `JobId`.
    pub kind: String,
}

/// Every operation under `/api` that answers over HTTP.
pub async fn operations(stranger: &Visitor) -> Vec<Operation> {
    let answer = stranger.get("/api/openapi.json").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let document = answer.json();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let body = operation["requestBody"]["content"]["application/json"]["schema"].clone();
            let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
            let (input, in_address) = if parameters.is_empty() { (body, false) } else { (one_object(parameters), true) };
            let scope = operation["x-scope"].as_str().expect("a scope").to_owned();
            let permission = operation["x-permission"].as_str().map(str::to_owned);
            all.push(Operation { permission, path: path.clone(), method: method.clone(), scope, input, in_address, document: document.clone() });
        }
    }
    // What the browser needs is in it; it says nothing about machines' own addresses.
    all.retain(|operation| operation.path.starts_with("/api/") && operation.path != "/api/live");
    assert!(all.len() > 30, "{} operations", all.len());
    all
}

impl Operation {
    /// An input that can be read, with this slug and the objects of this customer: in every field that names one, whatever it is called,
    /// the optional ones too.
    pub fn sample(&self, used: &Used, slug: &str, objects: &Customer) -> Value {
        let mut reader = Reader { operation: self, ids: Vec::new() };
        let mut input = reader.value(&self.input, "");
        for field in reader.ids {
            *input.pointer_mut(&field.at).expect("the field") = json!(object(used, &field.kind, objects));
        }
        if let Some(place) = input.get_mut("slug") {
            *place = json!(slug);
        }
        input
    }

    /// The same, with other fields that pass for good ones.
    pub fn good_sample(&self, used: &Used, slug: &str, objects: &Customer) -> Value {
        let mut input = self.sample(used, slug, objects);
        for (name, value) in FIELDS {
            if let Some(place) = input.get_mut(*name) {
                *place = json!(value(objects));
            }
        }
        input
    }

    /// The fields of the input that name an object.
    pub fn ids(&self) -> Vec<IdField> {
        let mut reader = Reader { operation: self, ids: Vec::new() };
        reader.value(&self.input, "");
        reader.ids
    }

    /// Where it is called with this input.
    pub fn address(&self, input: &str) -> String {
        let input = serde_json::from_str::<Map<String, Value>>(input).unwrap_or_default();
        if !self.in_address || input.is_empty() {
            return self.path.clone();
        }
        let pairs: Vec<String> = input.iter().map(|(name, value)| format!("{name}={}", value.as_str().expect("a text"))).collect();
        format!("{}?{}", self.path, pairs.join("&"))
    }

    /// Whether it only reads.
    pub fn reads(&self) -> bool {
        self.path.ends_with("/list") || self.path.ends_with("/get")
    }
}

/// The object that stands for this type of id.
pub fn object(used: &Used, kind: &str, objects: &Customer) -> String {
    let found = IDS.iter().find(|(name, _)| *name == kind).unwrap_or_else(|| panic!("no fixture for {kind}; add a line to fixtures.rs"));
    (found.1)(used, objects)
}

/// Reads a schema: makes the smallest value that fits and has all ids, and notes where they stand.
struct Reader<'a> {
    operation: &'a Operation,
    ids: Vec<IdField>,
}

impl Reader<'_> {
    fn value(&mut self, schema: &Value, at: &str) -> Value {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().expect("a name");
            let target = &self.operation.document["components"]["schemas"][name];
            if target["format"] == "uuid" {
                self.ids.push(IdField { at: at.to_owned(), kind: name.to_owned() });
                return json!("0198f3a0-0000-7000-8000-000000000000");
            }
            return self.value(target, at);
        }
        if let Some(value) = schema["enum"].get(0).or_else(|| schema.get("const")) {
            return value.clone();
        }
        if let Some(all) = ["anyOf", "oneOf", "allOf"].iter().find_map(|word| schema[*word].as_array()) {
            return self.one_of(all, at);
        }
        let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("object");
        match kind {
            "string" if schema["format"] == "uuid" => panic!("{} {at}: an id without a type of its own", self.operation.path),
            "string" | "integer" if named_like_an_id(at) => panic!("{} {at}: called an id, and has no type of one", self.operation.path),
            "string" if schema["format"] == "date-time" => json!("2026-01-01T00:00:00Z"),
            "string" => json!("x"),
            "integer" | "number" => json!(1),
            "boolean" => json!(false),
            "array" => {
                let before = self.ids.len();
                let one = self.value(&schema["items"], &format!("{at}/0"));
                if self.ids.len() > before { json!([one]) } else { json!([]) }
            }
            _ => self.object(schema, at),
        }
    }

    /// The required fields, and the others that name an object.
    fn object(&mut self, schema: &Value, at: &str) -> Value {
        let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut fields = Map::new();
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            let before = self.ids.len();
            let value = self.value(inner, &format!("{at}/{name}"));
            if required.contains(&name.as_str()) || self.ids.len() > before {
                fields.insert(name.clone(), value);
            }
        }
        Value::Object(fields)
    }

    /// The alternative that names an object, else the first one.
    fn one_of(&mut self, all: &[Value], at: &str) -> Value {
        let before = self.ids.len();
        let (mut first, mut named) = (None, None);
        for one in all {
            let seen = self.ids.len();
            let value = self.value(one, at);
            if self.ids.len() > seen {
                assert!(seen == before, "{} {at}: two alternatives with ids; let the test try both", self.operation.path);
                named = Some(value.clone());
            }
            first = first.or(Some(value));
        }
        named.or(first).unwrap_or_default()
    }
}

/// What an address names, as if it stood in a body.
fn one_object(parameters: &[Value]) -> Value {
    let named = |parameter: &Value| parameter["name"].as_str().expect("a name").to_owned();
    let properties: Map<String, Value> = parameters.iter().map(|parameter| (named(parameter), parameter["schema"].clone())).collect();
    json!({ "type": "object", "required": properties.keys().collect::<Vec<_>>(), "properties": properties })
}

fn named_like_an_id(at: &str) -> bool {
    let name = at.rsplit('/').next().unwrap_or_default();
    name == "id" || name.ends_with("_id") || name.ends_with("Id") || name.ends_with("_ids") || name.ends_with("Ids")
}
