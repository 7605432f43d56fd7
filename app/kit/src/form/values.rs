//! The values of an operation as the fields of a form: names as a browser writes them, such as `input[email]` and `addOns[]`.

use leptos::prelude::*;
use serde_json::Value;

/// The values that the operation around this place was filled in with, and the names that have a field of their own.
#[derive(Clone, Copy)]
pub(crate) struct FormValues {
    values: StoredValue<Vec<(String, String)>>,
    claimed: StoredValue<Vec<String>>,
}

impl FormValues {
    pub(crate) fn new(values: StoredValue<Vec<(String, String)>>) -> Self {
        Self { values, claimed: StoredValue::new(Vec::new()) }
    }

    /// What no field of the form stands for; it is sent as it is.
    pub(crate) fn rest(self) -> Vec<(String, String)> {
        self.claimed.with_value(|claimed| {
            self.values.with_value(|values| values.iter().filter(|(name, _)| !claimed.iter().any(|one| same(one, name))).cloned().collect())
        })
    }
}

/// Says that a field of that name stands in the form, and gives what it begins with. Lines of a list stand below each other.
pub(crate) fn claim(name: &str) -> Option<String> {
    let form = use_context::<FormValues>()?;
    form.claimed.update_value(|claimed| claimed.push(name.to_owned()));
    let found: Vec<String> =
        form.values.with_value(|values| values.iter().filter(|(one, _)| same(name, one)).map(|(_, value)| value.clone()).collect());
    (!found.is_empty()).then(|| found.join("\n"))
}

/// Whether the field holds the value of that name: `features` also holds the lines of `features[]`.
fn same(field: &str, name: &str) -> bool {
    field == name || name.strip_suffix("[]") == Some(field)
}

/// The fields of an operation that is written as JSON. What is nothing is left out.
pub(crate) fn of_json(text: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    if let Ok(value) = serde_json::from_str(text) {
        put(&mut fields, String::new(), value);
    }
    fields
}

fn put(fields: &mut Vec<(String, String)>, name: String, value: Value) {
    match value {
        Value::Null => {}
        Value::Bool(yes) => fields.push((name, yes.to_string())),
        Value::Number(number) => fields.push((name, number.to_string())),
        Value::String(text) => fields.push((name, text)),
        Value::Array(items) => {
            for (at, item) in items.into_iter().enumerate() {
                let inside = if item.is_object() { format!("{name}[{at}]") } else { format!("{name}[]") };
                put(fields, inside, item);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                put(fields, if name.is_empty() { key } else { format!("{name}[{key}]") }, member);
            }
        }
    }
}

/// Fields as a browser writes them.
#[cfg(feature = "hydrate")]
pub(crate) fn encoded(fields: &[(String, String)]) -> String {
    let Ok(query) = web_sys::UrlSearchParams::new() else { return String::new() };
    for (name, value) in fields {
        query.append(name, value);
    }
    query.to_string().into()
}

/// Only a browser sends forms.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn encoded(_: &[(String, String)]) -> String {
    String::new()
}

#[cfg(test)]
mod tests {
    use super::{FormValues, claim, of_json};
    use leptos::prelude::*;

    fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_operation_becomes_the_fields_of_a_form() {
        let fields = of_json(r#"{"code":"s","input":{"price":900,"on":true,"lines":["a","b"],"none":null,"rows":[{"n":1}]}}"#);
        let wanted = [
            ("code", "s"),
            ("input[price]", "900"),
            ("input[on]", "true"),
            ("input[lines][]", "a"),
            ("input[lines][]", "b"),
            ("input[rows][0][n]", "1"),
        ];
        let mut fields = fields;
        fields.sort();
        let mut wanted = pairs(&wanted);
        wanted.sort();
        assert_eq!(fields, wanted);
    }

    #[test]
    fn what_has_a_field_is_not_sent_twice() {
        Owner::new().with(|| {
            let form = FormValues::new(StoredValue::new(of_json(r#"{"id":"7","input":{"name":"M","lines":["a","b"]}}"#)));
            provide_context(form);
            assert_eq!(claim("input[name]").as_deref(), Some("M"));
            assert_eq!(claim("input[lines]").as_deref(), Some("a\nb"));
            assert_eq!(claim("input[other]"), None);
            assert_eq!(form.rest(), pairs(&[("id", "7")]));
        });
    }
}
