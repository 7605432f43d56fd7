//! Connections: TLS, frames, and faults.

use super::{Fault, Shared, answers, commands};
use anyhow::bail;
use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Longest frame that is taken.
const MAX_FRAME: usize = 64 << 10;

pub(super) async fn accept(listener: TcpListener, tls: TlsAcceptor, shared: Arc<Shared>) {
    while let Ok((tcp, _)) = listener.accept().await {
        if shared.objects().fault == Some(Fault::Down) {
            continue;
        }
        let (tls, shared) = (tls.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            let mut epoch = shared.epoch.subscribe();
            tokio::select! {
                _ = connection(tcp, tls, &shared) => {}
                _ = epoch.changed() => {}
            }
        });
    }
}

async fn connection(tcp: TcpStream, tls: TlsAcceptor, shared: &Shared) -> anyhow::Result<()> {
    let mut stream = tls.accept(tcp).await?;
    let greeting = answers::greeting(&shared.objects());
    send(&mut stream, greeting.as_bytes()).await?;
    let mut user = None;
    loop {
        let request = receive(&mut stream).await?;
        let (reply, fault, is_silent) = {
            let mut objects = shared.objects();
            let before = objects.changes.len();
            let reply = commands::carry_out(&mut objects, &mut user, &request);
            let has_changed = objects.changes.len() > before;
            let fault = objects.fault.take_if(|fault| has_effect(*fault, has_changed));
            (reply, fault, objects.fault == Some(Fault::Silent))
        };
        match fault {
            Some(Fault::AnswerLost) => return Ok(()),
            Some(Fault::BadFrame) => {
                stream.write_all(&[0, 0, 0, 2, b'<']).await?;
                stream.flush().await?;
            }
            Some(Fault::BadXml) => send(&mut stream, reply.text.as_bytes().get(..reply.text.len() / 2).unwrap_or_default()).await?,
            Some(Fault::OtherAnswer) => send(&mut stream, reply.text.replace("<clTRID>", "<clTRID>not-").as_bytes()).await?,
            _ if is_silent => std::future::pending::<()>().await,
            _ => send(&mut stream, reply.text.as_bytes()).await?,
        }
        if reply.ends {
            stream.shutdown().await?;
            return Ok(());
        }
    }
}

/// Faults of one answer end with it.
fn has_effect(fault: Fault, has_changed: bool) -> bool {
    match fault {
        Fault::BadFrame | Fault::BadXml | Fault::OtherAnswer => true,
        Fault::AnswerLost => has_changed,
        Fault::Down | Fault::Silent | Fault::CommandFailed => false,
    }
}

async fn receive(stream: &mut TlsStream<TcpStream>) -> anyhow::Result<Vec<u8>> {
    let total = usize::try_from(stream.read_u32().await?)?;
    if !(5..=MAX_FRAME).contains(&total) {
        bail!("no frame has {total} bytes");
    }
    let mut frame = vec![0; total - 4];
    stream.read_exact(&mut frame).await?;
    Ok(frame)
}

async fn send(stream: &mut TlsStream<TcpStream>, text: &[u8]) -> anyhow::Result<()> {
    stream.write_u32(u32::try_from(text.len() + 4)?).await?;
    stream.write_all(text).await?;
    stream.flush().await?;
    Ok(())
}
