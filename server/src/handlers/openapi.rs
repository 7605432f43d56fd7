//! `GET /api/openapi.json`: OpenAPI 3.1 from the list of operations; the schemas come from the same types that the code uses.

use crate::router::{ROUTES, Route};
use app_auth::{
    CookieStyle,
    operations::{self, AuthScope, Operation},
};
use axum::{Json, extract::State};
use model::error::{ApiError, ErrorCode};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The document, made once.
#[derive(Clone)]
pub struct Document(Arc<Value>);

impl Document {
    /// Of all operations. The session's cookie has another name behind TLS.
    pub fn new(cookie: CookieStyle) -> Self {
        let mut schemas = SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = "/components/schemas".into()).into_generator();
        let error = schemas.subschema_for::<ApiError>();
        let mut paths: Map<String, Value> = operations::all()
            .into_iter()
            .map(|operation| (operation.path.to_owned(), json!({ "post": described(operation, &mut schemas) })))
            .collect();
        for route in ROUTES {
            paths.insert(route.path.to_owned(), json!({ route.method: plain(route, &mut schemas) }));
        }
        Self(Arc::new(json!({
            "openapi": "3.1.0",
            "info": {
                "title": "mPanel",
                "version": env!("CARGO_PKG_VERSION"),
                "description": "All operations of the panel. POST takes JSON and may change data; GET never changes anything.",
            },
            "paths": paths,
            "components": {
                "schemas": schemas.take_definitions(true),
                "responses": { "Error": { "description": "Error with a message for people.", "content": { "application/json": { "schema": error } } } },
                "securitySchemes": { "session": { "type": "apiKey", "in": "cookie", "name": cookie.name() } },
            },
        })))
    }
}

/// Answers with the document.
pub async fn document(State(document): State<Document>) -> Json<Arc<Value>> {
    Json(document.0)
}

fn described(operation: &Operation, schemas: &mut SchemaGenerator) -> Value {
    let input = (operation.input)(schemas);
    let output = (operation.output)(schemas);
    let mut responses = Map::new();
    responses.insert("200".to_owned(), json!({ "description": "Success.", "content": { "application/json": { "schema": output } } }));
    for code in ErrorCode::ALL {
        responses.insert(code.status().to_string(), json!({ "$ref": "#/components/responses/Error" }));
    }
    json!({
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [room(operation.path)],
        "security": security(operation.scope),
        "x-scope": operation.scope.as_str(),
        "x-permission": operation.scope.permission(),
        "requestBody": { "required": true, "content": { "application/json": { "schema": input } } },
        "responses": responses,
    })
}

fn plain(route: &Route, schemas: &mut SchemaGenerator) -> Value {
    let parameter = |(name, schema)| json!({ "name": name, "in": "query", "required": true, "schema": schema });
    json!({
        "operationId": route.name,
        "summary": route.summary,
        "tags": ["machines"],
        "security": security(route.scope),
        "x-scope": route.scope.as_str(),
        "x-permission": route.scope.permission(),
        "parameters": (route.query)(schemas).into_iter().map(parameter).collect::<Vec<_>>(),
        "responses": route.statuses.iter().map(|(status, text)| (status.to_string(), json!({ "description": text }))).collect::<Map<_, _>>(),
    })
}

fn security(scope: AuthScope) -> Value {
    if scope == AuthScope::Public { json!([]) } else { json!([{ "session": [] }]) }
}

/// `/api/admin/billing/invoices/list` belongs to `admin/billing/invoices`.
fn room(path: &str) -> &str {
    path.trim_start_matches("/api/").rsplit_once('/').map_or("", |(room, _)| room)
}
