//! How a byte stream to a server comes about.

use super::TailnetAddr;
use async_trait::async_trait;
use std::{
    io,
    net::{IpAddr, SocketAddr},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpSocket,
};

/// The port of SSH.
const PORT: u16 = 22;

/// A byte stream in both directions.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Makes streams to addresses of the tailnet.
#[async_trait]
pub trait Dial: Send + Sync + 'static {
    /// A new stream to the SSH port of `address`. The caller limits the time.
    async fn dial(&self, address: TailnetAddr) -> io::Result<Box<dyn Stream>>;
}

/// TCP over the tailnet's interface.
pub struct TailnetDial {
    /// Name of the interface that sockets are bound to; without it the routing table decides.
    pub interface: Option<String>,
}

#[async_trait]
impl Dial for TailnetDial {
    async fn dial(&self, address: TailnetAddr) -> io::Result<Box<dyn Stream>> {
        let socket = match address.ip() {
            IpAddr::V4(_) => TcpSocket::new_v4()?,
            IpAddr::V6(_) => TcpSocket::new_v6()?,
        };
        if let Some(interface) = &self.interface {
            socket
                .bind_device(Some(interface.as_bytes()))
                .map_err(|error| io::Error::new(error.kind(), format!("the interface {interface} cannot be used: {error}")))?;
        }
        // Small requests must not wait for the acknowledgement of the one before.
        socket.set_nodelay(true)?;
        Ok(Box::new(socket.connect(SocketAddr::new(address.ip(), PORT)).await?))
    }
}
