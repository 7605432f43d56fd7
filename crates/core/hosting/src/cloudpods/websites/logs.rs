//! Logs of sites, as they are on their servers: nothing of them is kept here. A site that is stopped or suspended has its logs as well.

use super::{log_turns, queries as sites};
use crate::cloudpods::{
    queries::{self as pods, ServerFacts},
    remote::{target, trusted},
};
use adapters::node::{CallOptions, NodeClient};
use core_administration::servers::error_for_user;
use db::{Caller, PlatformTx, TenantTx};
use engine::{Error, Result, Services};
use model::{
    hosting::{
        cloudpods::Stack,
        site_logs::{LOG_LINES, MAX_LOG_SEARCH, SiteLogKind, SiteLogPart},
        websites::SiteStatus,
    },
    ids::{TenantId, WebsiteId},
    permission::WebsitesRead,
};
use sqlx::PgConnection;
use std::time::Duration;
use tokio::sync::mpsc;
use uuid::Uuid;
use wire::{
    PodName, SiteName,
    log::{LogCursor, LogFrom, LogSearch},
    verb::{Call, SiteLog, SiteLogFile, WebLog},
};

/// Longest that a server may take for a part of a log.
const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest that a whole log may take; a slow visitor takes a long one that slowly.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(3600);

/// Which part of which log.
#[derive(Clone, Debug)]
pub struct LogQuery {
    /// The log.
    pub log: SiteLogKind,
    /// Only lines that contain this, whatever its case; all where it is empty.
    pub search: Option<String>,
    /// Which of them.
    pub place: LogPlace,
}

/// Which lines of a log, by places that earlier parts have named.
#[derive(Clone, Debug)]
pub enum LogPlace {
    /// The last ones.
    End,
    /// Those before a place.
    Before(String),
    /// Those after a place.
    After(String),
}

impl LogPlace {
    /// Before this place, or at the end where none is named.
    pub fn before(cursor: Option<String>) -> Self {
        cursor.filter(|cursor| !cursor.is_empty()).map_or(Self::End, Self::Before)
    }
}

/// Where a log is.
struct Source {
    server: ServerFacts,
    pod: PodName,
    site: SiteName,
}

/// A part of a log of a site.
///
/// # Errors
/// Not found; on fields `log`, `search` and `cursor`; a conflict when the site was deleted with its CloudPod or is on no server in service, or its
/// server did not read the log; unavailable when the server is not reached.
pub async fn log(services: &Services, mut tx: PlatformTx<WebsitesRead>, id: WebsiteId, query: &LogQuery) -> Result<SiteLogPart> {
    let caller = tx.caller().clone();
    require(tx.conn(), None, id, query.log).await?;
    tx.finish().await?;
    let asked = Asked::of(query)?;
    read(services, &source(services, caller, id).await?, asked).await
}

/// A part of a log of a site of the open account.
///
/// # Errors
/// As [`log`]; not found also when it is somebody else's; too many when the account's reads have to wait for too long.
pub async fn own_log(services: &Services, mut tx: TenantTx<WebsitesRead>, id: WebsiteId, query: &LogQuery) -> Result<SiteLogPart> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    require(tx.conn(), Some(tenant), id, query.log).await?;
    tx.finish().await?;
    let asked = Asked::of(query)?;
    let _turn = log_turns::take(tenant).await?;
    read(services, &source(services, caller, id).await?, asked).await
}

/// Sends all of a log that is kept to whoever takes it, as fast as it is taken. Ends when it is whole, or nobody takes it any more.
///
/// # Errors
/// As [`log`].
pub async fn send_log(
    services: &Services,
    mut tx: PlatformTx<WebsitesRead>,
    id: WebsiteId,
    log: SiteLogKind,
    to: mpsc::Sender<Vec<u8>>,
) -> Result<()> {
    let caller = tx.caller().clone();
    require(tx.conn(), None, id, log).await?;
    tx.finish().await?;
    send(services, &source(services, caller, id).await?, log, to).await
}

/// The same of a site of the open account.
///
/// # Errors
/// As [`own_log`].
pub async fn send_own_log(
    services: &Services,
    mut tx: TenantTx<WebsitesRead>,
    id: WebsiteId,
    log: SiteLogKind,
    to: mpsc::Sender<Vec<u8>>,
) -> Result<()> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    require(tx.conn(), Some(tenant), id, log).await?;
    tx.finish().await?;
    send(services, &source(services, caller, id).await?, log, to).await
}

/// Whether there is such a log for whoever asks.
async fn require(conn: &mut PgConnection, tenant: Option<TenantId>, id: WebsiteId, log: SiteLogKind) -> Result<()> {
    let row = sites::rows(conn, (None, Some(id))).await?.into_iter().find(|row| tenant.is_none_or(|tenant| row.tenant_id == tenant));
    let row = row.ok_or_else(|| Error::not_found("Site"))?;
    if log == SiteLogKind::Application && row.stack == Stack::Static {
        return Err(Error::field("log", "A static site has no programs that could write a log."));
    }
    match row.status {
        _ if row.pod_is_deleted => Err(Error::conflict("The logs were deleted with the CloudPod.")),
        SiteStatus::Requested | SiteStatus::Failed => Err(Error::conflict("This site has not been created yet. Its logs begin when it is.")),
        _ => Ok(()),
    }
}

async fn source(services: &Services, caller: Caller, id: WebsiteId) -> Result<Source> {
    let mut tx = services.db.system_read(caller).await?;
    let conn = tx.conn();
    let row = sites::rows(&mut *conn, (None, Some(id))).await?.pop().ok_or_else(|| Error::not_found("Site"))?;
    let site = sites::stored_site(&mut *conn, id).await?.ok_or_else(|| Error::not_found("Site"))?;
    let pod = pods::facts(&mut *conn, row.cloud_pod_id).await?.ok_or_else(|| Error::not_found("CloudPod"))?;
    let server = pod.server_id.ok_or_else(|| Error::conflict("This CloudPod is on no server."))?;
    let server = pods::server(conn, server).await?;
    tx.finish().await?;
    trusted(&server).map_err(|_| Error::conflict(format!("The server {} is not in service.", server.name)))?;
    let internal = |invalid: wire::InvalidText| Error::Internal(invalid.into());
    Ok(Source { server, pod: PodName::new(pod.name).map_err(internal)?, site: SiteName::new(site.name).map_err(internal)? })
}

/// What is asked of the server, checked.
struct Asked {
    log: WebLog,
    search: Option<LogSearch>,
    from: LogFrom,
}

impl Asked {
    fn of(query: &LogQuery) -> Result<Self> {
        let search = query.search.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let refused = |_| Error::field("search", format!("Enter at most {MAX_LOG_SEARCH} characters."));
        let from = match &query.place {
            LogPlace::End => LogFrom::End,
            LogPlace::Before(cursor) => LogFrom::Before(parse(cursor)?),
            LogPlace::After(cursor) => LogFrom::After(parse(cursor)?),
        };
        Ok(Self { log: of_server(query.log), search: search.map(LogSearch::new).transpose().map_err(refused)?, from })
    }
}

const fn of_server(log: SiteLogKind) -> WebLog {
    match log {
        SiteLogKind::Access => WebLog::Access,
        SiteLogKind::Error => WebLog::Error,
        SiteLogKind::Application => WebLog::Application,
    }
}

async fn read(services: &Services, source: &Source, asked: Asked) -> Result<SiteLogPart> {
    let Asked { log, search, from } = asked;
    let call = SiteLog { pod: source.pod.clone(), site: source.site.clone(), log, search, from, limit: LOG_LINES };
    let answer = services.part::<dyn NodeClient>().call(&target(&source.server), call.into(), options(READ_TIMEOUT)).await;
    let reply = match answer {
        Ok(reply) => reply,
        Err(error) => return Err(error_for_user(services, source.server.id, error).await),
    };
    let found = SiteLog::read(reply).ok_or_else(|| Error::conflict(format!("Unexpected reply from {}.", source.server.name)))?;
    Ok(SiteLogPart { lines: found.lines, older: found.older.map(written), newer: written(found.newer), skipped: found.skipped })
}

async fn send(services: &Services, source: &Source, log: SiteLogKind, to: mpsc::Sender<Vec<u8>>) -> Result<()> {
    let call = SiteLogFile { pod: source.pod.clone(), site: source.site.clone(), log: of_server(log) };
    match services.part::<dyn NodeClient>().download(&target(&source.server), call.into(), to, options(DOWNLOAD_TIMEOUT)).await {
        Ok(_) => Ok(()),
        Err(error) => Err(error_for_user(services, source.server.id, error).await),
    }
}

fn options(deadline: Duration) -> CallOptions {
    CallOptions { deadline, key: format!("websites/log/{}", Uuid::now_v7()), lines: None }
}

/// `0.1900000000.4096`.
fn written(cursor: LogCursor) -> String {
    format!("{}.{}.{}", cursor.file, cursor.after, cursor.offset)
}

fn parse(cursor: &str) -> Result<LogCursor> {
    let mut numbers = cursor.splitn(3, '.').map(|number| number.parse().ok());
    let mut next = || numbers.next().flatten();
    let (file, after, offset) = (next(), next(), next());
    match (file, after, offset) {
        (Some(file), Some(after), Some(offset)) => Ok(LogCursor { file, after, offset }),
        _ => Err(Error::field("cursor", "Use a place that a part of this log has named.")),
    }
}
