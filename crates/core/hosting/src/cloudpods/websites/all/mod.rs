//! Lists of sites across CloudPods.

mod queries;

use super::list::shown;
use db::{Keyset, PlatformRead, TenantRead};
use engine::{Error, Result, Services};
use model::{
    hosting::websites::{SiteFilter, SiteListRow},
    ids::ServerId,
    page::{Page, PageRequest},
    permission::WebsitesRead,
};
use queries::{Filter, Record};
use sqlx::PgConnection;
use uuid::Uuid;

/// Sites of all customers, the newest first. `state` is a [`SiteFilter`]; `search` looks in title and names, and for `customer:` and `server:`.
///
/// # Errors
/// When the cursor or the state is not known.
pub async fn list_all(services: &Services, tx: &mut impl PlatformRead<WebsitesRead>, request: &PageRequest) -> Result<Page<SiteListRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let state = state(request)?;
    let conn = tx.conn();
    let filter = words(request).filter(&mut *conn, state).await?;
    let found = queries::list(&mut *conn, None, (keyset.before, keyset.after, keyset.limit()), &filter).await?;
    let names = server_names(conn, &found).await?;
    let name = |server: Option<ServerId>| names.iter().find(|(id, _)| Some(*id) == server).map(|(_, name)| name.clone());
    let rows = found.into_iter().map(|record| SiteListRow { server: record.server, server_name: name(record.server), ..row_of(services, record) });
    Ok(keyset.page(rows.collect(), |row| row.site.id.0))
}

/// Sites of the open account, the newest first. A tenant sees no servers.
///
/// # Errors
/// As [`list_all`].
pub async fn list_all_own(services: &Services, tx: &mut impl TenantRead<WebsitesRead>, request: &PageRequest) -> Result<Page<SiteListRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let text = request.search.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let filter = Filter { state: state(request)?, text: text.map(str::to_owned), ..Filter::default() };
    let tenant = tx.tenant();
    let found = queries::list(tx.conn(), Some(tenant), (keyset.before, keyset.after, keyset.limit()), &filter).await?;
    Ok(keyset.page(found.into_iter().map(|record| row_of(services, record)).collect(), |row| row.site.id.0))
}

async fn server_names(conn: &mut PgConnection, found: &[Record]) -> Result<Vec<(ServerId, String)>> {
    let servers: Vec<Uuid> = found.iter().filter_map(|record| record.server).map(|server| server.0).collect();
    Ok(queries::server_names(conn, &servers).await?)
}

/// Without its server.
fn row_of(services: &Services, Record { row, .. }: Record) -> SiteListRow {
    SiteListRow {
        cloud_pod: row.cloud_pod_id,
        pod_name: row.pod_name.clone(),
        tenant: row.tenant_id,
        tenant_name: row.tenant_name.clone(),
        server: None,
        server_name: None,
        site: shown(services, row),
    }
}

fn state(request: &PageRequest) -> Result<Option<SiteFilter>> {
    let word = request.state.as_deref().filter(|word| !word.is_empty());
    word.map(|word| word.parse().map_err(|_| Error::field("state", "Unknown status filter."))).transpose()
}

/// What staff look for.
#[derive(Default)]
struct Words {
    text: Option<String>,
    customer: Option<String>,
    server: Option<String>,
}

impl Words {
    async fn filter(self, conn: &mut PgConnection, state: Option<SiteFilter>) -> Result<Filter> {
        let servers = match &self.server {
            Some(name) => Some(queries::servers_named(conn, name).await?),
            None => None,
        };
        Ok(Filter { state, text: self.text, customer: self.customer, servers })
    }
}

/// Words with a colon say where is looked.
fn words(request: &PageRequest) -> Words {
    let (mut words, mut text) = (Words::default(), Vec::new());
    for word in request.search.as_deref().unwrap_or_default().split_whitespace() {
        match word.split_once(':') {
            Some(("customer", name)) if !name.is_empty() => words.customer = Some(name.to_owned()),
            Some(("server", name)) if !name.is_empty() => words.server = Some(name.to_owned()),
            _ => text.push(word),
        }
    }
    words.text = Some(text.join(" ")).filter(|text| !text.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_a_colon_say_where_is_looked() {
        let found = words(&PageRequest { search: Some(" server:web1  blue shop customer:acme".to_owned()), ..PageRequest::default() });
        assert_eq!((found.text.as_deref(), found.customer.as_deref(), found.server.as_deref()), (Some("blue shop"), Some("acme"), Some("web1")));
        let found = words(&PageRequest { search: Some("server: a:b".to_owned()), ..PageRequest::default() });
        assert_eq!((found.text.as_deref(), found.server), (Some("server: a:b"), None));
    }
}
