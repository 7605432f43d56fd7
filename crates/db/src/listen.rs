//! Notifications of PostgreSQL as a stream that outlives its connection.

use crate::Db;
use futures::stream::{self, Stream};
use sqlx::postgres::PgListener;
use std::time::Duration;

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The connection is new. Whatever was notified before is lost: look at the tables.
    Connected,
    /// A notification.
    Notice {
        /// `job_event`, `job_state`, `outgoing_mail` ..
        channel: String,
        /// What was sent along.
        payload: String,
    },
}

impl Db {
    /// Listens on these channels, on a connection of its own. The stream never ends: when the connection is lost it
    /// connects again, and says so with [`Signal::Connected`].
    pub fn listen(&self, channels: &'static [&'static str]) -> impl Stream<Item = Signal> + Send + Unpin + 'static {
        let pool = self.ops().clone();
        Box::pin(stream::unfold(None::<PgListener>, move |listener| {
            let pool = pool.clone();
            async move {
                if let Some(mut listener) = listener {
                    match listener.try_recv().await {
                        Ok(Some(notice)) => {
                            let signal = Signal::Notice { channel: notice.channel().to_owned(), payload: notice.payload().to_owned() };
                            return Some((signal, Some(listener)));
                        }
                        Ok(None) => tracing::warn!("listen connection lost"),
                        Err(error) => tracing::warn!(%error, "listen connection failed"),
                    }
                }
                let mut wait = Duration::from_millis(100);
                loop {
                    match connect(&pool, channels).await {
                        Ok(listener) => return Some((Signal::Connected, Some(listener))),
                        Err(_) if pool.is_closed() => return None,
                        Err(error) => tracing::warn!(%error, "cannot listen yet; retrying"),
                    }
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(Duration::from_secs(5));
                }
            }
        }))
    }
}

async fn connect(pool: &sqlx::PgPool, channels: &[&str]) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    // A new connection must show as one: what was missed in between is looked up.
    listener.eager_reconnect(false);
    listener.listen_all(channels.iter().copied()).await?;
    Ok(listener)
}
